"""Periodic neighbour pairs between two sets of points, for any cell and any cutoff."""

from __future__ import annotations

from itertools import product
from math import ceil

import numpy as np
from scipy.spatial import cKDTree


def _images(
    first_A: np.ndarray, second_A: np.ndarray, cell_A: np.ndarray, cutoff_A: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wrap the first set into the cell; build images of the second set within the cutoff of the cell, with indices.

    Explicit images make cutoffs beyond half the cell exact.
    """
    inverse = np.linalg.inv(cell_A)
    first, second = (first_A @ inverse) % 1.0, (second_A @ inverse) % 1.0
    margin = cutoff_A * np.linalg.norm(inverse, axis=0)  # cutoff in units of the spacing of the cell's planes
    images, origin = [], []
    for shift in product(*(range(-ceil(m), ceil(m) + 1) for m in margin)):
        moved = second + shift
        near = np.flatnonzero(((moved >= -margin) & (moved <= 1.0 + margin)).all(axis=1))
        images.append(moved[near])
        origin.append(near)
    return first @ cell_A, np.concatenate(images) @ cell_A, np.concatenate(origin)


def close_pairs(
    first_A: np.ndarray, second_A: np.ndarray, cell_A: np.ndarray, cutoff_A: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find all pairs of a point of the first set and an image of a point of the second set within the cutoff.

    Args:
        first_A: (n, 3) positions.
        second_A: (m, 3) positions.
        cell_A: (3, 3), periodic along all three rows.
        cutoff_A: largest distance.

    Returns:
        Index in the first set, index in the second, and the vector (p, 3) from the first to the second's image.
    """
    here_A, images_A, origin = _images(first_A, second_A, cell_A, cutoff_A)
    pairs = cKDTree(here_A).sparse_distance_matrix(cKDTree(images_A), cutoff_A, output_type="ndarray")
    i, ghost = pairs["i"], pairs["j"]
    return i, origin[ghost], images_A[ghost] - here_A[i]


def close_distances(
    first_A: np.ndarray, second_A: np.ndarray, cell_A: np.ndarray, cutoff_A: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find pairs as in `close_pairs`, with distances instead of vectors; exclude pairs at zero distance."""
    here_A, images_A, origin = _images(first_A, second_A, cell_A, cutoff_A)
    pairs = cKDTree(here_A).sparse_distance_matrix(cKDTree(images_A), cutoff_A, output_type="ndarray")
    pairs = pairs[pairs["v"] > 1e-9]
    return pairs["i"], origin[pairs["j"]], pairs["v"]


def nearest_distance(points_A: np.ndarray, others_A: np.ndarray, cell_A: np.ndarray, cutoff_A: float) -> np.ndarray:
    """Return the distance (n,) from each point to the nearest of the others, infinite beyond the cutoff."""
    if len(others_A) == 0:
        return np.full(len(points_A), np.inf)
    here_A, images_A, _ = _images(points_A, others_A, cell_A, cutoff_A)
    return cKDTree(images_A).query(here_A, distance_upper_bound=cutoff_A)[0]
