"""Holes of the anion lattice where a Li fits besides its crystal sites: at boundaries and for more than six Li."""

from __future__ import annotations

import numpy as np

from argyro.platform.structures.neighbours import close_distances, close_pairs

GRID_A = 0.6
TO_ANION_A = 2.15
TO_CENTRE_A = 2.7
APART_A = 1.4  # holes nearer to one another than this are one hole
TO_SITE_A = 1.4  # a hole nearer to a crystal site than this is that site


def find_voids(
    anions_A: np.ndarray,
    centres_A: np.ndarray,
    taken_A: np.ndarray,
    cell_A: np.ndarray,
    planes_A: tuple[float, ...] = (),
    reach_A: float = 4.0,
) -> np.ndarray:
    """Positions far enough from every ion of the framework and from the sites already known, roomiest first.

    Args:
        anions_A: (n, 3) anions.
        centres_A: (m, 3) tetrahedral centres.
        taken_A: (s, 3) known Li sites.
        cell_A: (3, 3).
        planes_A: heights along z to search round; empty: the whole cell.
        reach_A: how far from a plane to search.

    Returns:
        (v, 3) positions in Å.
    """
    grid = _grid(cell_A, planes_A, reach_A)
    room = np.full(len(grid), np.inf)
    i, _, vector = close_pairs(grid, anions_A, cell_A, 2.0 * TO_ANION_A)
    np.minimum.at(room, i, np.linalg.norm(vector, axis=1))
    free = room >= TO_ANION_A
    for others, least in ((centres_A, TO_CENTRE_A), (taken_A, TO_SITE_A)):
        blocked, _, _ = close_pairs(grid, others, cell_A, least)
        free[blocked] = False
    kept = np.flatnonzero(free)
    kept = kept[np.argsort(-room[kept], kind="stable")]
    return grid[kept[_thin(grid[kept], cell_A)]]


def _grid(cell_A: np.ndarray, planes_A: tuple[float, ...], reach_A: float) -> np.ndarray:
    """Grid points of the cell, those near the planes if there are any."""
    steps = [np.arange(n) / n for n in np.ceil(np.linalg.norm(cell_A, axis=1) / GRID_A).astype(int)]
    if planes_A:
        height = cell_A[2, 2]
        distance = np.min(
            [np.abs((steps[2] * height - z + height / 2) % height - height / 2) for z in planes_A], axis=0
        )
        steps[2] = steps[2][distance <= reach_A]
    return np.array(np.meshgrid(*steps, indexing="ij")).reshape(3, -1).T @ cell_A


def _thin(points_A: np.ndarray, cell_A: np.ndarray) -> np.ndarray:
    """Indices of points kept when each removes all later ones that are too near."""
    if len(points_A) == 0:
        return np.zeros(0, dtype=int)
    i, j, _ = close_distances(points_A, points_A, cell_A, APART_A)
    later = [[] for _ in range(len(points_A))]
    for first, second in zip(i[i < j], j[i < j], strict=True):
        later[first].append(second)
    alive = np.ones(len(points_A), dtype=bool)
    for first, others in enumerate(later):
        if alive[first]:
            alive[others] = False
    return np.flatnonzero(alive)
