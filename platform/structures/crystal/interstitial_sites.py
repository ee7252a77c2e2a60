"""Interstitial voids of the anion lattice for Li beyond its crystal sites: at boundaries, or above six Li per unit."""

from __future__ import annotations

import numpy as np

from argyro.platform.structures.crystal.neighbours import close_distances, nearest_distance

GRID_A = 0.6
TO_ANION_A = 2.15
TO_CENTRE_A = 2.7
APART_A = 1.4  # closer voids are the same void
TO_SITE_A = 1.4  # a void closer to a crystal site is that site


def find_voids(
    anions_A: np.ndarray,
    centres_A: np.ndarray,
    taken_A: np.ndarray,
    cell_A: np.ndarray,
    planes_A: tuple[float, ...] = (),
    reach_A: float = 4.0,
) -> np.ndarray:
    """Find positions far enough from all framework ions and from the known sites, largest voids first.

    Args:
        anions_A: (n, 3) anions.
        centres_A: (m, 3) tetrahedral centres.
        taken_A: (s, 3) known Li sites.
        cell_A: (3, 3).
        planes_A: heights along z of the planes to search around; empty: the whole cell.
        reach_A: largest distance from a plane.

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
    """Return the grid points of the cell, restricted to the planes if any are given."""
    steps = [np.arange(n) / n for n in np.ceil(np.linalg.norm(cell_A, axis=1) / GRID_A).astype(int)]
    if planes_A:
        height = cell_A[2, 2]
        distance = np.min(
            [np.abs((steps[2] * height - z + height / 2) % height - height / 2) for z in planes_A], axis=0
        )
        steps[2] = steps[2][distance <= reach_A]
    return np.array(np.meshgrid(*steps, indexing="ij")).reshape(3, -1).T @ cell_A


def _thin(points_A: np.ndarray, cell_A: np.ndarray) -> np.ndarray:
    """Return the indices of the points that remain when each point removes all later ones within APART_A."""
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
