"""Interstitial voids for ions without a free site in the CIF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from scipy.spatial import cKDTree

GRID_A = 0.5
LEAST_ROOM = 0.75  # minimum distance to every other ion, in sums of covalent radii
_IMAGES = np.array(list(np.ndindex(3, 3, 3))) - 1


class Holes:
    """Void sizes at the grid points of a cell for one element: min over ions of r / (r_cov + r_cov).

    Args:
        symbol: element of the ions to place.
        others: elements of the fixed ions.
        positions_A: (n, 3) positions of the fixed ions.
        cell_A: (3, 3) cell vectors as rows.
    """

    def __init__(self, symbol: str, others: Sequence[str], positions_A: np.ndarray, cell_A: np.ndarray):
        counts = np.maximum(np.ceil(np.linalg.norm(cell_A, axis=1) / GRID_A).astype(int), 1)
        shares = np.stack(np.meshgrid(*(np.arange(n) / n for n in counts), indexing="ij"), axis=-1).reshape(-1, 3)
        self._grid, self._cell_A = shares @ cell_A, cell_A
        self._radius = covalent_radii[atomic_numbers[symbol]]
        self._room = np.full(len(self._grid), np.inf)
        for element in sorted(set(others)):
            self._occupy(element, positions_A[[other == element for other in others]])
        self._symbol = symbol

    def take(self) -> np.ndarray | None:
        """Occupy the largest void and return its position (3,) in Å; None if no void is large enough."""
        best = int(np.argmax(self._room))
        if self._room[best] < LEAST_ROOM:
            return None
        self._occupy(self._symbol, self._grid[best : best + 1])
        return self._grid[best]

    def _occupy(self, element: str, positions_A: np.ndarray) -> None:
        tree = cKDTree((positions_A[:, None] + _IMAGES @ self._cell_A).reshape(-1, 3))
        contact = self._radius + covalent_radii[atomic_numbers[element]]
        self._room = np.minimum(self._room, tree.query(self._grid)[0] / contact)
