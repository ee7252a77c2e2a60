"""PS4 groups, which move and are cut as a whole."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list

from argyro.platform.labels.frame_filters import P_S_BOND_A


def ps4_groups(atoms: Atoms) -> list[np.ndarray]:
    """Return the indices of each P and its bonded S, P first; an S between two P belongs to the nearer."""
    centre, other, distance_A = neighbor_list("ijd", atoms, {("P", "S"): P_S_BOND_A})
    bonds = sorted((d, p, s) for d, p, s in zip(distance_A, centre, other, strict=True) if atoms.symbols[p] == "P")
    nearest: dict[int, int] = {}
    for _, p, s in bonds:
        nearest.setdefault(int(s), int(p))
    phosphorus = [atom.index for atom in atoms if atom.symbol == "P"]
    return [np.array([p, *sorted(s for s, owner in nearest.items() if owner == p)]) for p in phosphorus]
