"""Set where the short-range repulsion begins: below the shortest distances of the training frames."""

from __future__ import annotations

import numpy as np
from ase.data import atomic_numbers, covalent_radii

from argyro.platform.potential.mtp.model import MTP

UNSEEN_FRACTION = 0.7  # of the covalent radii's sum, for pairs never seen within the cutoff


def repulsion_radii(shortest_A: np.ndarray, mtp: MTP) -> np.ndarray:
    """Return the outer radii of the ZBL repulsion, so that it vanishes on every training frame.

    Args:
        shortest_A: (species, species) shortest distance in the training frames, infinite where there is none.
        mtp: names the species.
    """
    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in mtp.species])
    unseen = UNSEEN_FRACTION * (radii[:, None] + radii[None, :])
    return np.where(np.isfinite(shortest_A), shortest_A, unseen)
