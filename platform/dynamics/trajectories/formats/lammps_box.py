"""Boxes and length units of LAMMPS dumps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError

LENGTH_A = {"real": 1.0, "metal": 1.0, "electron": 0.529177210903, "nano": 10.0, "micro": 1e4, "cgs": 1e8, "si": 1e10}
TIME_FS = {"real": 1.0, "metal": 1e3, "electron": 1.0, "nano": 1e6, "micro": 1e9, "cgs": 1e15, "si": 1e15}
ORTHOGONAL, TRICLINIC, GENERAL = 2, 3, 4  # count of numbers in a line of the box


def require_units(name: str, path: Path) -> str:
    """Return the name of a unit style with a known length.

    Raises:
        InputError: the style is lj or unknown.
    """
    if name not in LENGTH_A:
        raise InputError(f"{path} has units '{name}' of unknown length in Å; write it in one of {', '.join(LENGTH_A)}")
    return name


def read_box(words: Sequence[str], rows: Sequence[Sequence[float]], where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the origin (3,) and the cell (3, 3) of a box.

    Args:
        words: words after `ITEM: BOX BOUNDS`.
        rows: numbers of the next three lines.
        where: file and line for messages.

    Raises:
        InputError: the box has no form that LAMMPS writes.
    """
    boundaries = [word for word in words if len(word) == 2 and set(word) <= set("pfsm")]
    form = tuple(word for word in words if word not in boundaries)
    width = {(): ORTHOGONAL, ("xy", "xz", "yz"): TRICLINIC, ("abc", "origin"): GENERAL}.get(form)
    if width is None or {len(row) for row in rows} != {width}:
        raise InputError(
            f"{where}: the box 'BOX BOUNDS {' '.join(words)}' with {[len(row) for row in rows]} numbers per line is not"
            " one that LAMMPS writes: use orthogonal, 'xy xz yz' or 'abc origin'"
        )
    values = np.array(rows, dtype=float)
    if width == GENERAL:
        return values[:, 3], values[:, :3]
    return _from_bounds(values[:, 0], values[:, 1], values[:, 2] if width == TRICLINIC else np.zeros(3))


def _from_bounds(low: np.ndarray, high: np.ndarray, tilt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the box without the tilt that LAMMPS adds to its bounds."""
    xy, xz, yz = tilt
    low = low - [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high = high - [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    x, y, z = high - low
    return low, np.array([[x, 0.0, 0.0], [xy, y, 0.0], [xz, yz, z]])
