"""One LAMMPS process that cannot outlive its parent, and one run per folder."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from argyro.platform.dynamics.md_settings import MDSettings
from argyro.platform.errors import ArgyroError
from argyro.platform.potential.lammps import lammps_command, lammps_environment
from argyro.platform.processes import contain_lammps

POLL_S = 0.1


def run_lammps(script: Path, log: Path, settings: MDSettings, look: Callable[[], None]) -> int:
    """Run a script in its folder and call `look` until it ends; an exception from `look` ends LAMMPS.

    Returns:
        The exit status.
    """
    command = [
        *lammps_command(settings.ranks, settings.lammps, settings.launcher),
        *("-in", script.name, "-log", log.name, "-screen", "none"),
    ]
    threads = 1 if settings.ranks > 1 else int(os.environ.get("OMP_NUM_THREADS", "1"))  # as the scheduler has set it
    with (script.parent / "lammps.err").open("ab") as errors:
        process = subprocess.Popen(
            command,
            cwd=script.parent,
            env=lammps_environment(threads=threads),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
            preexec_fn=contain_lammps,
        )
        try:
            while process.poll() is None:
                look()
                time.sleep(POLL_S)
            look()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return process.returncode


@contextmanager
def exclusive(workdir: Path) -> Iterator[None]:
    """Hold a folder for one run.

    Raises:
        ArgyroError: another process is at work there.
    """
    with (workdir / "lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ArgyroError(f"another process is running molecular dynamics in {workdir}; wait for it") from error
        yield
