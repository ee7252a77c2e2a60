"""Holes of the anion lattice where a Li fits besides its crystal sites: at boundaries and for more than six Li."""

from __future__ import annotations

import numpy as np

from argyro.platform.structures.crystal.neighbours import close_distances, nearest_distance

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
    room = nearest_distance(grid, anions_A, cell_A, 2.0 * TO_ANION_A)
    grid, room = grid[room >= TO_ANION_A], room[room >= TO_ANION_A]
    free = nearest_distance(grid, centres_A, cell_A, TO_CENTRE_A) >= TO_CENTRE_A
    free &= nearest_distance(grid, taken_A, cell_A, TO_SITE_A) >= TO_SITE_A
    grid, room = grid[free], room[free]
    grid = grid[np.argsort(-room, kind="stable")]
    return grid[_thin(grid, cell_A)]


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
    undecided, kept = np.ones(len(points_A), dtype=bool), np.zeros(len(points_A), dtype=bool)
    while undecided.any():
        open_pairs = undecided[i] & undecided[j]
        i, j = i[open_pairs], j[open_pairs]
        beaten = np.zeros(len(points_A), dtype=bool)
        beaten[i[j < i]] = True
        chosen = undecided & ~beaten
        kept |= chosen
        undecided &= ~chosen
        undecided[j[chosen[i]]] = False
    return np.flatnonzero(kept)
