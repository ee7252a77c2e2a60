"""What was expected of a campaign's items against what they took."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import Costs
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem

# Measuring the machine takes some ten core seconds; shorter campaigns go by the rough constants.
WORTH_MEASURING_CORE_S = 600.0


def campaign_costs(folder: CampaignFolder, campaign: Campaign) -> Costs:
    """Costs on this machine: measured once for a folder, before its first run."""
    known = folder.costs()
    if known is not None:
        return known
    costs = Costs()
    if sum(node.cost_core_s for node in build_graph(campaign, costs).nodes.values()) > WORTH_MEASURING_CORE_S:
        from argyro.campaigns.planning.machine_benchmark import measure_costs

        with suppress(ArgyroError, OSError):  # a machine that only coordinates need not run what is measured
            costs = measure_costs(campaign)
    folder.keep_costs(costs)
    return costs


def plan_against_actual(
    campaign: Campaign, graph: Graph, items: Mapping[str, WorkItem], results: Mapping[str, dict], store: Store
) -> list[dict]:
    """For each stage the items done, the core minutes expected of them and the core minutes they took; for labels too.

    Args:
        campaign: with its limit on labels.
        graph: with expected costs.
        items: name -> item, of what is complete.
        results: name -> result, of the same.
        store: knows how long they took.
    """
    rows = []
    for stage in graph.stages():
        done = [name for name in items if graph.nodes[name].stage.name == stage]
        if done:
            planned = sum(graph.nodes[name].cost_core_s for name in done) / 60
            actual = sum(store.seconds(items[name]) * graph.nodes[name].cores for name in done) / 60
            rows.append(_row(stage, len(done), planned, actual, "core minutes"))
    learned = [name for name in results if graph.nodes[name].stage.name == "learn"]
    if learned:
        taken = sum(results[name]["metrics"].get("labels", 0) for name in learned)
        rows.append(_row("learn", len(learned), campaign.potential.max_labels * len(learned), taken, "labels, at most"))
    return rows


def _row(stage: str, done: int, planned: float, actual: float, unit: str) -> dict:
    ratio = actual / planned if planned else None
    return {"stage": stage, "items": done, "unit": unit, "planned": planned, "actual": actual, "ratio": ratio}
