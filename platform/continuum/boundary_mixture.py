"""One grain-boundary layer that conducts like a mixture of boundary classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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
