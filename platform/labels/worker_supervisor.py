"""Parent process of the worker that ends all its descendants in any session; standard library only.

The worker loads this module by path, so it must not import argyro.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
PATIENCE_S = 5.0


def supervise() -> None:
    """Fork: the child returns; the parent waits for it, ends all descendants and exits with the child's code.

    The parent adopts orphans (a "child subreaper"), so it also finds detached processes. It ends on SIGTERM, which the
    kernel sends when the labelling process dies. Only Linux supports this; elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    worker = os.fork()
    if worker == 0:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        return
    for pipe in (0, 1):
        os.close(pipe)
    signal.signal(signal.SIGTERM, lambda *_: _end(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        ended, status = os.wait()
        if ended == worker:
            code = os.waitstatus_to_exitcode(status)
            _end(code if code >= 0 else 128 - code)


def _end(code: int) -> None:
    """End all descendants, then this process."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and (found := _descendants()):
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)
    os._exit(code)


def _descendants() -> list[int]:
    """Return the descendants of this process that have not been waited for."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found: list[int] = []
    above = {os.getpid()}
    while above:
        above = {pid for pid, parent in parents.items() if parent in above}
        found += above
    return found
