"""Inline executor: tasks run in this process, without Ray."""

from __future__ import annotations

from collections import deque

from argyro.platform.execution.task import Outcome, Resources, Task, execute


class InlineExecutor:
    """Executor that runs tasks in order of submission during `wait`."""

    fault = ""  # no cluster, no fault

    def __init__(self) -> None:
        self._queue: deque[Task] = deque()

    def has_room(self, resources: Resources) -> bool:
        """Allow one task at a time."""
        return not self._queue

    def submit(self, task: Task) -> None:
        """Queue a task."""
        self._queue.append(task)

    def wait(self, timeout_s: float) -> list[Outcome]:
        """Run the oldest task."""
        return [execute(self._queue.popleft())]

    def close(self) -> None:
        """Do nothing; no resource is held."""
