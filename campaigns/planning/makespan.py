"""How long a graph takes on given machines: its items played through as the scheduler would start them."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from argyro.campaigns.pipeline.graph import Graph, Node


@dataclass
class Machine:
    """A node of the cluster.

    Args:
        cores: CPU cores.
        memory_GB: main memory.
    """

    cores: float
    memory_GB: float

    def holds(self, cores: float, memory_GB: float) -> bool:
        """Whether so much is free."""
        return self.cores >= cores and self.memory_GB >= memory_GB


def wall_seconds(
    graph: Graph, machines: Sequence[Machine], memory_GB: Callable[[Node], float], done: frozenset[str] = frozenset()
) -> float:
    """Time until the last item ends.

    Items start in the order of the graph as soon as their parents are done and a machine has room; each takes its core
    seconds over its cores.

    Args:
        graph: with the items' expected core seconds.
        machines: each must hold the largest item (`plan` has checked it).
        memory_GB: what an item needs.
        done: names of nodes that need not be computed.
    """
    return _Simulation(graph, machines, memory_GB, done).run()


class _Simulation:
    def __init__(self, graph: Graph, machines: Sequence[Machine], memory_GB: Callable[[Node], float], done):
        self.graph, self.memory_GB = graph, memory_GB
        self.free = [Machine(machine.cores, machine.memory_GB) for machine in machines]
        self.children: dict[str, list[str]] = {}
        self.missing: dict[str, int] = {}
        self.ready: dict[tuple[float, float], deque[str]] = {}  # by size: within a size the first goes first
        self.running: list[tuple[float, str, int]] = []
        for name, node in graph.nodes.items():
            if name not in done:
                self._enter(name, {parent for parent in node.parents.values() if parent not in done})

    def _enter(self, name: str, parents: set[str]) -> None:
        self.missing[name] = len(parents)
        for parent in parents:
            self.children.setdefault(parent, []).append(name)
        if not parents:
            self._offer(name)

    def _size(self, name: str) -> tuple[float, float]:
        node = self.graph.nodes[name]
        return node.cores, self.memory_GB(node)

    def _offer(self, name: str) -> None:
        self.ready.setdefault(self._size(name), deque()).append(name)

    def run(self) -> float:
        now = 0.0
        self._start_all(now)
        while self.running:
            now, name, place = heapq.heappop(self.running)
            self._release(name, place)
            while self.running and self.running[0][0] == now:
                _, name, place = heapq.heappop(self.running)
                self._release(name, place)
            self._start_all(now)
        return now

    def _release(self, name: str, place: int) -> None:
        cores, memory_GB = self._size(name)
        self.free[place].cores += cores
        self.free[place].memory_GB += memory_GB
        for child in self.children.get(name, ()):
            self.missing[child] -= 1
            if not self.missing[child]:
                self._offer(child)

    def _start_all(self, now: float) -> None:
        for size, queue in self.ready.items():
            while queue and (place := self._place(*size)) is not None:
                self._start(queue.popleft(), place, now)

    def _place(self, cores: float, memory_GB: float) -> int | None:
        return next((n for n, machine in enumerate(self.free) if machine.holds(cores, memory_GB)), None)

    def _start(self, name: str, place: int, now: float) -> None:
        cores, memory_GB = self._size(name)
        self.free[place].cores -= cores
        self.free[place].memory_GB -= memory_GB
        heapq.heappush(self.running, (now + self.graph.nodes[name].cost_core_s / max(cores, 1), name, place))
