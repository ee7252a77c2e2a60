"""Reader of ASE .traj files, frame by frame, by ASE's own reader."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import open_bytes
from argyro.platform.dynamics.trajectories.formats.xyz import no_cell
from argyro.platform.dynamics.trajectories.frame import Frame, Frames, ReadOptions
from argyro.platform.dynamics.trajectories.sanity import to_fractional

ULM = b"- of Ulm"


def read_ase_trajectory(path: Path, options: ReadOptions) -> Frames:
    """Yield the frames with `time` and `step` from their info.

    Raises:
        InputError: ASE cannot read the file, or the file has no cell.
    """
    from ase.io.trajectory import TrajectoryReader

    with _plain_file(path) as plain, plain.open("rb") as stream:
        yield from _frames(TrajectoryReader(stream), path, options)


def _frames(reader: Any, path: Path, options: ReadOptions) -> Frames:
    for number in range(len(reader)):
        try:
            atoms = reader[number]
        except Exception as error:  # ASE's layers raise many kinds of errors
            raise InputError(f"{path}, frame {number}: ASE cannot read the frame: {error}") from error
        cell = atoms.cell.array if options.cell_A is None else options.cell_A
        if abs(float(np.linalg.det(cell))) < 1e-6:
            raise no_cell(path)
        step, time = atoms.info.get("step"), atoms.info.get("time")
        yield Frame(
            to_fractional(atoms.positions, cell, f"{path}, frame {number}"),
            np.array(cell),
            tuple(atoms.symbols),
            int(step) if isinstance(step, (int, np.integer)) else None,
            time=float(time) if isinstance(time, (int, float)) else None,
        )


@contextmanager
def _plain_file(path: Path) -> Iterator[Path]:
    """Yield the file or an unpacked copy, because ASE reads with random access."""
    with path.open("rb") as raw:
        if ULM in raw.read(16):
            yield path
            return
    with tempfile.NamedTemporaryFile(suffix=".traj") as copy, open_bytes(path) as stream:
        shutil.copyfileobj(stream, copy)
        copy.flush()
        yield Path(copy.name)
