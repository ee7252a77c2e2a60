"""Joins the files of a run into one unwrapped trajectory, and refuses files that do not belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from argyro.platform.dynamics.frames import Frame, read_frames
from argyro.platform.dynamics.trajectory import Trajectory
from argyro.platform.errors import InputError

MIN_FRAMES = 50
OUTSIDE_A = 1.5  # LAMMPS wraps lazily: atoms of a wrapped trajectory leave the cell by up to half the skin
FRAMEWORK_STEP_A = 1.5  # a bound atom that moves further from one frame to the next has changed its identity


def read_trajectories(paths: Sequence[Path], frame_interval_fs: float, species: str = "Li") -> Trajectory:
    """Read consecutive pieces of one run as one trajectory.

    Wrapped positions are unwrapped by the nearest image, in fractional coordinates, so that a fluctuating cell does no
    harm; the result refers to the mean cell. A first frame that repeats the last one of the piece before is dropped.

    Args:
        paths: XDATCAR(.gz), extended xyz or LAMMPS dumps in order of time.
        frame_interval_fs: time between frames.
        species: the mobile element.

    Raises:
        InputError: fewer than 50 frames, none of the species, changed atoms or order, a gap, a missing frame, or
            wrapped and unwrapped positions mixed.
    """
    pieces = [_read_piece(Path(path), species) for path in paths]
    if not pieces:
        raise InputError("no trajectory was given", accepted="one or more files in order of time")
    first = pieces[0]
    for earlier, piece in pairwise(pieces):
        _require_same_atoms(first, piece)
        _require_no_gap(earlier, piece)
    fractional = np.concatenate([p.fractional if i == 0 else p.after(pieces[i - 1]) for i, p in enumerate(pieces)])
    labels = [str(p.path) for p in pieces for _ in range(len(p.fractional))]
    if len(fractional) < MIN_FRAMES:
        raise InputError(
            f"{len(fractional)} frames are too few to see diffusion; give at least {MIN_FRAMES}",
            given=len(fractional),
            accepted=f">= {MIN_FRAMES} frames",
        )
    cell = np.mean([p.mean_cell_A for p in pieces], axis=0)
    unwrapped = _unwrap(fractional, cell, labels)
    mobile = np.array(first.species) == species
    _require_bound_framework(unwrapped[:, ~mobile], cell, labels)
    return Trajectory(
        positions_A=unwrapped[:, mobile] @ cell,
        framework_A=(unwrapped[:, ~mobile].mean(axis=1) if not mobile.all() else unwrapped.mean(axis=1)) @ cell,
        times_ps=np.arange(len(unwrapped)) * frame_interval_fs / 1000.0,
        cell_A=cell,
        counts=dict(Counter(first.species)),
        species=species,
    )


class _Piece:
    """One file: positions as read, and what is needed to check it against its neighbours."""

    def __init__(self, path: Path, frames: Iterable[Frame]):
        self.path, self.steps, positions, cells = path, [], [], []
        self.species: tuple[str, ...] = ()
        for frame in frames:
            if self.species and frame.species != self.species:
                raise InputError(f"{path} changes its atoms or their order at frame {len(positions)}", path=str(path))
            self.species = frame.species
            positions.append(frame.fractional)
            cells.append(frame.cell_A)
            self.steps.append(frame.step)
        if not positions:
            raise InputError(f"{path} holds no frame", path=str(path))
        self.fractional, self.mean_cell_A = np.array(positions), np.mean(cells, axis=0)

    @property
    def step_interval(self) -> int | None:
        """The usual distance of frame numbers, None where the file does not number its frames."""
        if None in self.steps or len(self.steps) < 2:
            return None
        return int(np.median(np.diff(self.steps)))

    def after(self, earlier: _Piece) -> np.ndarray:
        """Positions without a first frame that repeats the last one of the earlier piece."""
        return (
            self.fractional[1:]
            if np.allclose(self.fractional[0], earlier.fractional[-1], atol=1e-6)
            else self.fractional
        )


def _read_piece(path: Path, species: str) -> _Piece:
    piece = _Piece(path, read_frames(path))
    if species not in piece.species:
        found = ", ".join(sorted(set(piece.species)))
        raise InputError(f"{path} holds no {species}", path=str(path), given=species, accepted=found)
    interval = piece.step_interval
    if interval is not None:
        jumps = np.flatnonzero(np.diff(piece.steps) != interval)
        if len(jumps):
            at = piece.steps[jumps[0]]
            raise InputError(
                f"{path} lacks a time step: frame {at} is followed by {piece.steps[jumps[0] + 1]}, the others lie"
                f" {interval} apart; write the missing frame or cut the file there",
                path=str(path),
            )
    return piece


def _require_same_atoms(first: _Piece, piece: _Piece) -> None:
    if Counter(piece.species) != Counter(first.species):
        raise InputError(f"{piece.path} holds other atoms than {first.path}; they are no pieces of one run")
    if piece.species != first.species:
        raise InputError(
            f"{piece.path} lists its atoms in another order than {first.path}; sort them alike, by id",
            path=str(piece.path),
        )


def _require_no_gap(earlier: _Piece, piece: _Piece) -> None:
    """Frame numbers that go on must go on without a gap; numbers that start afresh (VASP) say nothing."""
    interval = piece.step_interval or earlier.step_interval
    if interval is None or piece.steps[0] is None or piece.steps[0] < earlier.steps[-1]:
        return
    missing = piece.steps[0] - earlier.steps[-1]
    if missing not in (0, interval):
        raise InputError(
            f"{piece.path} starts at step {piece.steps[0]}, {missing} after the end of {earlier.path}, but frames lie"
            f" {interval} apart; give the piece between them or analyse them separately",
            path=str(piece.path),
        )


def _unwrap(fractional: np.ndarray, cell: np.ndarray, labels: list[str]) -> np.ndarray:
    """Follow the nearest image from frame to frame; positions that leave the cell for good are unwrapped already."""
    steps = np.diff(fractional, axis=0)
    images = np.round(steps)
    edges_A = np.linalg.norm(cell, axis=1)
    outside_A = np.maximum(-fractional, fractional - 1.0).max(axis=(0, 1)) * edges_A
    if outside_A.max() > OUTSIDE_A and images.any():
        frame = int(np.flatnonzero(images.any(axis=(1, 2)))[0]) + 1
        raise InputError(
            f"wrapped and unwrapped positions are mixed: atoms leave the cell by {outside_A.max():.1f} Å yet jump by"
            f" a cell edge at frame {frame} ({labels[min(frame, len(labels) - 1)]}); write all pieces in one way",
        )
    if not images.any():
        return fractional
    return fractional - np.concatenate([np.zeros_like(images[:1]), np.cumsum(images, axis=0)])


def _require_bound_framework(unwrapped: np.ndarray, cell: np.ndarray, labels: list[str]) -> None:
    """Bound atoms only vibrate; one that jumps means exchanged atoms or frames left out."""
    if unwrapped.shape[1] == 0:
        return
    steps_A = np.linalg.norm(np.diff(unwrapped, axis=0) @ cell, axis=2)
    usual, largest = np.median(steps_A), steps_A.max(axis=1)
    frame = int(np.argmax(largest))
    if largest[frame] > max(FRAMEWORK_STEP_A, 6 * usual):
        raise InputError(
            f"a framework atom jumps by {largest[frame]:.1f} Å between frames {frame} and {frame + 1}"
            f" ({labels[min(frame + 1, len(labels) - 1)]}): the order of atoms changes there, or frames are missing",
        )
