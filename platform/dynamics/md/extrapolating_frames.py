"""Frames that the pair style dumps above an extrapolation grade, kept over the pieces of an interrupted run."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

from argyro.platform.execution.atomic_files import write_text

EXTRAPOLATING = "extrapolating.extxyz"
EARLIER = "earlier_"  # prefix of the file with the frames of earlier pieces


def dumped_frames(path: Path, atoms: int) -> list[str]:
    """Read the complete frames of a dump and of the pieces before it, each as the text of an extended xyz frame.

    Args:
        path: the dump, which may be absent.
        atoms: number of atoms of a frame.
    """
    frames = [frame for file in (_earlier(path), path) if file.exists() for frame in _whole_frames(file, atoms)]
    return list(dict.fromkeys(frames))  # a resumed run repeats the frame of its first step


def keep_dumped_frames(path: Path, atoms: int, first_step: int | None) -> None:
    """Keep the frames up to the first step of the next piece: LAMMPS begins the dump anew.

    Args:
        path: the dump, which may be absent.
        atoms: number of atoms of a frame.
        first_step: step of the restart file; None for the first piece of a stage, which has no earlier frames.
    """
    kept = [frame for frame in dumped_frames(path, atoms) if first_step is not None and _step(frame) <= first_step]
    if kept or _earlier(path).exists():
        write_text(_earlier(path), "".join(kept))
    path.unlink(missing_ok=True)


def _earlier(path: Path) -> Path:
    return path.with_name(EARLIER + path.name)


def _step(frame: str) -> int:
    found = re.search(r"\bstep=(\d+)", frame.split("\n", 2)[1])
    assert found is not None  # the pair style writes it
    return int(found[1])


def _whole_frames(path: Path, atoms: int) -> list[str]:
    """Split a dump into its complete frames, up to the first with lost atoms."""
    lines = path.read_text().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):  # the run was stopped while it wrote
        lines.pop()
    starts = range(0, len(lines) - atoms - 1, atoms + 2)
    whole = takewhile(lambda start: lines[start].strip() == str(atoms), starts)
    return ["".join(lines[start : start + atoms + 2]) for start in whole]
