"""Argyrodite crystal as rigid units per lattice point: PS4 group, two free-anion sites, six pairs of Li sites.

Space group F-43m (No. 216): free anions on 4a and 4c, P on 4b, S of PS4 on 16e, Li on 48h. All coordinates are in
units of the cubic lattice parameter. One primitive cell of the face-centred lattice has one formula unit.

Source: Kraft et al., J. Am. Chem. Soc. 139, 10909 (2017); tests check the distances.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

SULPHUR_X = 0.6188
LITHIUM_X, LITHIUM_Z = 0.1827, 0.0201

_SIGNS = np.array([(1, 1, 1), (-1, -1, 1), (-1, 1, -1), (1, -1, -1)], dtype=float)
FREE_SITES = {"4a": np.zeros(3), "4c": np.full(3, 0.25)}
CENTRE = np.full(3, 0.5)
ARMS = (SULPHUR_X - 0.5) * _SIGNS  # from P to its four S
PRIMITIVE = 0.5 * np.array([(0, 1, 1), (1, 0, 1), (1, 1, 0)])
FACE_CENTRING = np.array([(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)])


def _lithium_pairs() -> np.ndarray:
    """Return the six close pairs of 48h sites around 4c as positions (6, 2, 3)."""
    low, high, offset = LITHIUM_Z, 0.5 - LITHIUM_Z, 0.25 - LITHIUM_X
    pairs = []
    for axis in range(3):
        for along, sign in ((low, 1.0), (high, -1.0)):
            step = np.roll([0.0, offset, sign * offset], axis)
            middle = np.roll([along, 0.25, 0.25], axis)
            pairs.append((middle - step, middle + step))
    return np.array(pairs)


LITHIUM_PAIRS = _lithium_pairs()


@dataclass(frozen=True)
class Skeleton:
    """Sites of n formula units in one or more grains, without elements.

    Attributes:
        cell: (3, 3) Å.
        centres: (n, 3) Å, tetrahedral centres.
        arms: (n, 4, 3) Å, vectors from each centre to its four chalcogens.
        free: (n, 2, 3) Å, sites 4a and 4c.
        pairs: (6 n, 2, 3) Å, close pairs of Li sites.
        centre_grain, free_grain, pair_grain: grain numbers, (n,), (n, 2), (6 n,).
        planes_A: heights of the boundary planes along z.
    """

    cell: np.ndarray
    centres: np.ndarray
    arms: np.ndarray
    free: np.ndarray
    pairs: np.ndarray
    centre_grain: np.ndarray
    free_grain: np.ndarray
    pair_grain: np.ndarray
    planes_A: tuple[float, ...] = ()

    @property
    def units(self) -> int:
        """Number of formula units."""
        return len(self.centres)

    def scaled(self, factor: float) -> Skeleton:
        """Return the same sites at another lattice parameter."""
        lengths = {name: getattr(self, name) * factor for name in ("cell", "centres", "arms", "free", "pairs")}
        return replace(self, **lengths, planes_A=tuple(plane * factor for plane in self.planes_A))


def bulk_skeleton(lattice_parameter_A: float, supercell: tuple[int, int, int] = (1, 1, 1)) -> Skeleton:
    """Build cubic cells of the ideal crystal with 4 formula units each.

    Args:
        lattice_parameter_A: cubic lattice parameter.
        supercell: number of cubic cells along x, y, z.
    """
    cells = np.array(list(np.ndindex(*supercell)), dtype=float)
    points = (cells[:, None] + FACE_CENTRING).reshape(-1, 3)
    count, a = len(points), lattice_parameter_A
    free = np.stack(list(FREE_SITES.values()))
    return Skeleton(
        cell=np.diag(supercell) * a,
        centres=(points + CENTRE) * a,
        arms=np.broadcast_to(ARMS * a, (count, 4, 3)),
        free=(points[:, None] + free) * a,
        pairs=(points[:, None, None] + LITHIUM_PAIRS).reshape(-1, 2, 3) * a,
        centre_grain=np.zeros(count, dtype=int),
        free_grain=np.zeros((count, 2), dtype=int),
        pair_grain=np.zeros(6 * count, dtype=int),
    )
