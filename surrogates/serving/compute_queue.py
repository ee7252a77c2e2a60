"""Compute queue of one thread: bounded, with turns by step, time limit and cancellation."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import CancelledError, Future
from typing import Any

Steps = Generator[None, None, Any]  # yields between steps, returns the result


class QueueFull(Exception):
    """Error: the queue is full."""


class ComputeQueue:
    """Computing thread on which the steps of several computations take turns.

    A long computation delays a short one by single steps only. A cancelled or late one ends before its next step.

    Args:
        time_limit_s: from submission to the result; later computations end with `TimeoutError`.
        stuck_after_s: a step that runs longer counts as stuck.
    """

    def __init__(self, time_limit_s: float = 30.0, stuck_after_s: float = 60.0):
        self.time_limit_s, self.stuck_after_s = time_limit_s, stuck_after_s
        self._waiting: deque[tuple[Future, Steps, float]] = deque()
        self._changed = threading.Condition()
        self._step_began: float | None = None
        self._thread = threading.Thread(target=self._run, name="compute", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Number of waiting and running computations."""
        return len(self._waiting) + (self._step_began is not None)

    @property
    def stuck(self) -> bool:
        """Whether the current step hangs or the thread died."""
        began = self._step_began
        return not self._thread.is_alive() or (began is not None and time.monotonic() - began > self.stuck_after_s)

    def submit(self, steps: Steps, most_waiting: int, first: bool = False) -> Future:
        """Queue a computation.

        Args:
            steps: yields between its steps and returns the result.
            most_waiting: limit of waiting computations.
            first: take the next turn.

        Returns:
            future of the result; cancel it to end the computation.

        Raises:
            QueueFull: `most_waiting` computations wait.
        """
        future: Future = Future()
        with self._changed:
            if self.backlog >= most_waiting:
                raise QueueFull
            entry = (future, steps, time.monotonic() + self.time_limit_s)
            (self._waiting.appendleft if first else self._waiting.append)(entry)
            self._changed.notify()
        return future

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                future, steps, ends = self._waiting.popleft()
                self._step_began = time.monotonic()
            if self._step(future, steps, ends):
                self._waiting.append((future, steps, ends))
            self._step_began = None

    def _step(self, future: Future, steps: Steps, ends: float) -> bool:
        """Run the next step of a computation and return whether steps are left."""
        try:
            if future.cancelled():
                raise CancelledError
            if time.monotonic() > ends:
                raise TimeoutError(f"the answer exceeded {self.time_limit_s:g} s")
            next(steps)
        except StopIteration as end:
            if future.set_running_or_notify_cancel():
                future.set_result(end.value)
        except BaseException as error:
            steps.close()
            if future.set_running_or_notify_cancel():
                future.set_exception(error)
        else:
            return True
        return False
