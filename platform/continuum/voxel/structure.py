"""Diffusivity field on voxels: grains, and boundaries of finite width with diffusivities D_∥ and D_⊥."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from argyro.platform.continuum.mesh.mesh import Mesh

# Number of nearest grains in the search for the boundary nearest to a voxel.
NEIGHBOURS = 8


def diffusivity_field(
    mesh: Mesh, width: float, parallel: np.ndarray, perpendicular: np.ndarray, cells: int
) -> np.ndarray:
    """Compute the tensor components xx, yy, zz, yz, xz, xy relative to D_b of every voxel, (6, n, n, n).

    A voxel belongs to the boundary if its centre is within w/2 of the plane to a neighbouring grain. In the boundary
    D = D_∥ (1 - n nᵀ) + D_⊥ n nᵀ.

    Args:
        mesh: mesh with grains and GB classes.
        width: GB width in periods.
        parallel: (classes,), D_∥/D_b.
        perpendicular: (classes,), D_⊥/D_b.
        cells: voxels per side.
    """
    slabs = np.array_split(_centres(cells), cells // 8)  # limits the memory of the search
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
    """Find grain, neighbour across the nearest boundary plane, distance and unit normal (m, 3) of points (m, 3)."""
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
    """Return the GB class of each pair of grains; pairs without contact are nearest only close to triple lines."""
    table = np.zeros((mesh.grains, mesh.grains), dtype=int)
    first, second = mesh.boundary_grains.T
    table[first, second] = table[second, first] = mesh.boundary_class
    return table


def _centres(cells: int) -> np.ndarray:
    axis = (np.arange(cells) + 0.5) / cells
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
