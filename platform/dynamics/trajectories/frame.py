"""The types that every reader of trajectories returns and takes."""

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
    """All atoms at one time.

    Args:
        fractional: (atoms, 3) positions in units of the cell vectors, wrapped or not.
        cell_A: (3, 3) rows are the cell vectors.
        species: element of each atom.
        step: number that the file gives the frame, None if it gives none.
        wrapped: whether the positions are folded into the cell; None if the format does not say.
        time: time that the file gives the frame, None if it gives none.
        time_unit_fs: unit of `time` in fs; None if the file does not say.
        temperature_K: temperature that the file states, None if it states none.
        md_interval_fs: time between frames that the input parameters in the file suggest, None without them.
        line: line of the file at which the frame begins, 0 for binary files.
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
    """A frame that a killed run left incomplete.

    Args:
        line: where the frame stops.
        reason: one phrase.
        fractional: (atoms, 3) leading atoms that are complete, in the order of the file; empty if unknown.
        at_end: whether the file ends here.
    """

    line: int
    reason: str
    fractional: np.ndarray
    at_end: bool


Frames = Iterator["Frame | TornFrame"]


@dataclass(frozen=True)
class ReadOptions:
    """Facts that a file may lack.

    Args:
        elements: element of each type, for files with numbers in place of names.
        cell_A: (3, 3) cell, for files without one.
        topology: structure file with the elements in order, for DCD.
    """

    elements: tuple[str, ...] = ()
    cell_A: np.ndarray | None = None
    topology: Path | None = None
