"""Which basis function of one potential is which of another, whatever the order of their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP

_TOLERANCE = 1e-8  # relative; different functions differ in the first digits


def match_basis(source: MTP, target: MTP) -> np.ndarray:
    """For every basis function of the source its place in the target, found by evaluating both on the same random
    cluster.

    Args:
        source: any potential.
        target: one with the same species and, as far as the source has them, the same radial functions.

    Raises:
        InputError: a function of the source is missing in the target.
    """
    cluster = _random_cluster(source)
    wanted, offered = source.basis(cluster), target.basis(cluster)
    scale = np.abs(offered).max(axis=0)
    places = []
    for values in wanted.T:
        distance = (np.abs(offered - values[:, None]) / scale).max(axis=0)
        places.append(int(distance.argmin()))
        if distance[places[-1]] > _TOLERANCE:
            raise InputError(
                f"basis function {len(places) - 1} is not part of the standard basis of level {target.level}; "
                "such a potential can be evaluated, not converted",
                path="level",
            )
    return np.array(places)


def _random_cluster(mtp: MTP) -> Atoms:
    """Ten atoms: one in the origin, the others in random directions well within the cutoff."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(9, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    distances = mtp.cutoff_A * np.linspace(0.35, 0.75, 9)
    symbols = [mtp.species[i % len(mtp.species)] for i in range(10)]
    return Atoms(symbols, positions=np.vstack([np.zeros(3), directions * distances[:, None]]))
