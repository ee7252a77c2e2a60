"""Compare the conductivities of two campaigns, polycrystal by polycrystal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from argyro.campaigns.pipeline.grow_graph import finished, grown_graph
from argyro.campaigns.pipeline.stages.homogenize import HOMOGENIZE, Polycrystal
from argyro.campaigns.runtime.workspace import CampaignFolder

Conditions = tuple[str, float | None, str, float, float]


@dataclass(frozen=True)
class ComparedPolycrystal:
    """Hold one polycrystal of both campaigns.

    Args:
        composition: of the material.
        disorder: share of the halide off 4a in the first campaign.
        b_disorder: in the second; differs only where both predict it.
        boundary: its type.
        temperature_K: of the conductivities.
        grain_size_nm: of the polycrystal.
        a_mS_cm: conductivity in the first campaign, as `Uncertain.to_json`.
        b_mS_cm: in the second.
        ratio: b over a.
        overlap: whether the 95 % intervals overlap; those without the bias of the reference where they exist.
    """

    composition: str
    disorder: float
    boundary: str
    temperature_K: float
    grain_size_nm: float
    b_disorder: float
    a_mS_cm: dict[str, Any]
    b_mS_cm: dict[str, Any]
    ratio: float
    overlap: bool


def compared_results(a: Path, b: Path) -> list[dict[str, Any]]:
    """List the polycrystals that both folders have computed; empty where a path is a campaign file."""
    if not (a.is_dir() and b.is_dir()):
        return []
    first, second = _polycrystals(a), _polycrystals(b)
    return [asdict(_compared(first[key], second[key])) for key in first if key in second]


def _polycrystals(root: Path) -> dict[Conditions, Polycrystal]:
    """Read the polycrystals of a folder; a predicted disorder is no condition, since it differs between campaigns."""
    folder = CampaignFolder(root)
    campaign = folder.campaign()
    store = folder.store(campaign)
    done = finished(grown_graph(campaign, store, costs=folder.costs()), store, stages=[HOMOGENIZE.name])
    rows = [row for _, _, result in done.of(HOMOGENIZE) for row in result.screening]
    predicted = {material.composition for material in campaign.predicted}
    predicted -= {material.composition for material in campaign.materials if not material.is_predicted}

    def conditions(row: Polycrystal) -> Conditions:
        disorder = None if row.composition in predicted else row.disorder
        return row.composition, disorder, row.boundary, row.temperature_K, row.grain_size_nm

    return {conditions(row): row for row in rows}


def _compared(a: Polycrystal, b: Polycrystal) -> ComparedPolycrystal:
    one, other = a.conductivity_mS_cm, b.conductivity_mS_cm
    limits = [sigma.given_reference or sigma for sigma in (one, other)]
    overlap = limits[0].low <= limits[1].high and limits[1].low <= limits[0].high
    return ComparedPolycrystal(
        composition=a.composition,
        disorder=a.disorder,
        boundary=a.boundary,
        temperature_K=a.temperature_K,
        grain_size_nm=a.grain_size_nm,
        b_disorder=b.disorder,
        a_mS_cm=one.to_json(),
        b_mS_cm=other.to_json(),
        ratio=other.value / one.value,
        overlap=overlap,
    )
