"""Trajectory of unwrapped mobile ions with a framework reference, in memory and as a compact file.

A file has one line of JSON (counts, cell, interval) and one record of fixed size per frame: frame number (4 bytes),
framework centre (12 bytes), positions in single precision (12 bytes per ion). Records are only appended, so a killed
run leaves a readable file. Readers ignore an incomplete last record; writers remove it.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from argyro.platform.common.errors import InputError

MAGIC = "argyro-trajectory-1"
RELEASE_EVERY = 1024  # ions between two releases; with fewer, paging takes longer than the arithmetic


@dataclass(frozen=True)
class Note:
    """A remark on a trajectory for the user.

    Args:
        code: short name, for instance "no_framework".
        message: one sentence.
    """

    code: str
    message: str


@dataclass(frozen=True)
class Trajectory:
    """The unwrapped positions of one species and the centre of the framework.

    Args:
        positions_A: (frames, ions, 3) unwrapped positions in Å, possibly a memory map.
        framework_A: (frames, 3) unwrapped centre of the other atoms, which removes the drift of the cell.
        times_ps: (frames,) equidistant times.
        cell_A: (3, 3) rows are the cell vectors, of the mean cell if it fluctuates.
        counts: number of atoms of each element in the cell.
        species: mobile element.
        notes: remarks of the reader; a compact file does not keep them.
    """

    positions_A: np.ndarray
    framework_A: np.ndarray
    times_ps: np.ndarray
    cell_A: np.ndarray
    counts: dict[str, int]
    species: str = "Li"
    notes: tuple[Note, ...] = ()

    @property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.times_ps)

    @property
    def ions(self) -> int:
        """The number of mobile ions."""
        return self.positions_A.shape[1]

    @property
    def interval_ps(self) -> float:
        """The time between frames."""
        return float(self.times_ps[-1] - self.times_ps[0]) / (self.frames - 1)

    @property
    def duration_ps(self) -> float:
        """The time from the first frame to the last."""
        return float(self.times_ps[-1] - self.times_ps[0])

    @property
    def ions_per_A3(self) -> float:
        """The number density of the mobile ions."""
        return self.ions / abs(float(np.linalg.det(self.cell_A)))

    def relative_A(self, ions: slice = slice(None), frames: slice = slice(None)) -> np.ndarray:
        """Return (frames, ions, 3) positions relative to the framework in double precision."""
        positions = np.asarray(self.positions_A[frames, ions], dtype=float)
        return positions - self.framework_A[frames, None, :]

    def blocks(self, ions_at_once: int) -> Iterator[np.ndarray]:
        """Yield (frames, ions, 3) positions relative to the framework, for a few ions at a time.

        The pages of a mapped file are released repeatedly; otherwise the whole file would be in memory at the end.
        """
        held = 0
        for start in range(0, self.ions, ions_at_once):
            yield self.relative_A(slice(start, start + ions_at_once))
            held += ions_at_once
            if held >= RELEASE_EVERY:
                release_pages(self.positions_A)
                held = 0

    def part(self, start: int, stop: int) -> Trajectory:
        """Return frames start to stop - 1 as a trajectory."""
        cut = slice(start, stop)
        return replace(
            self,
            positions_A=self.positions_A[cut],
            framework_A=self.framework_A[cut],
            times_ps=self.times_ps[cut],
        )

    def select(self, ions: np.ndarray) -> Trajectory:
        """Return a trajectory of some ions; counts and cell are unchanged."""
        return replace(self, positions_A=self.positions_A[:, ions])

    def write(self, path: Path) -> None:
        """Write the compact file; an existing file is replaced."""
        path = Path(path)
        path.unlink(missing_ok=True)
        header = TrajectoryHeader(self.species, self.counts, self.cell_A, self.interval_ps, float(self.times_ps[0]))
        with TrajectoryWriter(path, header) as writer:
            for frame in range(self.frames):
                writer.append(self.framework_A[frame], self.positions_A[frame])

    @classmethod
    def read(cls, path: Path) -> Trajectory:
        """Map a compact file into memory; positions are loaded on use.

        Raises:
            InputError: the file is not a compact trajectory, or a frame is missing.
        """
        path = Path(path)
        header, offset = _read_header(path)
        record = header.record
        frames = (path.stat().st_size - offset) // record.itemsize
        if frames == 0:
            raise InputError(f"{path} contains no frame yet; continue the run")
        data = np.memmap(path, dtype=record, mode="r", offset=offset, shape=(frames,))
        numbers = data["frame"].astype(np.int64)
        if np.any(np.diff(numbers) != 1):
            lost = int(numbers[np.flatnonzero(np.diff(numbers) != 1)[0]]) + 1
            raise InputError(f"{path} lacks frame {lost}; run the molecular dynamics again")
        times = header.start_ps + numbers * header.interval_ps
        framework = data["framework"].astype(float)
        release_pages(data)
        return cls(data["ions"], framework, times, header.cell_A, dict(header.counts), header.species)


@dataclass(frozen=True)
class TrajectoryHeader:
    """The header of a compact file."""

    species: str
    counts: dict[str, int]
    cell_A: np.ndarray
    interval_ps: float
    start_ps: float = 0.0

    @property
    def record(self) -> np.dtype:
        """The record type of one frame: 16 bytes and 12 per ion, 12.7 bytes per Li and frame for a 52-atom cell."""
        ions = self.counts[self.species]
        return np.dtype([("frame", "<u4"), ("framework", "<f4", 3), ("ions", "<f4", (ions, 3))])

    def to_bytes(self) -> bytes:
        """Return the header as one line of JSON."""
        data = {
            "format": MAGIC,
            "species": self.species,
            "counts": self.counts,
            "cell_A": np.asarray(self.cell_A, dtype=float).tolist(),
            "interval_ps": self.interval_ps,
            "start_ps": self.start_ps,
        }
        return json.dumps(data).encode() + b"\n"


def release_pages(array: np.ndarray) -> None:
    """Release the memory pages of a mapped file; later access loads them again."""
    mapped = getattr(array, "_mmap", None)
    if mapped is not None:
        mapped.madvise(mmap.MADV_DONTNEED)


def is_compact(path: Path) -> bool:
    """Return whether a file is a compact trajectory of argyro."""
    if not Path(path).is_file():
        return False
    with Path(path).open("rb") as stream:
        return MAGIC.encode() in stream.read(64)


def _read_header(path: Path) -> tuple[TrajectoryHeader, int]:
    if not path.is_file():
        raise InputError(f"no trajectory at {path}; give files, for instance run*/XDATCAR")
    with path.open("rb") as stream:
        line = stream.readline(1 << 16)
    try:
        data = json.loads(line)
        if data.pop("format") != MAGIC:
            raise KeyError("format")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(
            f"{path} is not a compact trajectory of argyro; XDATCAR, extxyz and LAMMPS dumps are read by"
            " `argyro diffusion`"
        ) from error
    data["cell_A"] = np.array(data["cell_A"])
    return TrajectoryHeader(**data), len(line)


class TrajectoryWriter:
    """A writer that appends frames to a compact file; an existing file is continued.

    Every frame is passed to the operating system at once, so only a crash of the machine can lose written frames.
    """

    def __init__(self, path: Path, header: TrajectoryHeader):
        self.path = Path(path)
        if self.path.is_file():
            header, self._offset = _read_header(self.path)
        else:
            self.path.write_bytes(header.to_bytes())
            self._offset = self.path.stat().st_size
        self.header, self._record = header, header.record
        self.frames = (self.path.stat().st_size - self._offset) // self._record.itemsize
        self.keep(self.frames)
        self._stream: BinaryIO = self.path.open("ab", buffering=0)

    def keep(self, frames: int) -> None:
        """Remove all frames after the first `frames`, for instance those later than a restart file."""
        os.truncate(self.path, self._offset + frames * self._record.itemsize)
        self.frames = frames

    def append(self, framework_A: np.ndarray, positions_A: np.ndarray) -> None:
        """Add one frame: (3,) centre of the framework and (ions, 3) unwrapped positions."""
        record = np.zeros((), dtype=self._record)
        record["frame"], record["framework"], record["ions"] = self.frames, framework_A, positions_A
        self._stream.write(record.tobytes())
        self.frames += 1

    def __enter__(self) -> TrajectoryWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
