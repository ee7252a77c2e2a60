"""Joins the files of a run into one unwrapped trajectory, and refuses files that do not belong together."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.readers import Frame, read_frames
from argyro.platform.dynamics.trajectories.trajectory import Trajectory, release_pages
from argyro.platform.dynamics.trajectories.unwrap import Unwrapper

MIN_FRAMES = 50


def read_trajectories(paths: Sequence[Path], frame_interval_fs: float, species: str = "Li") -> Trajectory:
    """Read consecutive pieces of one run as one trajectory.

    Wrapped positions are unwrapped; the result refers to the mean cell. A first frame that repeats the last one of the
    piece before is dropped. Frames pass through one at a time; the mobile atoms are kept in a temporary file.

    Args:
        paths: XDATCAR(.gz), extended xyz or LAMMPS dumps in order of time.
        frame_interval_fs: time between frames.
        species: the mobile element.

    Raises:
        InputError: fewer than 50 frames, none of the species, changed atoms or order, a gap, a missing frame, or
            wrapped and unwrapped positions mixed.
    """
    if not paths:
        raise InputError("no trajectory was given", accepted="one or more files in order of time")
    cells, framework, unwrapper = [], [], Unwrapper(species)
    with tempfile.TemporaryFile() as stream:
        for frame, path, begins_piece in _frames([Path(path) for path in paths], species):
            mobile, centre = unwrapper.add(frame, str(path), begins_piece)
            stream.write(mobile.astype(np.float32).tobytes())
            framework.append(centre)
            cells.append(frame.cell_A)
        if len(framework) < MIN_FRAMES:
            raise InputError(
                f"{len(framework)} frames are too few to see diffusion; give at least {MIN_FRAMES}",
                given=len(framework),
                accepted=f">= {MIN_FRAMES} frames",
            )
        unwrapper.check()
        cell, counts = np.mean(cells, axis=0), dict(Counter(frame.species))
        positions = _scaled(stream, (len(framework), counts[species], 3), cell)
    times_ps = np.arange(len(framework)) * frame_interval_fs / 1000.0
    return Trajectory(positions, np.array(framework) @ cell, times_ps, cell, counts, species)


def _scaled(stream: BinaryIO, shape: tuple[int, int, int], cell: np.ndarray) -> np.ndarray:
    """Map the file of fractional positions, turned into Å in place."""
    stream.flush()
    positions = np.memmap(stream, dtype=np.float32, mode="r+", shape=shape)
    for start in range(0, shape[0], 64):
        positions[start : start + 64] = positions[start : start + 64].astype(float) @ cell
        release_pages(positions)
    return positions


@dataclass
class _Piece:
    """What has been read of one file, as far as the next frame must fit it."""

    path: Path
    last: Frame
    interval: int | None

    def take(self, frame: Frame) -> None:
        """Check that a frame continues the file."""
        if frame.species != self.last.species:
            raise InputError(f"{self.path} changes its atoms or their order within", path=str(self.path))
        if frame.step is not None and self.last.step is not None:
            step = frame.step - self.last.step
            self.interval = self.interval or step
            if step != self.interval:
                raise InputError(
                    f"{self.path} lacks a time step: frame {self.last.step} is followed by {frame.step}, those before"
                    f" lie {self.interval} apart; write the missing frame or cut the file there",
                    path=str(self.path),
                )
        self.last = frame


def _frames(paths: list[Path], species: str) -> Iterator[tuple[Frame, Path, bool]]:
    """Yield (frame, file, whether it is the first of a later file), each file checked against the one before."""
    earlier: _Piece | None = None
    for path in paths:
        frames = read_frames(path)
        first = next(frames, None)
        if first is None:
            raise InputError(f"{path} holds no frame", path=str(path))
        _require_species(first, species, path)
        if earlier is not None:
            _require_same_atoms(earlier, first, path)
            _require_no_gap(earlier, first, path)
        if earlier is None or not np.allclose(first.fractional, earlier.last.fractional, atol=1e-6):
            yield first, path, earlier is not None
        # where one file ends and the next goes on counting, frames lie as far apart as before
        goes_on = (
            earlier is not None and None not in (first.step, earlier.last.step) and first.step >= earlier.last.step
        )
        piece = _Piece(path, first, earlier.interval if earlier is not None and goes_on else None)
        for frame in frames:
            piece.take(frame)
            yield frame, path, False
        earlier = piece


def _require_species(frame: Frame, species: str, path: Path) -> None:
    if species not in frame.species:
        found = ", ".join(sorted(set(frame.species)))
        raise InputError(f"{path} holds no {species}", path=str(path), given=species, accepted=found)


def _require_same_atoms(earlier: _Piece, frame: Frame, path: Path) -> None:
    if Counter(frame.species) != Counter(earlier.last.species):
        raise InputError(f"{path} holds other atoms than {earlier.path}; they are no pieces of one run", path=str(path))
    if frame.species != earlier.last.species:
        raise InputError(f"{path} lists its atoms in another order than {earlier.path}; sort by id", path=str(path))


def _require_no_gap(earlier: _Piece, frame: Frame, path: Path) -> None:
    """Frame numbers that go on must go on without a gap; numbers that start afresh (VASP) say nothing."""
    interval, last = earlier.interval, earlier.last.step
    if interval is None or last is None or frame.step is None or frame.step < last:
        return
    missing = frame.step - last
    if missing not in (0, interval):
        raise InputError(
            f"{path} starts at step {frame.step}, {missing} after the end of {earlier.path}, but frames lie {interval}"
            " apart; give the piece between them or analyse them separately",
            path=str(path),
        )
