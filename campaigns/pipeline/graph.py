"""The campaign as a graph of work items and their dependencies, known before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from argyro.campaigns.spec.material import Cell
from argyro.platform.execution.stage import Contract, Stage, StageResult
from argyro.platform.execution.task import Resources
from argyro.platform.execution.work_item import WorkItem

InputsT = TypeVar("InputsT", bound=Contract)
ResultT = TypeVar("ResultT", bound=StageResult)


@dataclass(frozen=True)
class Node:
    """One future work item.

    Args:
        name: unique and readable, for instance ``md/Li6PS5Cl 50 %/bulk/600 K/0``.
        stage: computes it.
        inputs: its own inputs, with the typed identity of the node.
        parents: role -> names of the nodes whose results it reads in this role.
        tolerant: runs on those parents that succeeded when others failed for good.
        needs_any: roles of which a tolerant node needs at least one parent; any role, if empty.
        params: columns for people and MLflow (composition, boundary ...); not part of the key.
        settings: how to compute it (interpreters, launchers, limits); not part of the key.
        resources: of the item while it runs.
        cost_core_s: expected work, for the plan and the time left.
        decision: the outcome of a tolerant node is final: its key names all its parents, also those that failed, so
            that a parent that succeeds later does not change the decision.
    """

    name: str
    stage: Stage
    inputs: Contract
    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tolerant: bool = False
    needs_any: Collection[str] = ()
    params: Mapping[str, object] = field(default_factory=dict)
    settings: object = None
    resources: Resources = field(default_factory=Resources)
    cost_core_s: float = 1.0
    decision: bool = False

    @property
    def cores(self) -> int:
        """CPU cores of the item."""
        return self.resources.cpu

    @property
    def cell(self) -> Cell | None:
        """Cell that the node is about; None for nodes about the whole campaign."""
        return getattr(self.inputs, "cell", None)

    @property
    def parent_names(self) -> list[str]:
        """Names of all parents."""
        return [name for names in self.parents.values() for name in names]

    def computable(self, present: Collection[str]) -> bool:
        """Check whether enough parents succeeded or still can.

        Args:
            present: names of these nodes.
        """
        if all(name in present for name in self.parent_names):
            return True
        roles = self.needs_any or self.parents
        return self.tolerant and any(name in present for role in roles for name in self.parents[role])

    def item(self, parents: Mapping[str, WorkItem]) -> WorkItem:
        """Make the work item with those of its parents that are given."""
        keys = {role: [parents[n].key for n in names if n in parents] for role, names in self.parents.items()}
        return WorkItem(self.stage.name, self.stage.version, self.inputs.model_dump(mode="json"), keys)

    def item_among(self, whole: Mapping[str, WorkItem], items: Mapping[str, WorkItem]) -> WorkItem | None:
        """Make the work item after some nodes failed for good; None if it cannot be computed.

        Args:
            whole: items of this node and its parents as if nothing had failed.
            items: items of the nodes that succeeded or still can.
        """
        if not self.computable(items):
            return None
        unchanged = self.decision or all(items.get(name) is whole[name] for name in self.parent_names)
        return whole[self.name] if unchanged else self.item(items)


class Graph:
    """Nodes in an order in which parents come first."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def add(self, node: Node) -> str:
        """Add a node whose parents are in the graph; returns its name."""
        if node.name in self.nodes:
            raise ValueError(f"node {node.name!r} is twice in the graph")
        missing = [parent for parent in node.parent_names if parent not in self.nodes]
        if missing:
            raise ValueError(f"node {node.name!r} depends on unknown {missing}")
        self.nodes[node.name] = node
        return node.name

    def items(self, failed: Collection[str] = ()) -> dict[str, WorkItem]:
        """Name -> work item of all nodes that can still be computed.

        Args:
            failed: names of nodes that failed for good; their descendants are left out, unless tolerant.
        """
        whole: dict[str, WorkItem] = {}  # as if nothing had failed
        items: dict[str, WorkItem] = {}
        for name, node in self.nodes.items():
            whole[name] = node.item(whole)
            item = None if name in failed else node.item_among(whole, items)
            if item is not None:
                items[name] = item
        return items

    def of_stage(self, name: str) -> Iterator[Node]:
        """List all nodes of a stage."""
        return (node for node in self.nodes.values() if node.stage.name == name)

    def stages(self) -> list[str]:
        """List the names of the stages in the order of the graph."""
        return list(dict.fromkeys(node.stage.name for node in self.nodes.values()))


@dataclass(frozen=True)
class Finished:
    """Give typed access to the results of the nodes that are done.

    Args:
        graph: of the campaign.
        results: name -> result.
    """

    graph: Graph
    results: Mapping[str, StageResult]

    def of(self, stage: Stage[InputsT, ResultT]) -> list[tuple[Node, InputsT, ResultT]]:
        """List node, inputs and result of all finished nodes of a stage, in the order of the graph."""
        found = []
        for node in self.graph.of_stage(stage.name):
            result = self.results.get(node.name)
            if result is not None:
                assert isinstance(result, stage.result) and isinstance(node.inputs, stage.inputs)
                found.append((node, node.inputs, result))
        return found

    def only(self, stage: Stage[InputsT, ResultT]) -> ResultT | None:
        """Return the result of a stage with a single node; None if it is not done."""
        return next((result for _, _, result in self.of(stage)), None)
