"""The campaign as a graph of work items: what depends on what, known before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.platform.execution.task import Resources
from argyro.platform.execution.work_item import WorkItem


@dataclass(frozen=True)
class Node:
    """One future work item.

    Args:
        name: unique and readable, for instance ``md/Li6PS5Cl 50 %/bulk/600 K/0``.
        stage: which stage computes it.
        inputs: the work item's own inputs.
        parents: role -> name of the node whose result it reads.
        tolerant: runs on those parents that succeeded, at least one, when others failed for good.
        lives_on: roles of which a tolerant node needs at least one; any, if empty.
        facts: what a person sorts by (composition, boundary, temperature_K ...); not part of the key.
        settings: how to compute it (interpreters, launchers, limits); not part of the key.
        resources: what the item occupies while it runs.
        cost_core_s: expected work, for the plan and the time left.
        decision: a tolerant node whose outcome stands: its key names all its parents, also those that failed, so that
            one that succeeds later does not reopen what was built upon the outcome.
    """

    name: str
    stage: StageDefinition
    inputs: Mapping[str, object]
    parents: Mapping[str, str] = field(default_factory=dict)
    tolerant: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    resources: Resources = field(default_factory=Resources)
    cost_core_s: float = 1.0
    decision: bool = False
    lives_on: Collection[str] = ()

    @property
    def cores(self) -> int:
        """CPU cores of the item."""
        return self.resources.cpu

    def computable(self, present: Collection[str]) -> bool:
        """Whether the parents that are there, or can still come about, are enough.

        Args:
            present: names of these nodes.
        """
        there = {role for role, name in self.parents.items() if name in present}
        if len(there) == len(self.parents):
            return True
        return self.tolerant and not there.isdisjoint(self.lives_on or there)

    def item(self, parents: Mapping[str, WorkItem]) -> WorkItem:
        """Its work item, with those of its parents that are given."""
        keys = {role: parents[name].key for role, name in self.parents.items() if name in parents}
        return WorkItem(self.stage.name, self.stage.version, self.inputs, keys)


class Graph:
    """Nodes in an order in which parents come first."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def add(self, node: Node) -> str:
        """Add a node whose parents are already there; returns its name."""
        if node.name in self.nodes:
            raise ValueError(f"node {node.name!r} stands twice")
        missing = [parent for parent in node.parents.values() if parent not in self.nodes]
        if missing:
            raise ValueError(f"node {node.name!r} depends on unknown {missing}")
        self.nodes[node.name] = node
        return node.name

    def items(self, failed: frozenset[str] = frozenset()) -> dict[str, WorkItem]:
        """Node name -> work item, for all nodes that can still be computed.

        Args:
            failed: names of nodes that failed for good; who depends on them is left out, unless tolerant.
        """
        whole: dict[str, WorkItem] = {}  # as if nothing had failed
        items: dict[str, WorkItem] = {}
        for name, node in self.nodes.items():
            whole[name] = node.item(whole)
            if name in failed:
                continue
            if node.computable(items):
                stands = node.decision or all(items.get(p) is whole[p] for p in node.parents.values())
                items[name] = whole[name] if stands else node.item(items)
        return items

    def stages(self) -> list[str]:
        """Names of the stages, in the order of the graph."""
        return list(dict.fromkeys(node.stage.name for node in self.nodes.values()))
