"""Comparison of expected and actual cost of a campaign's items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from argyro.campaigns.pipeline.graph import Finished
from argyro.campaigns.pipeline.stages.learn import LEARN
from argyro.campaigns.spec.schema import Campaign


@dataclass(frozen=True)
class CostRow:
    """Expected and actual cost of the finished items of a stage."""

    stage: str
    items: int
    unit: str
    planned: float
    actual: float

    @property
    def ratio(self) -> float | None:
        """Actual over expected cost."""
        return self.actual / self.planned if self.planned else None


def plan_against_actual(campaign: Campaign, done: Finished, seconds: Mapping[str, float]) -> list[CostRow]:
    """Make one row per stage for core minutes, and one for labels.

    Args:
        campaign: campaign with its limit on labels.
        done: results.
        seconds: name -> time of the item.
    """
    rows = []
    for stage in done.graph.stages():
        nodes = [node for node in done.graph.of_stage(stage) if node.name in seconds]
        if nodes:
            planned = sum(node.cost_core_s for node in nodes) / 60
            actual = sum(seconds[node.name] * node.cores for node in nodes) / 60
            rows.append(CostRow(stage, len(nodes), "core minutes", planned, actual))
    learned = [result for _, _, result in done.of(LEARN)]
    if learned:
        taken, most = sum(result.labels for result in learned), campaign.potential.max_labels * len(learned)
        rows.append(CostRow(LEARN.name, len(learned), "labels, at most", most, taken))
    return rows
