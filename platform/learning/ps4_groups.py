"""Tetrahedral groups such as PS4, which move and are cut as a whole."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list

from argyro.platform.common.ions import CENTRES, bond_cutoffs_A


def ps4_groups(atoms: Atoms) -> list[np.ndarray]:
    """Return the indices of each centre and its bonded S or Se, centre first; the nearer of two centres owns a corner.

    Args:
        atoms: any cell; the centres are P, As, Sb, Si, Ge and Sn.
    """
    symbols = np.array(atoms.get_chemical_symbols())
    centres = np.flatnonzero(np.isin(symbols, CENTRES))
    nearest: dict[int, int] = {}
    if cutoffs_A := bond_cutoffs_A(symbols):
        first, second, distance_A = neighbor_list("ijd", atoms, cutoffs_A)
        outward = np.isin(first, centres)
        for _, centre, corner in sorted(zip(distance_A[outward], first[outward], second[outward], strict=True)):
            nearest.setdefault(int(corner), int(centre))
    return [np.array([c, *sorted(s for s, owner in nearest.items() if owner == c)]) for c in centres.tolist()]
