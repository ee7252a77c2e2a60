"""PS4 groups: what moves and is cut as one."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list

from argyro.platform.labels.sanity import P_S_BOND_A


def ps4_groups(atoms: Atoms) -> list[np.ndarray]:
    """Find the indices of every P with the S bonded to it, the P first."""
    centre, other = neighbor_list("ij", atoms, {("P", "S"): P_S_BOND_A})
    phosphorus = [atom.index for atom in atoms if atom.symbol == "P"]
    return [np.concatenate([[p], other[centre == p]]) for p in phosphorus]
