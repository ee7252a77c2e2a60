"""Runs a graph on an executor: what is complete is skipped, what is ready is submitted, what fails is set aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from argyro.campaigns.graph import Graph, Node
from argyro.platform.execution import Outcome, Task, discard_scratch
from argyro.platform.store import Store
from argyro.platform.workitem import WorkItem

MAX_LOST = 5  # a process that keeps dying on one item is most likely killed by that item (memory)


class Executor(Protocol):
    """Where tasks run; `argyro.actors` has one inline and one on Ray."""

    @property
    def slots(self) -> int:
        """How many tasks to keep submitted at a time; more are held back."""

    def submit(self, task: Task) -> None:
        """Start a task, or queue it."""

    def wait(self) -> list[Outcome]:
        """Outcomes of finished tasks, in completion order; waits until there is one."""


@dataclass
class Progress:
    """State of a run, for the display: node name -> state."""

    waiting: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)  # with the error
    skipped: set[str] = field(default_factory=set)  # a parent failed


class Scheduler:
    """Walks the graph until nothing more can be computed.

    Args:
        graph: what to compute.
        store: where results go.
        scratch: folder for unfinished work.
        executor: where tasks run.
        on_done: called with each node's item and result, once per run, also for results found complete.
        attempts: how often a failing item is tried before it is quarantined.
    """

    def __init__(
        self,
        graph: Graph,
        store: Store,
        scratch: Path,
        executor: Executor,
        on_done: Callable[[Node, WorkItem, dict], None],
        attempts: int = 2,
    ):
        self.graph, self.store, self.scratch, self.executor = graph, store, scratch, executor
        self.on_done, self.attempts = on_done, attempts
        self.progress = Progress()
        self._failures: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._in_flight: dict[str, str] = {}  # key -> node name
        self._items: dict[str, WorkItem] = {}

    def key(self, name: str) -> str:
        """The key of a node's item, as things stand; empty for one that cannot be computed."""
        return self._items[name].key if name in self._items else ""

    def item(self, name: str) -> WorkItem:
        """A node's work item."""
        return self._items[name]

    def run(self) -> Progress:
        """Compute all that can be computed; returns the final state."""
        self._refresh()
        while True:
            self._submit_ready()
            if not self._in_flight:
                return self.progress
            for outcome in self.executor.wait():
                self._settle(outcome)

    def _refresh(self) -> None:
        """Recompute keys (a failure changes those of tolerant nodes) and look up what is complete."""
        self._items = self.graph.items(frozenset(self.progress.failed))
        self.progress.skipped = set(self.graph.nodes) - set(self._items) - set(self.progress.failed)
        running = set(self._in_flight.values())
        self.progress.waiting = set(self._items) - self.progress.done - running
        for name in [name for name in self.graph.nodes if name in self.progress.waiting]:
            if self.store.has(self._items[name]):
                self._complete(name, self.store.result(self._items[name]))

    def _complete(self, name: str, result: dict) -> None:
        self.progress.waiting.discard(name)
        self.progress.running.discard(name)
        self.progress.done.add(name)
        self.on_done(self.graph.nodes[name], self._items[name], result)

    def _submit_ready(self) -> None:
        for name, node in self.graph.nodes.items():
            if len(self._in_flight) >= self.executor.slots:
                return
            if name not in self.progress.waiting:
                continue
            settled = self.progress.done | set(self.progress.failed) | self.progress.skipped
            if all(parent in settled for parent in node.parents.values()):
                self._submit(name, node)

    def _submit(self, name: str, node: Node) -> None:
        item = self._items[name]
        parents = {role: self._items[node.parents[role]] for role in item.parents}
        self.progress.waiting.discard(name)
        self.progress.running.add(name)
        self._in_flight[item.key] = name
        self.executor.submit(
            Task(
                item,
                node.stage.run,
                parents,
                self.store.uri,
                self.scratch,
                cores=node.cores,
                hosted=node.stage.hosted,
                settings=node.settings,
            )
        )

    def _settle(self, outcome: Outcome) -> None:
        name = self._in_flight.pop(outcome.key)
        self.progress.running.discard(name)
        if outcome.status == "done":
            self._complete(name, outcome.result)
        elif outcome.damaged_parents:
            self.progress.done -= {n for n, item in self._items.items() if item.key in outcome.damaged_parents}
            self._refresh()
        elif outcome.status == "lost" and self._lost.get(name, 0) < MAX_LOST:
            self._lost[name] = self._lost.get(name, 0) + 1
            self.progress.waiting.add(name)
        else:
            self._fail(name, outcome)

    def _fail(self, name: str, outcome: Outcome) -> None:
        self._failures[name] = self._failures.get(name, 0) + 1
        discard_scratch(self.scratch, outcome.key)
        if outcome.status == "failed" and self._failures[name] < self.attempts:
            self.progress.waiting.add(name)
            return
        quarantine = self.scratch / "quarantine"
        quarantine.mkdir(exist_ok=True)
        (quarantine / f"{outcome.key}.log").write_text(f"{name}\n\n{outcome.error}")
        self.progress.failed[name] = outcome.error
        self._refresh()
