"""Refuses single frames that no crystal has: coordinates that are no numbers, impossible densities."""

from __future__ import annotations

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.frame import Frame

SMALLEST_A3, LARGEST_A3 = 1e-9, 1e15
LOWEST_PER_A3, HIGHEST_PER_A3 = 1e-4, 1.0
LARGEST_FRACTION = 1e5  # cells that an ion may have crossed; beyond it the cell or the position is wrong


def to_fractional(positions_A: np.ndarray, cell_A: np.ndarray, where: str) -> np.ndarray:
    """Return positions in units of the cell; what is not finite stays so, and is refused with its frame later.

    Args:
        positions_A: (atoms, 3) Cartesian positions.
        cell_A: rows are the cell vectors.
        where: names the place in the message.

    Raises:
        InputError: a cell without volume, or with something that is not a number.
    """
    if not np.isfinite(cell_A).all() or not SMALLEST_A3 < abs(float(np.linalg.det(cell_A))) < LARGEST_A3:
        raise InputError(f"{where}: the cell has no volume, or holds something that is not a number", path=where)
    with np.errstate(all="ignore"):
        return positions_A @ np.linalg.inv(cell_A)


def require_sane(frame: Frame, label: str) -> None:
    """Refuse a frame with a coordinate that is no number, or with a cell that no solid has.

    Args:
        frame: any frame.
        label: its name in the message.

    Raises:
        InputError: as said.
    """
    cell, positions = frame.cell_A, frame.fractional
    if not np.isfinite(cell).all():
        raise InputError(f"{label}: the cell holds something that is not a number", path=label)
    largest = float(np.abs(positions).max(initial=0.0))  # not a number if one of them is none
    if not np.isfinite(largest):
        atom = int(np.flatnonzero(~np.isfinite(positions).all(axis=1))[0]) + 1
        raise InputError(f"{label}: a coordinate of atom {atom} is not a number", path=label)
    volume_A3 = abs(float(np.linalg.det(cell)))
    density = len(frame.species) / max(volume_A3, 1e-300)
    if not LOWEST_PER_A3 <= density <= HIGHEST_PER_A3:
        raise InputError(
            f"{label}: {len(frame.species)} atoms in {volume_A3:.4g} Å3 are {density:.2g} per Å3, no solid; check the"
            " cell and its scale or unit (Å)",
            path=label,
            given=density,
            accepted=f"{LOWEST_PER_A3} to {HIGHEST_PER_A3} atoms per Å3",
        )
    if largest > LARGEST_FRACTION:
        raise InputError(f"{label}: a coordinate lies more than {LARGEST_FRACTION:.0f} cells away", path=label)
