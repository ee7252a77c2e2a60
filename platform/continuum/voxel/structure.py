"""Diffusivity on voxels: grains, and boundaries of finite width with their own two diffusivities."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from argyro.platform.continuum.mesh.mesh import Mesh

# Grains nearest to a voxel among which its nearest boundary is sought.
NEIGHBOURS = 8


def diffusivity_field(
    mesh: Mesh, width: float, parallel: np.ndarray, perpendicular: np.ndarray, cells: int
) -> np.ndarray:
    """Tensors xx, yy, zz, yz, xz, xy over D_b of every voxel, (6, n, n, n).

    A voxel belongs to the boundary if its centre lies within w/2 of the plane to a neighbouring grain; there
    D = D_∥ (1 - n nᵀ) + D_⊥ n nᵀ.

    Args:
        mesh: gives grains and GB classes.
        width: in periods.
        parallel: (classes,), over D_b.
        perpendicular: (classes,), over D_b.
        cells: voxels per side.
    """
    slabs = np.array_split(_centres(cells), cells // 8)  # the search's intermediates stay small
    found = [nearest_boundary(mesh, slab) for slab in slabs]
    grain, neighbour, distance, normal = (np.concatenate(column) for column in zip(*found, strict=True))
    inside = distance < width / 2
    number = _class_table(mesh)[grain[inside], neighbour[inside]]
    along, across = np.asarray(parallel)[number], np.asarray(perpendicular)[number]
    field = np.zeros((6, cells**3))
    field[:3] = 1.0
    n = normal[inside].T
    pairs = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
    field[:, inside] = [along * (a == b) + (across - along) * n[a] * n[b] for a, b in pairs]
    return field.reshape(6, cells, cells, cells)


def nearest_boundary(mesh: Mesh, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of points (m, 3): grain, neighbour across the nearest boundary plane, distance to it, unit normal (m, 3)."""
    shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    images = (mesh.centres + shifts[:, None]).reshape(-1, 3)
    height = np.tile(np.sqrt(mesh.weights.max() - mesh.weights), len(shifts))
    tree = cKDTree(np.column_stack([images, height]))
    power, index = tree.query(np.column_stack([points, np.zeros(len(points))]), k=NEIGHBOURS)
    towards = images[index[:, 1:]] - images[index[:, :1]]
    length = np.linalg.norm(towards, axis=2)
    distance = (power[:, 1:] ** 2 - power[:, :1] ** 2) / (2 * length)
    nearest = distance.argmin(1)
    rows = np.arange(len(points))
    normal = towards[rows, nearest] / length[rows, nearest][:, None]
    return index[:, 0] % mesh.grains, index[rows, nearest + 1] % mesh.grains, distance[rows, nearest], normal


def _class_table(mesh: Mesh) -> np.ndarray:
    """GB class of each pair of grains; pairs that do not touch cannot be nearest to a voxel but near a triple line."""
    table = np.zeros((mesh.grains, mesh.grains), dtype=int)
    first, second = mesh.boundary_grains.T
    table[first, second] = table[second, first] = mesh.boundary_class
    return table


def _centres(cells: int) -> np.ndarray:
    axis = (np.arange(cells) + 0.5) / cells
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
