"""Facets of a periodic Laguerre tessellation from the convex hull of its lifted centres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.continuum.mesh.polycrystal import Polycrystal

# Vertices closer than this (in periods) are merged: facets of a degenerate hull share a vertex up to rounding.
MERGE_DISTANCE = 1e-8


@dataclass(frozen=True)
class Facet:
    """Plane polygon between a grain of the home cell and a neighbour, possibly in another period.

    Args:
        grains: numbers of the two grains.
        shift: (3,) integers, period of the second grain.
        corners: (n, 3), in order around the polygon, in the frame of the first grain.
    """

    grains: tuple[int, int]
    shift: np.ndarray
    corners: np.ndarray


def facets(polycrystal: Polycrystal) -> list[Facet]:
    """Find every boundary facet of the period once.

    A centre p of weight s is lifted to (p, |p|² - s). A lower facet z = 2 c·x + k of the convex hull of lifted points
    is a vertex c of the tessellation. The corners of this facet are the grains that meet at the vertex.

    Source: Aurenhammer, SIAM J. Comput. 16, 78 (1987).
    """
    from scipy.spatial import ConvexHull

    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    count = polycrystal.grains
    points = (polycrystal.centres[None] + shifts[:, None]).reshape(-1, 3)
    height = (points**2).sum(1) - np.tile(polycrystal.weights, len(shifts))
    hull = ConvexHull(np.column_stack([points, height]))
    lower = hull.equations[:, 3] < -1e-12
    normals, simplices = hull.equations[lower], hull.simplices[lower]
    home = 13 * count  # the shift (0, 0, 0) is the 14th of 27
    at_home = ((simplices >= home) & (simplices < home + count)).any(1)
    vertices = -normals[at_home, :3] / (2 * normals[at_home, 3:4])
    rings = _rings(simplices[at_home], home, count)
    found = []
    for (first, second), around in rings.items():
        grain, other, shift = first - home, second % count, shifts[second // count]
        if (grain, 0, 0, 0) < (other, *shift):  # count each periodic pair once
            corners = _polygon(vertices[around], points[second] - points[first])
            if corners is not None:
                found.append(Facet((grain, other), shift, corners))
    return found


def merge_periodic(points: np.ndarray) -> np.ndarray:
    """Label points 0..k-1; points that coincide modulo a period share a label, (n, 3) -> (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    wrapped = points % 1.0
    wrapped[wrapped >= 1.0] = 0.0
    pairs = cKDTree(wrapped, boxsize=1.0).query_pairs(MERGE_DISTANCE, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    return connected_components(graph, directed=False)[1]


def _rings(simplices: np.ndarray, home: int, count: int) -> dict[tuple[int, int], list[int]]:
    """List the vertices around the common facet of each pair (home grain, neighbour)."""
    rings: dict[tuple[int, int], list[int]] = {}
    for vertex, corners in enumerate(simplices):
        for first in corners:
            if home <= first < home + count:
                for second in corners:
                    if second != first:
                        rings.setdefault((int(first), int(second)), []).append(vertex)
    return rings


def _polygon(corners: np.ndarray, normal: np.ndarray) -> np.ndarray | None:
    """Order distinct corners by angle about their mean; return None for a facet degenerated to an edge."""
    normal = normal / np.linalg.norm(normal)
    axis = np.eye(3)[np.argmin(np.abs(normal))]
    first = np.cross(normal, axis)
    first /= np.linalg.norm(first)
    second = np.cross(normal, first)
    offset = corners - corners.mean(0)
    corners = corners[np.argsort(np.arctan2(offset @ second, offset @ first))]
    distinct = np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1) > MERGE_DISTANCE
    corners = corners[distinct]
    if len(corners) < 3:
        return None
    edges = corners - corners[0]
    area = 0.5 * np.linalg.norm(np.cross(edges[1:-1], edges[2:]).sum(0))
    return corners if area > MERGE_DISTANCE**2 else None
