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
    if atoms.pbc.all() and atoms.cell.orthorhombic and np.all(atoms.cell.lengths() > 2 * cutoff_A):
        return _nearest_images(atoms, cutoff_A)
    from matscipy.neighbours import neighbour_list

    return neighbour_list("ijd", atoms, float(cutoff_A))


def _nearest_images(atoms: Atoms, cutoff_A: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the edges in an orthorhombic cell wider than two cutoffs, where only nearest images count."""
    from scipy.spatial import cKDTree

    box_A = atoms.cell.lengths()
    inside = np.minimum(atoms.positions % box_A, np.nextafter(box_A, 0))  # rounding may give the length itself
    i, j = cKDTree(inside, boxsize=box_A).query_pairs(cutoff_A, output_type="ndarray").T
    vectors = inside[i] - inside[j]
    vectors -= box_A * np.round(vectors / box_A)
    distances_A = np.sqrt(np.einsum("ec,ec->e", vectors, vectors))
    return np.concatenate([i, j]), np.concatenate([j, i]), np.tile(distances_A, 2)
