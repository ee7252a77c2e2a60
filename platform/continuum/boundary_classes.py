"""Assignment of GB classes to the boundaries of a polycrystal, and the layer that stands for a mixture of classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.mesh.mesh import Mesh

# Weight of the medium around one boundary, (1/p - 1) with the share p at which fast boundaries first connect.
NETWORK = 9.0  # along: fast boundaries are in contact from p = 1/10 on
CONTACTS = 6.0  # across: a grain has 14 neighbours, p = 2/14
EFFECTIVE_MEDIUM_STEPS = 40


def mixed_layer(
    parallel: np.ndarray, perpendicular: np.ndarray, shares: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Compute D_∥ and D_⊥ of one class that conducts like a random mixture of classes.

    Effective medium: Σ_c share_c (D_c - D) / (D_c + k D) = 0, with k of the network along and of the contacts across.

    Args:
        parallel: (classes, ...) diffusivities along.
        perpendicular: (classes, ...) diffusivities across.
        shares: (classes,) shares of boundary area, sum one.

    Source: Bruggeman, Ann. Phys. 416, 636 (1935); Kirkpatrick, Rev. Mod. Phys. 45, 574 (1973).
    """
    return _effective_medium(parallel, shares, NETWORK), _effective_medium(perpendicular, shares, CONTACTS)


def _effective_medium(values: np.ndarray, shares: Sequence[float], surroundings: float) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    share = np.reshape(shares, (-1, *[1] * (values.ndim - 1)))
    medium = (share * values).sum(0)
    for _ in range(EFFECTIVE_MEDIUM_STEPS):
        weight = share / (values + surroundings * medium)
        medium = (weight * values).sum(0) / weight.sum(0)
    return medium


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
        raise InputError(f"area fractions {list(area_fractions)} are invalid; give positive numbers that sum to 1")
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
