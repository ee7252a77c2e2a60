"""Ready queue: item keys, unsettled parents, and waiting items by urgency."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable

from argyro.campaigns.pipeline.graph import Graph
from argyro.platform.execution.task import Resources
from argyro.platform.execution.work_item import WorkItem


class ReadyQueue:
    """Dependency tracker of a graph; the cost of an event does not depend on the size of the graph.

    A node is *settled* when it is done, quarantined, or cannot be computed. A node with settled parents is ready. The
    ready node with the longest chain of dependent work goes first.

    Args:
        graph: graph; all nodes are unsettled at first.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.items: dict[str, WorkItem] = {}
        self._whole: dict[str, WorkItem] = {}  # keys without failures
        self._children: dict[str, list[str]] = {}
        self._unsettled: dict[str, set[str]] = {}
        self._position: dict[str, int] = {}
        self._urgency: dict[str, float] = {}
        self._ready: dict[Resources, list[tuple[float, int, str]]] = {}
        self._queued: set[str] = set()

    def add(self, names: Iterable[str], settled: Collection[str]) -> list[str]:
        """Add nodes of the graph, parents first; return those that cannot be computed.

        Args:
            names: new nodes.
            settled: all nodes settled so far.
        """
        barred = []
        for name in names:
            node = self.graph.nodes[name]
            self._position[name] = len(self._position)
            self._whole[name] = node.item(self._whole)
            self._children[name] = []
            self._unsettled[name] = {parent for parent in node.parent_names if parent not in settled}
            for parent in set(node.parent_names):
                self._children[parent].append(name)
            if not self._update_item(name):
                barred.append(name)
        self._rank()
        return barred

    def _update_item(self, name: str) -> bool:
        """Rebuild a node's item from those of its parents; return whether it can be computed."""
        item = self.graph.nodes[name].item_among(self._whole, self.items)
        if item is None:
            self.items.pop(name, None)
        else:
            self.items[name] = item
        return item is not None

    def _rank(self) -> None:
        """Compute the urgency of each node: seconds of work on the longest path to the campaign's end."""
        for name in sorted(self._position, key=self._position.__getitem__, reverse=True):
            node = self.graph.nodes[name]
            behind = max((self._urgency[child] for child in self._children[name]), default=0.0)
            self._urgency[name] = behind + node.cost_core_s / node.resources.cpu

    def offer(self, name: str) -> None:
        """Put a waiting node in the queue if its parents are settled."""
        if not self._unsettled[name] and name not in self._queued:
            queue = self._ready.setdefault(self.graph.nodes[name].resources, [])
            heapq.heappush(queue, (-self._urgency[name], self._position[name], name))
            self._queued.add(name)

    def settle(self, name: str) -> list[str]:
        """Mark a node as settled; return the children that become ready."""
        self._queued.discard(name)
        freed = []
        for child in self._children[name]:
            self._unsettled[child].discard(name)
            if not self._unsettled[child]:
                freed.append(child)
        return freed

    def unsettle(self, name: str) -> None:
        """Mark a node for another computation; its children wait for it."""
        for child in self._children[name]:
            self._unsettled[child].add(name)
            self._queued.discard(child)

    def bar(self, name: str, fixed: Collection[str]) -> tuple[list[str], list[str]]:
        """Mark a node as quarantined: descendants can no longer be computed or, if tolerant, get other keys.

        Args:
            name: the node.
            fixed: done or running nodes, whose items do not change.

        Returns:
            Descendants that cannot be computed, and those with a new key.
        """
        self.items.pop(name, None)
        barred: list[str] = []
        changed: list[str] = []
        for descendant in self._descendants(name):
            if descendant in fixed or descendant not in self.items:
                continue
            (changed if self._update_item(descendant) else barred).append(descendant)
        return barred, changed

    def _descendants(self, name: str) -> list[str]:
        found: set[str] = set()
        open_ends = [name]
        while open_ends:
            fresh = set(self._children[open_ends.pop()]) - found
            found |= fresh
            open_ends.extend(fresh)
        return sorted(found, key=self._position.__getitem__)

    def ready_kinds(self) -> list[Resources]:
        """List the resources of the ready nodes, in order of urgency."""
        for queue in self._ready.values():
            while queue and not self._is_ready(queue[0][2]):
                heapq.heappop(queue)
        return sorted((kind for kind, queue in self._ready.items() if queue), key=lambda kind: self._ready[kind][0])

    def _is_ready(self, name: str) -> bool:
        return name in self._queued and name in self.items

    def take(self, kind: Resources) -> str:
        """Remove and return the most urgent ready node with these resources."""
        name = heapq.heappop(self._ready[kind])[2]
        self._queued.discard(name)
        return name
