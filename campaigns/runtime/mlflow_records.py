"""MLflow records of a work item: one run for the item, and one per polycrystal of a homogenization.

Runs per polycrystal make queries across campaigns single searches: composition, boundary, width, temperature and
grain size are parameters, conductivity is a metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log10
from pathlib import Path

from argyro.actors.mlflow_tracker import Record
from argyro.campaigns.pipeline.graph import Node
from argyro.campaigns.pipeline.homogenize import HomogenizeResult, Polycrystal
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.execution.stage import StageResult, Tracked
from argyro.platform.execution.work_item import WorkItem

POLYCRYSTAL = "polycrystal"


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
    if isinstance(result, HomogenizeResult):
        for row in result.screening:
            yield _polycrystal(item, row, params)
    yield Record(
        item.key,
        node.name,
        node.stage.name,
        params={**params, "stage_version": node.stage.version},
        metrics={name: value for name, value in tracked.metrics.items() if value is not None},
        series=tracked.series,  # type: ignore[arg-type]  # the tracker skips steps without a value
        artifacts=[folder / name for name in tracked.artifacts],
        model=str(folder / tracked.model) if tracked.model else "",
    )


def _polycrystal(item: WorkItem, row: Polycrystal, params: Mapping[str, object]) -> Record:
    size, sigma, effective = f"{row.grain_size_nm:g} nm", row.conductivity_mS_cm, row.effective_cm2_s
    metrics = {f"conductivity_{limit}_mS_cm": number for limit, number in sigma.columns().items()}
    metrics |= {f"effective_{limit}_cm2_s": number for limit, number in effective.columns().items()}
    return Record(
        f"{item.key}-{size.replace(' ', '-')}",
        f"{row.material}, {row.boundary}, {size}, {row.temperature_K:g} K",
        POLYCRYSTAL,
        params={**params, "grain_size_nm": row.grain_size_nm, "temperature_K": row.temperature_K},
        metrics={"log10_conductivity_mS_cm": log10(sigma.value), **metrics},
    )
