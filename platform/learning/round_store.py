"""The record of a learning run: one folder a round, complete or absent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ase import Atoms
from ase.io import iread, write

from argyro.platform.common.errors import InputError
from argyro.platform.execution.atomic_files import replacing, write_json

if TYPE_CHECKING:
    from argyro.platform.learning.explore import Exploration

POTENTIAL, ACTIVE_SET, SUMMARY = "potential.mtp", "active_set.txt", "round.json"
ACCEPTED, REJECTED, HELD_OUT = "labels.extxyz", "rejected.extxyz", "held_out.extxyz"
TRACES = "grades.json"


@dataclass(frozen=True)
class RoundStore:
    """Rounds under one folder, ``round-000`` and so on; a round is written under another name and renamed at its end.

    Args:
        workdir: the folder.
    """

    workdir: Path

    def claim(self, identity: dict) -> None:
        """Bind the folder to one set of inputs, so that a changed input never continues old rounds.

        Raises:
            InputError: the folder holds rounds of other inputs.
        """
        path = self.workdir / "learning.json"
        self.workdir.mkdir(parents=True, exist_ok=True)
        if path.exists():
            found = json.loads(path.read_text())
            different = [key for key in identity if found.get(key) != identity[key]]
            if different:
                raise InputError(
                    f"{self.workdir} holds a learning run with another {', '.join(different)}; give a new folder",
                    path="workdir",
                    given=str(self.workdir),
                )
        else:
            write_json(path, identity)

    @property
    def folders(self) -> list[Path]:
        """Folders of the complete rounds in order."""
        return sorted(self.workdir.glob("round-[0-9][0-9][0-9]"))

    @property
    def summaries(self) -> list[dict]:
        """Summary of every complete round."""
        return [json.loads((folder / SUMMARY).read_text()) for folder in self.folders]

    def frames(self, name: str) -> list[Atoms]:
        """All frames of one kind (`ACCEPTED`, `REJECTED`, `HELD_OUT`), in the order in which they were labelled."""
        return [frame for folder in self.folders for frame in read_frames(folder / name)]

    def scratch(self) -> Path:
        """Empty folder for the round in progress; what an interrupted round left is discarded."""
        path = self.workdir / "round.partial"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def complete(self, scratch: Path, summary: dict) -> Path:
        """Write the summary and make the round visible by its final name."""
        # what a frame's info says comes from a file as numpy's numbers
        (scratch / SUMMARY).write_text(json.dumps(summary, indent=1, default=lambda number: number.item()))
        return scratch.rename(self.workdir / f"round-{len(self.folders):03d}")


def write_traces(folder: Path, runs: Sequence[Exploration]) -> None:
    """Keep the grades in time of exploring runs."""
    traces = [
        {"run": run.name, "times_ps": run.times_ps.tolist(), "grades": run.grades.tolist(), "ps": run.ps}
        for run in runs
    ]
    (folder / TRACES).write_text(json.dumps(traces))


def read_traces(folder: Path) -> list[dict]:
    """Grades in time of a round's exploring runs; none in a round without any."""
    path = folder / TRACES
    return json.loads(path.read_text()) if path.exists() else []


def read_frames(path: Path) -> list[Atoms]:
    """Frames of an extended xyz file; none if it is empty or there is no such file."""
    return list(iread(path, index=":", format="extxyz")) if path.exists() and path.stat().st_size else []


def write_frames(path: Path, frames: list[Atoms]) -> None:
    """Write frames as extended xyz, all or none whenever the process is killed; writes nothing for none."""
    if frames:
        # a frame cut within its last number reads without complaint, and so does a file that ends between two frames
        with replacing(path, durable=True) as partial:
            write(partial, [_without_log(frame) for frame in frames], format="extxyz")


def append_frame(path: Path, frame: Atoms) -> None:
    """Add a frame to an extended xyz file, which holds it wholly or not at all whenever the process is killed."""
    with replacing(path, durable=True) as partial:
        if path.exists():
            shutil.copy(path, partial)
        write(partial, _without_log(frame), format="extxyz", append=True)


def _without_log(frame: Atoms) -> Atoms:
    """Copy the frame without its log, whose line ends an extended xyz comment cannot hold."""
    copy = frame.copy()
    copy.calc = frame.calc
    for name in ("log", "reason", "log_file"):
        copy.info.pop(name, None)
    return copy
