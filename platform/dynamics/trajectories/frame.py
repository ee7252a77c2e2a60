"""Types that all readers of trajectories take and return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FORMATS = (
    "XDATCAR, vasprun.xml and OUTCAR of VASP; text dumps of LAMMPS; extended xyz; ASE .traj; CP2K -pos-1.xyz with"
    " --cell or its .cell file; DCD with --topology; each also as .gz, .bz2, .xz or .zst"
)


@dataclass(frozen=True)
class Frame:
    """A frame: all atoms at one time.

    Args:
        fractional: (atoms, 3) positions in units of the cell vectors, wrapped or not.
        cell_A: (3, 3) rows are the cell vectors.
        species: element of each atom.
        step: number of the frame in the file, None without one.
        wrapped: whether the positions are folded into the cell; None if the format does not state it.
        time: time of the frame in the file, None without one.
        time_unit_fs: unit of `time` in fs; None if the file does not state it.
        temperature_K: temperature in the file, None without one.
        md_interval_fs: time between frames from the input parameters in the file, None without them.
        line: first line of the frame in the file, 0 for binary files.
    """

    fractional: np.ndarray
    cell_A: np.ndarray
    species: tuple[str, ...]
    step: int | None = None
    wrapped: bool | None = None
    time: float | None = None
    time_unit_fs: float | None = None
    temperature_K: float | None = None
    md_interval_fs: float | None = None
    line: int = 0


@dataclass(frozen=True)
class TornFrame:
    """An incomplete frame left by a killed run.

    Args:
        line: line at which the frame is cut off.
        reason: short description of the missing part.
        fractional: (atoms, 3) complete leading atoms, in the order of the file; empty if unknown.
        at_end: whether the file ends here.
    """

    line: int
    reason: str
    fractional: np.ndarray
    at_end: bool


Frames = Iterator["Frame | TornFrame"]


@dataclass(frozen=True)
class ReadOptions:
    """Options that give facts missing from a file.

    Args:
        elements: element of each type, for files with type numbers.
        cell_A: (3, 3) cell, for files without one.
        topology: structure file that gives the elements in order, for DCD.
    """

    elements: tuple[str, ...] = ()
    cell_A: np.ndarray | None = None
    topology: Path | None = None
