"""Red refinement: division of a tetrahedron into eight and of a triangle into four at the edge midpoints."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
# Children as corners 0-3 and edge midpoints 4-9 in the order of _EDGES.
# The diagonal 02-13 divides the inner octahedron.
_CHILDREN = np.array(
    [[0, 4, 5, 6], [4, 1, 7, 8], [5, 7, 2, 9], [6, 8, 9, 3], [4, 5, 6, 8], [4, 5, 7, 8], [5, 6, 8, 9], [5, 7, 8, 9]]
)

Midpoint = Callable[[np.ndarray, np.ndarray], np.ndarray]


def refine_tetrahedra(points: np.ndarray, tets: np.ndarray) -> tuple[np.ndarray, np.ndarray, Midpoint]:
    """Return points with edge midpoints appended, children (8 t, 4) in the order of parents, and the midpoint look-up.

    Source: Bey, Computing 55, 355 (1995).
    """
    edges = np.sort(np.concatenate([tets[:, list(edge)] for edge in _EDGES]), axis=1)
    keys, inverse = np.unique(edges[:, 0] * len(points) + edges[:, 1], return_inverse=True)
    first, second = np.divmod(keys, len(points))
    known = len(points)

    def midpoint(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return known + np.searchsorted(keys, np.minimum(one, other) * known + np.maximum(one, other))

    ten_nodes = np.column_stack([tets, known + inverse.reshape(6, -1).T])
    return (
        np.concatenate([points, 0.5 * (points[first] + points[second])]),
        ten_nodes[:, _CHILDREN].reshape(-1, 4),
        midpoint,
    )


def refine_triangles(triangles: np.ndarray, midpoint: Midpoint) -> np.ndarray:
    """Return the children (4 b, 3) of boundary triangles in the order of parents, with equal corner order on both
    sides.
    """
    a, b, c = triangles.T
    ab, bc, ca = midpoint(a, b), midpoint(b, c), midpoint(c, a)
    return np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], 1).reshape(-1, 3)
