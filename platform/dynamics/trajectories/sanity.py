"""Checks of single frames: finite coordinates and plausible densities."""

from __future__ import annotations

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.frame import Frame

SMALLEST_A3, LARGEST_A3 = 1e-9, 1e15
LOWEST_PER_A3, HIGHEST_PER_A3 = 1e-4, 1.0
LARGEST_FRACTION = 1e5  # largest number of cells crossed by an ion; beyond it cell or position is wrong


def to_fractional(positions_A: np.ndarray, cell_A: np.ndarray, where: str) -> np.ndarray:
    """Return positions in units of the cell; values that are not finite stay so for a later check.

    Args:
        positions_A: (atoms, 3) Cartesian positions.
        cell_A: rows are the cell vectors.
        where: file and frame for the message.

    Raises:
        InputError: the cell has no volume, or a component is not a number.
    """
    if not np.isfinite(cell_A).all() or not SMALLEST_A3 < abs(float(np.linalg.det(cell_A))) < LARGEST_A3:
        raise InputError(f"{where}: the cell has no volume or a component that is not a number; correct the cell")
    with np.errstate(all="ignore"):
        return positions_A @ np.linalg.inv(cell_A)


def require_sane(frame: Frame, label: str) -> None:
    """Refuse a frame with a coordinate that is not a number, or with the density of no solid.

    Args:
        frame: any frame.
        label: name of the frame in the message.

    Raises:
        InputError: as said.
    """
    cell, positions = frame.cell_A, frame.fractional
    if not np.isfinite(cell).all():
        raise InputError(f"{label}: a component of the cell is not a number")
    largest = float(np.abs(positions).max(initial=0.0))  # NaN if one of them is NaN
    if not np.isfinite(largest):
        atom = int(np.flatnonzero(~np.isfinite(positions).all(axis=1))[0]) + 1
        raise InputError(f"{label}: a coordinate of atom {atom} is not a number")
    volume_A3 = abs(float(np.linalg.det(cell)))
    density = len(frame.species) / max(volume_A3, 1e-300)
    if not LOWEST_PER_A3 <= density <= HIGHEST_PER_A3:
        raise InputError(
            f"{label}: {len(frame.species)} atoms in {volume_A3:.4g} Å3 are {density:.2g} per Å3, not a solid;"
            " check the cell and its scale or unit (Å)"
        )
    if largest > LARGEST_FRACTION:
        raise InputError(f"{label}: a coordinate is more than {LARGEST_FRACTION:.0f} cells away")
