"""Assignment of GB classes to the boundaries of a polycrystal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.mesh.mesh import Mesh


def assign_classes(mesh: Mesh, area_fractions: Sequence[float], seed: int = 0) -> Mesh:
    """Assign GB classes to whole boundaries (pairs of grains) at random, so that each class has its area fraction.

    Args:
        mesh: mesh of the polycrystal.
        area_fractions: one positive number per class; the sum is one.
        seed: random seed of the assignment order.

    Raises:
        InputError: a fraction is not positive, or the sum is not one.
    """
    fractions = np.asarray(area_fractions, dtype=float)
    if fractions.ndim != 1 or not (fractions > 0).all() or abs(fractions.sum() - 1) > 1e-6:
        raise InputError(
            f"area fractions {list(area_fractions)} are invalid; give positive numbers that sum to 1",
            path="area_fractions",
            given=list(area_fractions),
            accepted="positive, sum 1",
        )
    pairs, boundary = np.unique(np.sort(mesh.boundary_grains, axis=1), axis=0, return_inverse=True)
    area = np.bincount(boundary.ravel(), mesh.areas)
    missing = fractions * area.sum()
    number = np.empty(len(pairs), dtype=int)
    # Thirds of decreasing area, each in random order: the small boundaries come last and correct the fractions.
    order = np.random.default_rng(seed).permutation(len(pairs))
    large_first = sorted(order, key=lambda pair: -np.searchsorted(np.quantile(area, [1 / 3, 2 / 3]), area[pair]))
    for pair in large_first:
        number[pair] = int(np.argmax(missing))
        missing[number[pair]] -= area[pair]
    return mesh.with_classes(number[boundary.ravel()])
