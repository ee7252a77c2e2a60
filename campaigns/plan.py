"""A dry run: what would be computed, what it costs, and whether every item fits a machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from argyro.campaigns.build import build_graph
from argyro.campaigns.costs import Costs, measured_costs
from argyro.campaigns.graph import Graph
from argyro.campaigns.spec import Campaign

IDLE_SHARE = 0.2  # cores wait at the ends of stages


def make_plan(campaign: Campaign, nodes: int = 1) -> dict:
    """The document of `argyro plan`.

    Args:
        campaign: what to plan.
        nodes: machines like this one.
    """
    costs = measured_costs(campaign)
    graph = build_graph(campaign, costs)
    cores = nodes * (os.cpu_count() or 1)
    core_s = sum(node.cost_core_s for node in graph.nodes.values())
    labels = campaign.potential.max_labels * sum(node.stage.name == "learn" for node in graph.nodes.values())
    disk_GB = _disk_GB(campaign, graph, costs)
    problems = _misfits(campaign, graph, costs, disk_GB)
    return {
        "stages": [_stage(graph, stage) for stage in graph.stages()],
        "labels": labels,
        "core_hours": core_s / 3600,
        "wall_hours": max(core_s / cores * (1 + IDLE_SHARE), _critical_path_s(graph)) / 3600,
        "cores": cores,
        "disk_GB": disk_GB,
        "fits": not problems,
        "warnings": problems + _over_budget(campaign, core_s / 3600, labels),
    }


def _stage(graph: Graph, stage: str) -> dict:
    nodes = [node for node in graph.nodes.values() if node.stage.name == stage]
    states = {"waiting": len(nodes), "running": 0, "done": 0, "failed": 0, "quarantined": 0}
    return {"name": stage, **states, "core_hours": sum(node.cost_core_s for node in nodes) / 3600}


def _disk_GB(campaign: Campaign, graph: Graph, costs: Costs) -> float:
    runs = [node for node in graph.nodes.values() if node.stage.name == "md"]
    return sum(costs.disk_GB(campaign, str(node.facts["boundary"])) for node in runs) + 0.01


def _critical_path_s(graph: Graph) -> float:
    """The longest chain of items that wait for each other."""
    ends: dict[str, float] = {}
    for name, node in graph.nodes.items():
        ends[name] = (
            max((ends[parent] for parent in node.parents.values()), default=0.0) + node.cost_core_s / node.cores
        )
    return max(ends.values())


def _misfits(campaign: Campaign, graph: Graph, costs: Costs, disk_GB: float) -> list[str]:
    """An item larger than every node would wait for ever in silence."""
    cores = os.cpu_count() or 1
    memory_GB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    free_GB = shutil.disk_usage(Path.cwd()).free / 1e9
    problems = []
    for stage in graph.stages():
        most = max(node.cores for node in graph.nodes.values() if node.stage.name == stage)
        if most > cores:
            problems.append(f"an item of {stage} asks for {most} cores, a machine has {cores}; lower resources.{stage}")
    for boundary in ("bulk", *campaign.boundaries):
        needed = costs.memory_GB(campaign, boundary)
        if needed > memory_GB:
            problems.append(
                f"MD of {boundary} needs {needed:.1f} GB, a machine has {memory_GB:.1f}; make the cells smaller"
            )
    if disk_GB > free_GB:
        problems.append(f"results need {disk_GB:.1f} GB of disk, {free_GB:.1f} are free; raise md.frame_every_fs")
    return problems


def _over_budget(campaign: Campaign, core_hours: float, labels: int) -> list[str]:
    budget, warnings = campaign.budget, []
    if budget.core_hours is not None and core_hours > budget.core_hours:
        warnings.append(f"{core_hours:.2g} core-hours are expected, the budget is {budget.core_hours:g}")
    if budget.labels is not None and labels > budget.labels:
        warnings.append(f"up to {labels} labels may be taken, the budget is {budget.labels}")
    return warnings
