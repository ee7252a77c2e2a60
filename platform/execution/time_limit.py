"""End work that takes too long, from within its own process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

REPEAT_S = 5.0  # for code that catches even this


class TimeLimitExceeded(BaseException):
    """Signal the end of the time limit; like `KeyboardInterrupt` no `Exception`, so that no engine catches it."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `TimeLimitExceeded` in the main thread when the time is over; elsewhere there is no limit.

    Args:
        seconds: None for no limit.
    """
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(signum: int, frame: object) -> None:
        raise TimeLimitExceeded(f"did not end within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
