"""A resumable LAMMPS stage, run in one or more pieces from the newest restart file to its last step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ase import Atoms

from argyro.platform.dynamics.md.extrapolating_frames import EXTRAPOLATING, keep_dumped_frames
from argyro.platform.dynamics.md.lammps_process import run_lammps
from argyro.platform.dynamics.md.run_monitor import PotentialFailedError, RunStoppedError, Watch
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.md.thermo_log import LogTail, log_tails, merged_rows

KEPT_RESTARTS = 2
# Errors of LAMMPS or of the pair style after atoms have fused between two checks.
BLOWN_UP = ("Lost atoms", "Non-numeric", "Å apart")
RESTART_END = b"LammpS RestartT"  # LAMMPS repeats this magic string at the end of a complete restart file


class Stage:
    """A folder with an input script, the logs log.0, log.1, … of the pieces, and the newest restart files.

    Args:
        atoms: the structure.
        settings: settings of the run.
        folder: folder of this stage; no other stage uses it.
        pair_commands: LAMMPS lines of the potential.
        deadline: `time.monotonic()` value at which the stage stops; None for no limit.
        steps: number of the last step.
    """

    def __init__(
        self,
        atoms: Atoms,
        settings: MDSettings,
        folder: Path,
        pair_commands: list[str],
        deadline: float | None,
        steps: int,
    ):
        self.atoms, self.folder, self.pair_commands, self.steps = atoms, folder, pair_commands, steps
        left = None if deadline is None else max(1.0, deadline - time.monotonic())
        self.settings = replace(settings, wall_time_s=left)
        folder.mkdir(parents=True, exist_ok=True)

    def restarts(self) -> list[Path]:
        """Return the complete restart files, newest first."""
        return [file for file in sorted(self.folder.glob("restart.*"), key=number, reverse=True) if _is_complete(file)]

    @property
    def done(self) -> bool:
        """Return whether the stage has reached its last step."""
        newest = self.restarts()
        return bool(newest) and number(newest[0]) >= self.steps

    def logs(self) -> list[LogTail]:
        """Return the logs of all pieces."""
        return log_tails(self.folder)

    def rows(self) -> list[dict[str, float]]:
        """Return the thermodynamic lines of the whole stage by step."""
        return merged_rows(self.folder)

    def execute(
        self, script: str, restart: Path | None, look_at_frames: Callable[[LogTail], None] = lambda log: None
    ) -> None:
        """Run a script as the next piece and check every line of output.

        Args:
            script: input of LAMMPS.
            restart: restart file of this stage that the script reads; None for the first piece.
            look_at_frames: called after each look at the log.

        Raises:
            RunStoppedError: a check failed, the extrapolation grade exceeded the limit, or LAMMPS failed.
        """
        log = LogTail(self.folder / f"log.{len(list(self.folder.glob('log.*')))}")
        watch = Watch(self.settings.temperature_K, self.atoms.get_volume(), len(self.atoms))

        def look() -> None:
            for row in log.advance():
                watch.look(row)
            look_at_frames(log)
            for file in self.restarts()[KEPT_RESTARTS:]:
                file.unlink(missing_ok=True)

        (self.folder / "in.lammps").write_text(script)
        first_step = None if restart is None else number(restart)
        keep_dumped_frames(self.folder.parent / EXTRAPOLATING, len(self.atoms), first_step)
        status = run_lammps(self.folder / "in.lammps", log.path, self.settings, look)
        if log.marked:
            raise PotentialFailedError(f"the potential extrapolates: {log.marked}; extend its training set")
        if status != 0:
            blown_up = any(words in str(log.error) for words in BLOWN_UP)
            kind = PotentialFailedError if blown_up else RunStoppedError
            raise kind(f"LAMMPS ended with status {status} in {self.folder}: {log.error or self._message()}")

    def _message(self) -> str:
        lines = (self.folder / "lammps.err").read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "no message")


def number(path: Path) -> int:
    """Return the number at the end of a file name such as restart.500."""
    return int(path.suffix[1:])


def _is_complete(file: Path) -> bool:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 64))
        return RESTART_END in stream.read()
