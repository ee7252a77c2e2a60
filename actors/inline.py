"""Runs tasks one after the other in this process: the twin of the Ray executor."""

from __future__ import annotations

from collections import deque

from argyro.platform.execution import Outcome, Task, execute


class InlineExecutor:
    """Tasks run when they are waited for, in the order they were submitted."""

    slots = 1

    def __init__(self) -> None:
        self._queue: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        """Queue a task."""
        self._queue.append(task)

    def wait(self) -> list[Outcome]:
        """Run the oldest task."""
        return [execute(self._queue.popleft())]

    def close(self) -> None:
        """Nothing is held."""
