"""Scheduler of a graph: skips complete items, submits ready items, quarantines failed items."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.runtime.failed_items import ended_before, keep_log
from argyro.campaigns.runtime.ready_queue import ReadyQueue
from argyro.platform.execution.disk_faults import REPAIR, storage_fault
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import StageResult
from argyro.platform.execution.task import Outcome, Resources, Task, discard_scratch
from argyro.platform.execution.work_item import WorkItem

MAX_LOST = 5  # an item that repeatedly kills its process most likely exceeds memory
LONGEST_PAUSE_S = 600.0
PATIENCE_S = 5.0  # longest interval between checks of time limits and of the cluster


class Executor(Protocol):
    """Executor of tasks; `argyro.actors` has an inline executor and one on Ray."""

    def has_room(self, resources: Resources) -> bool:
        """Check whether a task with these resources would start soon; if not, it waits here."""

    def submit(self, task: Task) -> None:
        """Start a task, or queue it."""

    def wait(self, timeout_s: float) -> list[Outcome]:
        """Wait for finished tasks up to a time limit; return outcomes in completion order."""


@dataclass
class Progress:
    """Names of the nodes in each state."""

    waiting: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)  # with the error
    retried: set[str] = field(default_factory=set)  # the last attempt failed; waiting or running again
    skipped: set[str] = field(default_factory=set)  # a parent failed
    stopped: str = ""  # reason for an early end, for example no disk space


def grow_nothing(node: Node, result: StageResult | None) -> Sequence[Node]:
    """Add no nodes; the default of non-adaptive campaigns."""
    return ()


class Scheduler:
    """Scheduler that computes all computable items of a graph.

    Args:
        graph: graph of the campaign; extended by `grow`.
        store: store of the results.
        scratch: folder for unfinished work.
        executor: executor of tasks.
        on_done: called once per run with each node's item and result, also for results already in the store.
        attempts: number of attempts before a failing item is quarantined.
        pause_s: pause before the second attempt; doubled for each further one.
        grow: called once for each settled node with its result, or None if it or a parent was quarantined. It returns
            new nodes, whose parents are in the graph or precede them. It must depend on its arguments only, so that a
            later run adds the same nodes.
    """

    def __init__(
        self,
        graph: Graph,
        store: Store,
        scratch: Path,
        executor: Executor,
        on_done: Callable[[Node, WorkItem, StageResult], None],
        attempts: int = 2,
        pause_s: float = 5.0,
        grow: Callable[[Node, StageResult | None], Sequence[Node]] = grow_nothing,
    ):
        self.graph, self.store, self.scratch, self.executor = graph, store, scratch, executor
        self.on_done, self.attempts, self.pause_s, self.grow = on_done, attempts, pause_s, grow
        self.progress = Progress()
        self._queue = ReadyQueue(graph)
        self._failures: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._in_flight: dict[str, str] = {}  # key -> node name
        self._paused: list[tuple[float, str]] = []  # time of the next attempt, node name

    def key(self, name: str) -> str:
        """Return the current key of a node's item; empty if it cannot be computed."""
        return self._queue.items[name].key if name in self._queue.items else ""

    def item(self, name: str) -> WorkItem:
        """Return a node's work item."""
        return self._queue.items[name]

    def run(self) -> Progress:
        """Compute all computable items and return the final state."""
        self._enter(list(self.graph.nodes))
        while True:
            self._wake()
            self._submit_ready()
            if self._in_flight:
                for outcome in self.executor.wait(self._patience_s()):
                    self._settle(outcome)
            elif (self._paused or self._queue.ready_kinds()) and not self.progress.stopped:
                time.sleep(self._patience_s())
            else:
                return self.progress

    def _enter(self, names: list[str]) -> None:
        """Add nodes: complete items are done, ready items are offered."""
        progress = self.progress
        settled = progress.done | set(progress.failed) | progress.skipped
        barred = self._queue.add(names, settled)
        progress.waiting |= set(names) - set(barred)
        self._skip(barred)
        self._look_up(name for name in names if name in progress.waiting)

    def _look_up(self, names: Iterable[str]) -> None:
        for name in names:
            found = self.store.find(self._queue.items[name])
            if found is None:
                self._queue.offer(name)
            else:
                self._complete(name, self.graph.nodes[name].stage.read(found))

    def _complete(self, name: str, result: StageResult) -> None:
        self.progress.waiting.discard(name)
        self.progress.retried.discard(name)
        self.progress.done.add(name)
        self._free_children(name)
        self.on_done(self.graph.nodes[name], self._queue.items[name], result)
        self._grow(name, result)

    def _free_children(self, name: str) -> None:
        for child in self._queue.settle(name):
            if child in self.progress.waiting:
                self._queue.offer(child)

    def _grow(self, name: str, result: StageResult | None) -> None:
        fresh = [self.graph.add(node) for node in self.grow(self.graph.nodes[name], result)]
        if fresh:
            self._enter(fresh)

    def _submit_ready(self) -> None:
        """Submit items in order of urgency; items without room do not block the others."""
        while not self.progress.stopped:
            kinds = (kind for kind in self._queue.ready_kinds() if self.executor.has_room(kind))
            kind = next(kinds, None)
            if kind is None:
                return
            name = self._queue.take(kind)
            if name in self.progress.waiting:
                self._submit(name)

    def _submit(self, name: str) -> None:
        node, item = self.graph.nodes[name], self._queue.items[name]
        if error := ended_before(self.scratch, item.key):
            self._quarantine(name, Outcome(item.key, "failed", error=error, repeats=True))
            return
        items = self._queue.items
        parents = {role: [items[name] for name in names if name in items] for role, names in node.parents.items()}
        self.progress.waiting.discard(name)
        self.progress.running.add(name)
        self._in_flight[item.key] = name
        uri = self.store.uri
        self.executor.submit(Task(item, node.stage, parents, uri, self.scratch, node.resources, node.settings))

    def _patience_s(self) -> float:
        until = self._paused[0][0] - time.monotonic() if self._paused else PATIENCE_S
        return min(max(until, 0.0), PATIENCE_S)

    def _wake(self) -> None:
        """Offer the items after their pause."""
        while self._paused and self._paused[0][0] <= time.monotonic():
            _, name = heapq.heappop(self._paused)
            if name in self.progress.waiting:
                self._queue.offer(name)

    def _settle(self, outcome: Outcome) -> None:
        name = self._in_flight.pop(outcome.key)
        self.progress.running.discard(name)
        if outcome.result is not None:
            self._complete(name, outcome.result)
        elif outcome.status == "storage":
            self.progress.waiting.add(name)
            self.progress.stopped = outcome.error
        elif outcome.damaged_parents:
            self._repair(name, outcome.damaged_parents)
        elif outcome.status in ("preempted", "unfinished"):
            self._try_again(name, after=0)
        elif outcome.status == "lost" and self._lost.get(name, 0) < MAX_LOST:
            self._lost[name] = self._lost.get(name, 0) + 1
            self._try_again(name, after=self._lost[name] - 1)
        else:
            self._fail(name, outcome)

    def _try_again(self, name: str, after: int) -> None:
        """Delay the item, longer after each failed attempt."""
        self.progress.waiting.add(name)
        pause_s = min(self.pause_s * 2 ** (after - 1), LONGEST_PAUSE_S) if after else 0.0
        heapq.heappush(self._paused, (time.monotonic() + pause_s, name))

    def _repair(self, name: str, damaged: tuple[str, ...]) -> None:
        """Recompute damaged parents, which were moved aside, then the item."""
        self.progress.waiting.add(name)
        for parent in set(self.graph.nodes[name].parent_names):
            if parent in self.progress.done and self.key(parent) in damaged:
                self.progress.done.discard(parent)
                self.progress.waiting.add(parent)
                self._queue.unsettle(parent)
                self._look_up([parent])
        self._queue.offer(name)

    def _fail(self, name: str, outcome: Outcome) -> None:
        """Count a failure; the next attempt resumes unfinished work only after a timeout.

        A deterministic failure, such as a run that the potential ended, is quarantined at once and for later runs.
        """
        self._failures[name] = self._failures.get(name, 0) + 1
        if outcome.status != "timeout":
            discard_scratch(self.scratch, outcome.key)
        if outcome.status != "lost" and not outcome.repeats and self._failures[name] < self.attempts:
            if self._keep_log(name, outcome, retried=True):
                self.progress.retried.add(name)
                self._try_again(name, after=self._failures[name])
        else:
            self._quarantine(name, outcome)

    def _keep_log(self, name: str, outcome: Outcome, retried: bool = False) -> bool:
        """Write the error of an item; stop the campaign if the disk refuses it."""
        try:
            keep_log(self.scratch, name, outcome, retried)
        except OSError as error:
            self.progress.waiting.add(name)
            self.progress.stopped = storage_fault(error, [self.scratch]) or f"{error}; {REPAIR}"
            return False
        return True

    def _quarantine(self, name: str, outcome: Outcome) -> None:
        if not self._keep_log(name, outcome):
            return
        self.progress.waiting.discard(name)
        self.progress.retried.discard(name)
        self.progress.failed[name] = outcome.error
        barred, changed = self._queue.bar(name, self.progress.done | self.progress.running)
        self._free_children(name)
        self._skip(barred)
        self._look_up(child for child in changed if child in self.progress.waiting)
        self._grow(name, None)

    def _skip(self, names: list[str]) -> None:
        for name in names:
            self.progress.waiting.discard(name)
            self.progress.skipped.add(name)
        for name in names:
            self._free_children(name)
            self._grow(name, None)
