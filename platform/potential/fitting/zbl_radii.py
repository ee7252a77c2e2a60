"""Outer radii of the short-range repulsion, below the shortest distances of the training frames."""

from __future__ import annotations

import numpy as np
from ase.data import atomic_numbers, covalent_radii

from argyro.platform.potential.mtp.model import MTP

UNSEEN_FRACTION = 0.7  # radius over the sum of covalent radii, for pairs absent within the cutoff


def repulsion_radii(shortest_A: np.ndarray, mtp: MTP) -> np.ndarray:
    """Return the outer radii of the ZBL repulsion, so that it vanishes on every training frame.

    Args:
        shortest_A: (species, species) shortest distance in the training frames, infinite for absent pairs.
        mtp: potential that gives the species.
    """
    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in mtp.species])
    unseen = UNSEEN_FRACTION * (radii[:, None] + radii[None, :])
    return np.where(np.isfinite(shortest_A), shortest_A, unseen)
