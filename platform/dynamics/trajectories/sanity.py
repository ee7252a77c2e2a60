"""Refuses single frames that no crystal has: coordinates that are no numbers, impossible densities."""

from __future__ import annotations

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.frame import Frame

LOWEST_PER_A3, HIGHEST_PER_A3 = 1e-4, 1.0
LARGEST_FRACTION = 1e5  # cells that an ion may have crossed; beyond it the cell or the position is wrong


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
    if not np.isfinite(positions).all():
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
    if float(np.abs(positions).max(initial=0.0)) > LARGEST_FRACTION:
        raise InputError(f"{label}: a coordinate lies more than {LARGEST_FRACTION:.0f} cells away", path=label)
