"""Neighbour list under periodic boundary conditions."""

from __future__ import annotations

import numpy as np
from ase import Atoms


def periodic_edges(atoms: Atoms, cutoff_A: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find ordered pairs (i, j) and their distances over all periodic images; cells may be smaller than the cutoff.

    Args:
        atoms: n atoms.
        cutoff_A: largest distance.

    Returns:
        i, j and the distance in Å, each (edges,).
    """
    from matscipy.neighbours import neighbour_list

    return neighbour_list("ijd", atoms, float(cutoff_A))
