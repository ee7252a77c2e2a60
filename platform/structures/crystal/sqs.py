"""Special quasirandom arrangements of the free anions: pair correlations of the nearest shells as in a random alloy.

A random arrangement of a small cell deviates from an infinite random crystal. Exchanges of anions within 4a and
within 4c minimise the deviation of the pair numbers.

Source: Zunger, Wei, Ferreira, Bernard, Phys. Rev. Lett. 65, 353 (1990).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from argyro.platform.structures.crystal.neighbours import close_distances

# Shells 4a-4c, 4a-4a with 4c-4c, and the second 4a-4c: distance in lattice parameters, weight.
SHELLS = ((np.sqrt(3) / 4, 1.0), (np.sqrt(1 / 2), 0.5), (np.sqrt(11) / 4, 0.5))
HALF_WIDTH = 0.03
TRIALS_PER_SITE, FEWEST_TRIALS, MOST_TRIALS = 60, 1500, 30000


class PairStatistics:
    """Numbers of pairs of labels N = Lᵀ A L in each shell, with one-hot labels L of kind and site and neighbours A."""

    def __init__(self, labels: np.ndarray, shells: list[csr_matrix], target: np.ndarray):
        self.one_hot = np.eye(int(labels.max()) + 1)[labels]
        self.target = target
        self.rows = [_rows(shell) for shell in shells]
        self.near = [shell @ self.one_hot for shell in shells]
        self.counts = np.array([self.one_hot.T @ near for near in self.near])
        sums = np.array([max(1.0, shell.sum()) for shell in shells])
        self.weights = np.array([weight for _, weight in SHELLS]) / sums**2

    def misfit(self, counts: np.ndarray) -> float:
        """Return the weighted squared deviation of the pair fractions from a random alloy."""
        return float(np.sum(self.weights[:, None, None] * (counts - self.target) ** 2))

    def after(self, first: int, second: int) -> np.ndarray:
        """Return the pair numbers after an exchange of the labels of two sites."""
        change = self.one_hot[second] - self.one_hot[first]
        counts = self.counts.copy()
        for number, (rows, near) in enumerate(zip(self.rows, self.near, strict=True)):
            cross = np.outer(change, near[first] - near[second])
            own = _entry(rows[first], first) + _entry(rows[second], second) - 2 * _entry(rows[first], second)
            counts[number] += cross + cross.T + own * np.outer(change, change)
        return counts

    def exchange(self, first: int, second: int, counts: np.ndarray) -> None:
        """Exchange two labels; `counts` is the result of `after` for the same sites."""
        change = self.one_hot[second] - self.one_hot[first]
        self.counts = counts
        for rows, near in zip(self.rows, self.near, strict=True):
            for site, sign in ((first, 1.0), (second, -1.0)):
                index, value = rows[site]
                near[index] += sign * value[:, None] * change
        self.one_hot[[first, second]] = self.one_hot[[second, first]]


def _rows(matrix: csr_matrix) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the columns and values of each row."""
    return [(matrix.indices[a:b], matrix.data[a:b]) for a, b in pairwise(matrix.indptr)]


def _entry(row: tuple[np.ndarray, np.ndarray], column: int) -> float:
    """Return one value of a row."""
    index, value = row
    return float(value[index == column].sum())


def statistics(elements: np.ndarray, free_A: np.ndarray, cell_A: np.ndarray, lattice_A: float) -> PairStatistics:
    """Compute the pair statistics of an arrangement.

    Args:
        elements: (n, 2) symbols on 4a and 4c.
        free_A: (n, 2, 3) positions.
        cell_A: (3, 3).
        lattice_A: lattice parameter.
    """
    kinds, kind = np.unique(elements, return_inverse=True)
    labels = 2 * kind.reshape(elements.shape) + np.arange(2)
    chance = np.zeros((2, 2 * len(kinds)))  # fraction of each label on its own site
    for site in (0, 1):
        chance[site] = np.bincount(labels[:, site], minlength=2 * len(kinds)) / len(labels)
    positions, size = free_A.reshape(-1, 3), 2 * len(labels)
    reach = (max(distance for distance, _ in SHELLS) + HALF_WIDTH) * lattice_A
    i, j, r = close_distances(positions, positions, cell_A, reach)
    shells, target = [], []
    for distance, _ in SHELLS:
        inside = np.abs(r / lattice_A - distance) < HALF_WIDTH
        shells.append(csr_matrix((np.ones(inside.sum()), (i[inside], j[inside])), shape=(size, size)))
        pairs = csr_matrix((np.ones(inside.sum()), (i[inside] % 2, j[inside] % 2)), shape=(2, 2)).toarray()
        target.append(chance.T @ pairs @ chance)
    return PairStatistics(labels.reshape(-1), shells, np.array(target))


def quasirandom(
    elements: np.ndarray, free_A: np.ndarray, cell_A: np.ndarray, lattice_A: float, rng: np.random.Generator
) -> np.ndarray:
    """Rearrange anions within 4a and within 4c to random-alloy pair correlations; arguments as in `statistics`."""
    pairs, flat = statistics(elements, free_A, cell_A, lattice_A), elements.reshape(-1).copy()
    trials = int(np.clip(TRIALS_PER_SITE * len(flat), FEWEST_TRIALS, MOST_TRIALS))
    misfit = pairs.misfit(pairs.counts)
    for site, first, second in zip(
        rng.integers(2, size=trials), *rng.integers(len(elements), size=(2, trials)), strict=True
    ):
        first, second = 2 * first + site, 2 * second + site
        if flat[first] == flat[second]:
            continue
        counts = pairs.after(first, second)
        if (found := pairs.misfit(counts)) <= misfit:
            pairs.exchange(first, second, counts)
            flat[[first, second]] = flat[[second, first]]
            misfit = found
    return flat.reshape(elements.shape)
