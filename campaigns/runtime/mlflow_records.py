"""What MLflow keeps of a work item: one run for the item, and one for each polycrystal that a homogenization answers.

A run for each polycrystal makes questions across campaigns single searches: composition, boundary, width, temperature
and grain size are parameters, conductivity is a metric to sort by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log10
from pathlib import Path

from argyro.actors.mlflow_tracker import Record
from argyro.campaigns.pipeline.graph import Node
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.execution.work_item import WorkItem

POLYCRYSTAL = "polycrystal"
LIMITS = ("value", "low", "high")


def common_params(campaign: Campaign) -> dict[str, object]:
    """What runs of one campaign share and runs of two may differ in."""
    return {
        "campaign": campaign.name,
        "label_source": campaign.labels.source,
        "level": campaign.potential.levels[-1],
        "production_ps": campaign.md.production_ps,
        "seed": campaign.seed,
    }


def records(
    node: Node, item: WorkItem, result: Mapping, folder: Path, common: Mapping[str, object]
) -> Iterator[Record]:
    """The runs of a finished item, its own last: while that is not logged, the others are not known to be.

    Args:
        node: of the campaign's graph.
        item: its work item.
        result: with metrics, perhaps series, artifacts and a model.
        folder: of the item's files.
        common: parameters of every run of the campaign.
    """
    params = {**common, **node.facts, **result.get("params", {})}
    for row in result.get("screening", []):
        yield _polycrystal(node, item, row, params)
    yield Record(
        item.key,
        node.name,
        node.stage.name,
        params={**params, "stage_version": node.stage.version},
        metrics=result["metrics"],
        series=result.get("series", {}),
        artifacts=[folder / name for name in result.get("artifacts", [])],
        model=str(folder / result["model"]) if "model" in result else "",
    )


def _polycrystal(node: Node, item: WorkItem, row: Mapping, params: Mapping[str, object]) -> Record:
    size, temperature = f"{row['grain_size_nm']:g} nm", f"{row['temperature_K']:g} K"
    sigma, effective = row["conductivity_mS_cm"], row["effective_cm2_s"]
    metrics = {f"conductivity_{limit}_mS_cm": sigma[limit] for limit in LIMITS}
    metrics |= {f"effective_{limit}_cm2_s": effective[limit] for limit in LIMITS}
    return Record(
        f"{item.key}-{size.replace(' ', '-')}",
        f"{row['material']}, {row['boundary']}, {size}, {temperature}",
        POLYCRYSTAL,
        params={**params, **{name: row[name] for name in ("grain_size_nm", "temperature_K")}},
        metrics={"log10_conductivity_mS_cm": log10(sigma["value"])} | metrics,
    )
