"""Plan of a campaign without a run: items, their cost, and whether each fits a machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argyro.campaigns.pipeline.build_graph import assumed_campaign, decided_graph
from argyro.campaigns.pipeline.families import families
from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.pipeline.stages.diffusivity import DiffusivityInputs
from argyro.campaigns.pipeline.stages.learn import LEARN, known_labels
from argyro.campaigns.pipeline.stages.md import MD, MDInputs
from argyro.campaigns.planning.advice import advice
from argyro.campaigns.planning.assumptions import assumptions
from argyro.campaigns.planning.readiness import lacking
from argyro.campaigns.spec.boundary_share import boundary_shares
from argyro.campaigns.spec.consent import executions
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import Costs
from argyro.campaigns.workload.run_lengths import expected_ps, most_ps
from argyro.campaigns.workload.run_space import RunConditions, run_space, space_filling

BASE_DISK_GB = 0.01


@dataclass(frozen=True)
class Machine:
    """Cluster node: CPU cores and main memory."""

    cores: float
    memory_GB: float


def wall_seconds(graph: Graph, cores: float, done: Collection[str] = ()) -> float:
    """Estimate the time until the last item ends by the bound of list scheduling, W / p + (1 - 1 / p) C.

    W is the work in core seconds, p the number of cores, C the time of the longest chain of dependent items.

    Args:
        graph: graph with the expected cost of the items.
        cores: total cores of all machines.
        done: names of complete nodes.

    Source: Graham, SIAM J. Appl. Math. 17, 416 (1969).
    """
    ends: dict[str, float] = {}
    work = 0.0
    for name, node in graph.nodes.items():
        cost = 0.0 if name in done else node.cost_core_s
        ends[name] = max((ends[parent] for parent in node.parent_names), default=0.0) + cost / max(node.cores, 1)
        work += cost
    return work / cores + (1 - 1 / cores) * max(ends.values(), default=0.0)


def this_machine() -> Machine:
    """Return cores and memory of this machine."""
    memory_GB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return Machine(os.cpu_count() or 1, memory_GB)


def make_plan(
    campaign: Campaign,
    costs: Costs,
    machines: Sequence[Machine],
    done: frozenset[str] = frozenset(),
    disk: Path | None = None,
) -> dict[str, Any]:
    """Make the document of `argyro plan`; for an adaptive campaign, its largest cost and its first batch.

    Args:
        campaign: the campaign.
        costs: costs per core of these machines, see `machine_benchmark.measure_costs`.
        machines: nodes of the cluster.
        done: names of nodes with results in the store.
        disk: folder of the results; by default the current one.
    """
    return _Plan(campaign, costs, machines, done).document(disk or Path.cwd())


class _Plan:
    def __init__(self, campaign: Campaign, costs: Costs, machines: Sequence[Machine], done: frozenset[str]):
        self.campaign, self.costs, self.machines = assumed_campaign(campaign), costs, machines
        self.graph: Graph = decided_graph(self.campaign, None, costs)  # every possible run
        self.done = done & set(self.graph.nodes)
        self.todo = [node for name, node in self.graph.nodes.items() if name not in self.done]

    def document(self, disk: Path) -> dict[str, Any]:
        adaptive, labels = self._adaptive(), self._labels()
        core_hours = sum(node.cost_core_s for node in self.todo) / 3600 - (adaptive or {}).get("spared_core_hours", 0.0)
        disk_GB, cores = self._disk_GB(), sum(machine.cores for machine in self.machines)
        problems = self._too_large() + self._too_much(disk, disk_GB)
        return {
            "stages": [self._stage(stage) for stage in self.graph.stages()],
            "labels": labels,
            "known_labels": self._known_labels(),
            "families": self._families(),
            "core_hours": core_hours,
            "most_core_hours": core_hours + self._lengthening_core_hours(),
            "wall_hours": None if problems else wall_seconds(self.graph, cores, self.done) / 3600,
            "nodes": len(self.machines),
            "cores": cores,
            "memory_GB": max(self.memory_GB(node) for node in self.graph.nodes.values()),
            "disk_GB": disk_GB,
            "boundary_shares": boundary_shares(self.campaign),
            "acquisition": adaptive,
            "assumptions": assumptions(self.campaign, self.costs),
            "fits": not problems,
            "ready": lacking(self.campaign),
            "advice": advice(self.campaign),
            "executes": [one.to_json() for one in executions(self.campaign)],
            "warnings": problems + self._over_budget(core_hours, labels) + self._learned_elsewhere(),
        }

    def _adaptive(self) -> dict[str, float] | None:
        """Compare the first batch with all possible runs, and compute the core-hours that the limit certainly saves."""
        asked, hours = self.campaign.acquisition, self._md_core_hours(self.graph.nodes)
        if asked is None:
            return None
        begun = space_filling(run_space(self.campaign), asked.start)
        made = sum(self._md_core_hours(self.done).values())
        left = sum(hours.values()) - made
        most = left if asked.until.core_hours is None else max(0.0, asked.until.core_hours - made)
        return {
            "start_runs": len(begun),
            "possible_runs": len(hours),
            "start_core_hours": sum(hours[run] for run in begun),
            "spared_core_hours": max(0.0, left - most),
        }

    def _lengthening_core_hours(self) -> float:
        """Compute the core-hours beyond the expected ones if every run reaches its largest length."""
        md, more_s = self.campaign.md, 0.0
        for node in self.todo:
            if isinstance(node.inputs, (MDInputs, DiffusivityInputs)):
                first_ps = node.inputs.conditions.length_ps
                lengths = [md.equilibrate_ps + length(md, first_ps) for length in (most_ps, expected_ps)]
                more_s += node.cost_core_s * (lengths[0] / lengths[1] - 1)
        return more_s / 3600

    def _md_core_hours(self, names: Collection[str]) -> dict[RunConditions, float]:
        nodes = [node for node in self.graph.of_stage(MD.name) if node.name in names]
        return {node.inputs.conditions: node.cost_core_s / 3600 for node in nodes if isinstance(node.inputs, MDInputs)}

    def _labels(self) -> int:
        """Compute the largest number of new labels."""
        return self.campaign.potential.max_labels * sum(node.stage.name == LEARN.name for node in self.todo)

    def _known_labels(self) -> int:
        """Count the known labels of families without a potential."""
        todo = {node.params["family"] for node in self.todo if node.stage.name == LEARN.name}
        of_families = families(self.campaign).items()
        return sum(known_labels(self.campaign, materials) for family, materials in of_families if family in todo)

    def _families(self) -> list[dict[str, Any]]:
        """List the materials that share each potential."""
        return [
            {"name": name, "materials": list(dict.fromkeys(material.composition for material in materials))}
            for name, materials in families(self.campaign).items()
        ]

    def _stage(self, stage: str) -> dict[str, Any]:
        nodes = list(self.graph.of_stage(stage))
        waiting = [node for node in nodes if node.name not in self.done]
        states = {"waiting": len(waiting), "running": 0, "done": len(nodes) - len(waiting), "failed": 0}
        core_s = sum(node.cost_core_s for node in waiting)
        return {"name": stage, **states, "quarantined": 0, "core_hours": core_s / 3600}

    def _disk_GB(self) -> float:
        runs = [node.inputs.conditions for node in self.todo if isinstance(node.inputs, MDInputs)]
        return BASE_DISK_GB + sum(self.costs.disk_GB(self.campaign, run.cell) for run in runs)

    def memory_GB(self, node: Node) -> float:
        """Return the larger of the campaign file's memory and the estimate for the run of an item."""
        conditions = getattr(node.inputs, "conditions", None)  # of MD and its analysis
        expected = self.costs.memory_GB(self.campaign, conditions.cell) if conditions else 0.0
        return max(node.resources.memory_GB, expected)

    def _too_large(self) -> list[str]:
        """Warn of items larger than every node, which would wait forever."""
        cores = max(machine.cores for machine in self.machines)
        memory_GB = max(machine.memory_GB for machine in self.machines)
        problems = []
        for stage in self.graph.stages():
            nodes = list(self.graph.of_stage(stage))
            most = max(node.cores for node in nodes)
            if most > cores:
                message = f"an item of {stage} needs {most} cores, the largest node has {cores:g}"
                problems.append(f"{message}; lower resources.{stage}, or plan for larger nodes (--cores)")
            hungriest = max(nodes, key=self.memory_GB)
            if self.memory_GB(hungriest) > memory_GB:
                message = f"{hungriest.name} needs {self.memory_GB(hungriest):.1f} GB, the largest node {memory_GB:.1f}"
                problems.append(f"{message}; make the cells smaller or raise md.frame_every_fs")
        return problems

    def _too_much(self, disk: Path, disk_GB: float) -> list[str]:
        if self.campaign.store is not None:
            return []
        while not disk.exists():
            disk = disk.absolute().parent
        free_GB = shutil.disk_usage(disk).free / 1e9
        if disk_GB <= free_GB:
            return []
        return [f"results need {disk_GB:.1f} GB of disk, {free_GB:.1f} are free at {disk}; raise md.frame_every_fs"]

    def _over_budget(self, core_hours: float, labels: int) -> list[str]:
        budget, warnings = self.campaign.budget, []
        if budget.core_hours is not None and core_hours > budget.core_hours:
            warnings.append(f"{core_hours:.2g} core-hours are expected, the budget is {budget.core_hours:g}")
        if budget.labels is not None and labels > budget.labels:
            warnings.append(f"up to {labels} new labels may be taken, the budget is {budget.labels}")
        return warnings

    def _learned_elsewhere(self) -> list[str]:
        """Warn of runs outside the temperatures of the learning; their extrapolation grade may end them."""
        learned = self.campaign.potential.temperatures_K
        outside = [T for T in self.campaign.temperatures_K if learned and not learned[0] <= T <= learned[1]]
        if not learned or not outside:
            return []
        return [
            f"MD at {', '.join(f'{T:g}' for T in outside)} K lies outside potential.temperatures_K "
            f"({learned[0]:g} to {learned[1]:g} K); runs may end early for extrapolation"
        ]
