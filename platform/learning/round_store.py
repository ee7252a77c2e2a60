"""Store of a learning run with one folder per round, complete or absent."""

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
    """A store of rounds ``round-000``, ...; a round is written under another name and renamed at its end.

    Args:
        workdir: folder of the rounds.
    """

    workdir: Path

    def claim(self, identity: dict) -> None:
        """Bind the folder to one set of inputs; changed inputs cannot continue its rounds.

        Raises:
            InputError: the folder has rounds of other inputs.
        """
        path = self.workdir / "learning.json"
        self.workdir.mkdir(parents=True, exist_ok=True)
        if path.exists():
            found = json.loads(path.read_text())
            different = [key for key in identity if found.get(key) != identity[key]]
            if different:
                raise InputError(
                    f"{self.workdir} holds a learning run with another {', '.join(different)}; give a new folder"
                )
        else:
            write_json(path, identity)

    @property
    def folders(self) -> list[Path]:
        """The folders of the complete rounds in order."""
        return sorted(self.workdir.glob("round-[0-9][0-9][0-9]"))

    @property
    def summaries(self) -> list[dict]:
        """Return the summary of every complete round."""
        return [json.loads((folder / SUMMARY).read_text()) for folder in self.folders]

    def frames(self, name: str) -> list[Atoms]:
        """Return all frames of one kind (`ACCEPTED`, `REJECTED`, `HELD_OUT`) in the order of labelling."""
        return [frame for folder in self.folders for frame in read_frames(folder / name)]

    def scratch(self) -> Path:
        """Return an empty folder for the current round; files of an interrupted round are deleted."""
        path = self.workdir / "round.partial"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def complete(self, scratch: Path, summary: dict) -> Path:
        """Write the summary and rename the round to its final name."""
        # numbers in a frame's info are read from a file as numpy types
        (scratch / SUMMARY).write_text(json.dumps(summary, indent=1, default=lambda number: number.item()))
        return scratch.rename(self.workdir / f"round-{len(self.folders):03d}")


def write_traces(folder: Path, runs: Sequence[Exploration]) -> None:
    """Write the traces of grades of exploration runs."""
    traces = [
        {"run": run.name, "times_ps": run.times_ps.tolist(), "grades": run.grades.tolist(), "ps": run.ps}
        for run in runs
    ]
    (folder / TRACES).write_text(json.dumps(traces))


def read_traces(folder: Path) -> list[dict]:
    """Read the traces of grades of a round's exploration runs; empty without exploration."""
    path = folder / TRACES
    return json.loads(path.read_text()) if path.exists() else []


def read_frames(path: Path) -> list[Atoms]:
    """Read the frames of an extended xyz file; return an empty list if it is empty or absent."""
    return list(iread(path, index=":", format="extxyz")) if path.exists() and path.stat().st_size else []


def write_frames(path: Path, frames: list[Atoms]) -> None:
    """Write frames as extended xyz, atomically; without frames no file is written."""
    if frames:
        # ASE reads a frame cut off within its last number, or a file cut off between two frames, without an error
        with replacing(path, durable=True) as partial:
            write(partial, [_without_log(frame) for frame in frames], format="extxyz")


def append_frame(path: Path, frame: Atoms) -> None:
    """Append a frame to an extended xyz file, atomically."""
    with replacing(path, durable=True) as partial:
        if path.exists():
            shutil.copy(path, partial)
        write(partial, _without_log(frame), format="extxyz", append=True)


def _without_log(frame: Atoms) -> Atoms:
    """Return a copy without its log, whose line ends are not allowed in an extended xyz comment."""
    copy = frame.copy()
    copy.calc = frame.calc
    for name in ("log", "reason", "log_file"):
        copy.info.pop(name, None)
    return copy
