"""Keep child processes from outliving their parent and from taking the machine's memory."""

from __future__ import annotations

import ctypes
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
# LAMMPS takes some 5 kB an atom; this leaves room for half a million of them in one process.
LAMMPS_MEMORY_GB = 4


def die_with_parent(by: int = signal.SIGKILL) -> None:
    """Ask the kernel to signal this process when its parent dies; for ``subprocess.Popen(preexec_fn=...)``.

    Without it, a killed worker leaves its ``lmp`` or label process running: it burns a core and writes to a folder
    that the next attempt uses.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by)


def contain_lammps() -> None:
    """Die with the parent; limit the memory, which a collapsing cell with its many neighbours would exhaust."""
    die_with_parent()
    limit = LAMMPS_MEMORY_GB * 2**30
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
