"""Runs a graph on an executor: what is complete is skipped, what is ready is submitted, what fails is set aside."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.runtime.failed_items import ended_before, keep_log
from argyro.campaigns.runtime.ready_queue import Frontier
from argyro.platform.execution.disk_faults import REPAIR, storage_fault
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.task import Outcome, Resources, Task, discard_scratch
from argyro.platform.execution.work_item import WorkItem

MAX_LOST = 5  # a process that keeps dying on one item is most likely killed by that item (memory)
LONGEST_PAUSE_S = 600.0
PATIENCE_S = 5.0  # the executor looks at time limits and at the cluster's health at least this often


class Executor(Protocol):
    """Where tasks run; `argyro.actors` has one inline and one on Ray."""

    def has_room(self, resources: Resources) -> bool:
        """Whether a task with these resources would start soon; if not, it is held back."""

    def submit(self, task: Task) -> None:
        """Start a task, or queue it."""

    def wait(self, timeout_s: float) -> list[Outcome]:
        """Outcomes of finished tasks, in completion order; waits for one, at most so long."""


@dataclass
class Progress:
    """State of a run, for the display: node name -> state."""

    waiting: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)  # with the error
    skipped: set[str] = field(default_factory=set)  # a parent failed
    stopped: str = ""  # why the run ended early: no disk space, for instance


def grow_nothing(node: Node, result: dict | None) -> Sequence[Node]:
    """For campaigns whose items are all known beforehand."""
    return ()


class Scheduler:
    """Walks the graph until nothing more can be computed.

    Args:
        graph: what to compute; grows with `grow`.
        store: where results go.
        scratch: folder for unfinished work.
        executor: where tasks run.
        on_done: called with each node's item and result, once per run, also for results found complete.
        attempts: how often a failing item is tried before it is quarantined.
        pause_s: before the second attempt; doubles with each further one.
        grow: called once for each node that is settled, with its result, or None if it failed for good or a parent
            did; returns nodes to add to the graph (their parents are in it, or come before them). It must depend on
            nothing but its arguments: a later run, which finds the result in the store, grows the same nodes again.
    """

    def __init__(
        self,
        graph: Graph,
        store: Store,
        scratch: Path,
        executor: Executor,
        on_done: Callable[[Node, WorkItem, dict], None],
        attempts: int = 2,
        pause_s: float = 5.0,
        grow: Callable[[Node, dict | None], Sequence[Node]] = grow_nothing,
    ):
        self.graph, self.store, self.scratch, self.executor = graph, store, scratch, executor
        self.on_done, self.attempts, self.pause_s, self.grow = on_done, attempts, pause_s, grow
        self.progress = Progress()
        self._frontier = Frontier(graph)
        self._failures: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._in_flight: dict[str, str] = {}  # key -> node name
        self._paused: list[tuple[float, str]] = []  # time of the next attempt, node name

    def key(self, name: str) -> str:
        """The key of a node's item, as things stand; empty for one that cannot be computed."""
        return self._frontier.items[name].key if name in self._frontier.items else ""

    def item(self, name: str) -> WorkItem:
        """A node's work item."""
        return self._frontier.items[name]

    def run(self) -> Progress:
        """Compute all that can be computed; returns the final state."""
        self._enter(list(self.graph.nodes))
        while True:
            self._wake()
            self._submit_ready()
            if self._in_flight:
                for outcome in self.executor.wait(self._patience_s()):
                    self._settle(outcome)
            elif (self._paused or self._frontier.ready_kinds()) and not self.progress.stopped:
                time.sleep(self._patience_s())
            else:
                return self.progress

    def _enter(self, names: list[str]) -> None:
        """Take up nodes: what is complete is done, what is ready is offered."""
        progress = self.progress
        settled = progress.done | set(progress.failed) | progress.skipped
        barred = self._frontier.add(names, settled)
        progress.waiting |= set(names) - set(barred)
        self._skip(barred)
        self._look_up(name for name in names if name in progress.waiting)

    def _look_up(self, names: Iterable[str]) -> None:
        for name in names:
            result = self.store.find(self._frontier.items[name])
            if result is None:
                self._frontier.offer(name)
            else:
                self._complete(name, result)

    def _complete(self, name: str, result: dict) -> None:
        self.progress.waiting.discard(name)
        self.progress.done.add(name)
        self._free_children(name)
        self.on_done(self.graph.nodes[name], self._frontier.items[name], result)
        self._grow(name, result)

    def _free_children(self, name: str) -> None:
        for child in self._frontier.settle(name):
            if child in self.progress.waiting:
                self._frontier.offer(child)

    def _grow(self, name: str, result: dict | None) -> None:
        fresh = [self.graph.add(node) for node in self.grow(self.graph.nodes[name], result)]
        if fresh:
            self._enter(fresh)

    def _submit_ready(self) -> None:
        """Fill the executor, most urgent first; a kind of item that finds no room does not hold up the others."""
        while not self.progress.stopped:
            kinds = (kind for kind in self._frontier.ready_kinds() if self.executor.has_room(kind))
            kind = next(kinds, None)
            if kind is None:
                return
            name = self._frontier.take(kind)
            if name in self.progress.waiting:
                self._submit(name)

    def _submit(self, name: str) -> None:
        node, item = self.graph.nodes[name], self._frontier.items[name]
        if error := ended_before(self.scratch, item.key):
            self._quarantine(name, Outcome(item.key, "failed", error=error, repeats=True))
            return
        items = self._frontier.items
        parents = {role: items[node.parents[role]] for role in item.parents if node.parents[role] in items}
        self.progress.waiting.discard(name)
        self.progress.running.add(name)
        self._in_flight[item.key] = name
        stage, uri = node.stage, self.store.uri
        task = Task(item, stage.run, parents, uri, self.scratch, node.resources, stage.hosted, node.settings)
        self.executor.submit(task)

    def _patience_s(self) -> float:
        until = self._paused[0][0] - time.monotonic() if self._paused else PATIENCE_S
        return min(max(until, 0.0), PATIENCE_S)

    def _wake(self) -> None:
        """Offer the items whose pause is over."""
        while self._paused and self._paused[0][0] <= time.monotonic():
            _, name = heapq.heappop(self._paused)
            if name in self.progress.waiting:
                self._frontier.offer(name)

    def _settle(self, outcome: Outcome) -> None:
        name = self._in_flight.pop(outcome.key)
        self.progress.running.discard(name)
        if outcome.status == "done":
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
        """Let the item wait; longer, the more attempts came to nothing."""
        self.progress.waiting.add(name)
        pause_s = min(self.pause_s * 2 ** (after - 1), LONGEST_PAUSE_S) if after else 0.0
        heapq.heappush(self._paused, (time.monotonic() + pause_s, name))

    def _repair(self, name: str, damaged: tuple[str, ...]) -> None:
        """Damaged parents were moved aside: they are computed again, then the item."""
        self.progress.waiting.add(name)
        for parent in set(self.graph.nodes[name].parents.values()):
            if parent in self.progress.done and self.key(parent) in damaged:
                self.progress.done.discard(parent)
                self.progress.waiting.add(parent)
                self._frontier.unsettle(parent)
                self._look_up([parent])
        self._frontier.offer(name)

    def _fail(self, name: str, outcome: Outcome) -> None:
        """Count a failure; an item that ran out of time keeps its unfinished work, another attempt starts afresh.

        What would end alike again, such as a run that its potential ended, is set aside at once and for later runs.
        """
        self._failures[name] = self._failures.get(name, 0) + 1
        if outcome.status != "timeout":
            discard_scratch(self.scratch, outcome.key)
        if outcome.status != "lost" and not outcome.repeats and self._failures[name] < self.attempts:
            self._try_again(name, after=self._failures[name])
        else:
            self._quarantine(name, outcome)

    def _quarantine(self, name: str, outcome: Outcome) -> None:
        try:
            keep_log(self.scratch, name, outcome)
        except OSError as error:
            self.progress.waiting.add(name)
            self.progress.stopped = storage_fault(error, [self.scratch]) or f"{error}; {REPAIR}"
            return
        self.progress.waiting.discard(name)
        self.progress.failed[name] = outcome.error
        barred, changed = self._frontier.bar(name, self.progress.done | self.progress.running)
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
