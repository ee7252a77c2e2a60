"""Child processes that never outlive us."""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies; for ``subprocess.Popen(preexec_fn=...)``.

    Without it, a killed worker leaves its ``lmp`` or label process running: it burns a core and writes to a folder
    that the next attempt uses.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
