"""GB classes: which boundary of the polycrystal is of which type."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.mesh.mesh import Mesh


def assign_classes(mesh: Mesh, area_fractions: Sequence[float], seed: int = 0) -> Mesh:
    """Give whole boundaries (pairs of grains) GB classes at random, so that each class gets its share of the area.

    Args:
        mesh: the mesh.
        area_fractions: one per class, positive, summing to one.
        seed: of the order in which boundaries are dealt out.

    Raises:
        InputError: fractions that are not positive or do not sum to one.
    """
    fractions = np.asarray(area_fractions, dtype=float)
    if fractions.ndim != 1 or not (fractions > 0).all() or abs(fractions.sum() - 1) > 1e-6:
        raise InputError(
            f"area fractions {list(area_fractions)} are not positive numbers that sum to 1",
            path="area_fractions",
            given=list(area_fractions),
            accepted="positive, sum 1",
        )
    pairs, boundary = np.unique(np.sort(mesh.boundary_grains, axis=1), axis=0, return_inverse=True)
    area = np.bincount(boundary.ravel(), mesh.areas)
    missing = fractions * area.sum()
    number = np.empty(len(pairs), dtype=int)
    # Largest boundaries first within a random order of thirds: the last, small ones fill the shares up.
    order = np.random.default_rng(seed).permutation(len(pairs))
    large_first = sorted(order, key=lambda pair: -np.searchsorted(np.quantile(area, [1 / 3, 2 / 3]), area[pair]))
    for pair in large_first:
        number[pair] = int(np.argmax(missing))
        missing[number[pair]] -= area[pair]
    return mesh.with_classes(number[boundary.ravel()])
