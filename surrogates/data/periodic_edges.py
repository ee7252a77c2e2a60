"""Neighbours within a cutoff under periodic boundaries."""

from __future__ import annotations

import numpy as np
from ase import Atoms


def periodic_edges(atoms: Atoms, cutoff_A: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ordered pairs (i, j) with their distance, each periodic image counted; cells smaller than the cutoff are fine.

    Args:
        atoms: n atoms.
        cutoff_A: largest distance.

    Returns:
        i, j and the distance in Å, each (edges,).
    """
    from matscipy.neighbours import neighbour_list

    return neighbour_list("ijd", atoms, float(cutoff_A))
