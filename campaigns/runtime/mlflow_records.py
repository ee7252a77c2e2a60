"""MLflow records of a work item: one run for the item, and one per polycrystal of a homogenization.

Runs per polycrystal make queries across campaigns single searches: composition, boundary, width, temperature and
grain size are parameters, conductivity is a metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import exp, log, log10
from pathlib import Path

import numpy as np

from argyro.actors.mlflow_tracker import Record
from argyro.campaigns.pipeline.graph import Node
from argyro.campaigns.pipeline.stages.homogenize import PICTURE, TEMPERATURE, HomogenizeResult, Polycrystal
from argyro.campaigns.plots.series import ArrheniusCurve
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.conductivity import HAVEN_RATIO
from argyro.platform.execution.stage import StageResult, Tracked
from argyro.platform.execution.work_item import WorkItem

POLYCRYSTAL = "polycrystal"
CHARTS = (PICTURE, TEMPERATURE)
DIRECTIONS = {"∥": "parallel", "⊥": "perpendicular"}  # last sign of a curve's label


def common_params(campaign: Campaign) -> dict[str, object]:
    """Select the common parameters of all runs of a campaign."""
    return {
        "campaign": campaign.name,
        "label_source": campaign.labels.source,
        "level": campaign.potential.levels[-1],
        "production_ps": campaign.md.production_ps,
        "seed": campaign.seed,
    }


def records(
    node: Node, item: WorkItem, result: StageResult, tracked: Tracked, folder: Path, common: Mapping[str, object]
) -> Iterator[Record]:
    """Make the records of a finished item, its own last: until that is logged, all are logged again.

    Args:
        node: node of the campaign's graph.
        item: its work item.
        result: result of the item.
        tracked: part of the result for MLflow.
        folder: folder of the item's files.
        common: parameters of every run of the campaign.
    """
    params = {**common, **node.params, **tracked.params}
    pictures = [file for name in CHARTS if (file := folder / name).exists()]
    if isinstance(result, HomogenizeResult):
        for row in result.screening:
            yield _polycrystal(item, row, result, params, pictures)
    yield Record(
        item.key,
        node.name,
        node.stage.name,
        params={**params, "stage_version": node.stage.version},
        metrics={name: value for name, value in tracked.metrics.items() if value is not None},
        series=tracked.series,  # type: ignore[arg-type]  # the tracker skips steps without a value
        artifacts=[file for name in tracked.artifacts if (file := folder / name).exists()],
        model=str(folder / tracked.model) if tracked.model else "",
    )


def _polycrystal(
    item: WorkItem,
    row: Polycrystal,
    result: HomogenizeResult,
    params: Mapping[str, object],
    pictures: Sequence[Path],
) -> Record:
    """Make the record of one grain size: a run at the top level, so that MLflow lists polycrystals."""
    size, sigma = f"{row.grain_size_nm:g} nm", row.conductivity_mS_cm
    estimates = {
        "conductivity_{}_mS_cm": sigma,
        "effective_{}_cm2_s": row.effective_cm2_s,
        "haven_ratio_{}": HAVEN_RATIO,
    }
    if regime := next((each for each in result.regimes if each.grain_size_nm == row.grain_size_nm), None):
        estimates["Ea_{}_eV"] = regime.cold_eV
    metrics = {name.format(key): x for name, estimate in estimates.items() for key, x in estimate.columns().items()}
    return Record(
        f"{item.key}-{size.replace(' ', '-')}",
        f"{row.material}, {row.boundary}, {size}, {row.temperature_K:g} K",
        POLYCRYSTAL,
        params={**params, "grain_size_nm": row.grain_size_nm, "temperature_K": row.temperature_K},
        metrics={"log10_conductivity_mS_cm": log10(sigma.value), **metrics, **_boundary_to_bulk(result, row)},
        artifacts=pictures,
        nested=False,
    )


def _boundary_to_bulk(result: HomogenizeResult, row: Polycrystal) -> dict[str, float]:
    """Divide the surrogate's D along and across the boundary by that of the bulk at the screening temperature."""
    at = {curve.label[-1]: _at(curve, row.temperature_K) for curve in result.arrhenius_curves}
    bulk = next((value for sign, value in at.items() if sign not in DIRECTIONS), None)
    if bulk is None:
        return {}
    return {f"D_{word}_to_bulk": at[sign] / bulk for sign, word in DIRECTIONS.items() if sign in at}


def _at(curve: ArrheniusCurve, temperature_K: float) -> float:
    """Interpolate the median D in cm²/s, linear in ln D over 1/T."""
    pairs = sorted(zip(curve.temperatures_K, curve.diffusivity, strict=True), reverse=True)
    inverse, logs = zip(*((1 / T, log(D.value)) for T, D in pairs), strict=True)
    return exp(np.interp(1 / temperature_K, inverse, logs))
