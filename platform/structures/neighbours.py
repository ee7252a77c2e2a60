"""Periodic neighbour pairs between two sets of points, for any cell and any cutoff."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def close_pairs(
    first_A: np.ndarray, second_A: np.ndarray, cell_A: np.ndarray, cutoff_A: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of a point of the first set with an image of a point of the second within the cutoff.

    Explicit images are made, so that a cutoff beyond half the cell still finds every image.

    Args:
        first_A: (n, 3) positions.
        second_A: (m, 3) positions.
        cell_A: (3, 3), periodic along all three rows.
        cutoff_A: largest distance.

    Returns:
        Index in the first set, index in the second, and the vector (p, 3) from the first to the second's image.
    """
    inverse = np.linalg.inv(cell_A)
    first = (first_A @ inverse) % 1.0
    second = (second_A @ inverse) % 1.0
    margin = cutoff_A * np.linalg.norm(inverse, axis=0)  # cutoff in units of the spacing of the cell's planes
    images, origin = [], []
    shifts = [range(-int(np.ceil(m)), int(np.ceil(m)) + 1) for m in margin]
    for shift in np.array(np.meshgrid(*shifts, indexing="ij")).reshape(3, -1).T:
        moved = second + shift
        near = np.flatnonzero(np.all((moved >= -margin) & (moved <= 1.0 + margin), axis=1))
        images.append(moved[near])
        origin.append(near)
    images_A, origin_index = np.concatenate(images) @ cell_A, np.concatenate(origin)
    here_A = first @ cell_A
    pairs = cKDTree(here_A).sparse_distance_matrix(cKDTree(images_A), cutoff_A, output_type="ndarray")
    i, ghost = pairs["i"], pairs["j"]
    return i, origin_index[ghost], images_A[ghost] - here_A[i]


def close_distances(
    first_A: np.ndarray, second_A: np.ndarray, cell_A: np.ndarray, cutoff_A: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `close_pairs`, with distances in place of vectors and an atom never paired with itself at zero distance."""
    i, j, vector = close_pairs(first_A, second_A, cell_A, cutoff_A)
    distance = np.linalg.norm(vector, axis=1)
    apart = distance > 1e-9
    return i[apart], j[apart], distance[apart]
