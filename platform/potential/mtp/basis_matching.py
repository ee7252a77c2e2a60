"""Matching of the basis functions of two potentials with tables in different order."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError

_TOLERANCE = 1e-8  # relative; different functions differ by much more


def match_basis(wanted: np.ndarray, offered: np.ndarray, level: int) -> np.ndarray:
    """Return the index of every wanted basis function among the offered ones.

    Args:
        wanted: (atoms, functions) values of the functions on `probe_cluster`.
        offered: (atoms, functions) values of the other potential's functions on the same cluster.
        level: level of the other potential, for the message.

    Raises:
        InputError: a wanted function is not offered.
    """
    scale = np.abs(offered).max(axis=0)
    places = []
    for values in wanted.T:
        distance = (np.abs(offered - values[:, None]) / scale).max(axis=0)
        places.append(int(distance.argmin()))
        if distance[places[-1]] > _TOLERANCE:
            raise InputError(
                f"basis function {len(places) - 1} is not part of the standard basis of level {level}; "
                "evaluate this potential without conversion"
            )
    return np.array(places)


def probe_cluster(species: tuple[str, ...], cutoff_A: float) -> Atoms:
    """Return ten atoms: one at the origin, the others in random directions within the cutoff."""
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(9, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    distances = cutoff_A * np.linspace(0.35, 0.75, 9)
    symbols = [species[i % len(species)] for i in range(10)]
    return Atoms(symbols, positions=np.vstack([np.zeros(3), directions * distances[:, None]]))
