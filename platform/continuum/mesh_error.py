"""Estimate of the mesh error: solution on the mesh against the continuum."""

from __future__ import annotations

from operator import attrgetter
from threading import Lock

import numpy as np
from cachetools import LRUCache, cached

from argyro.platform.continuum.input_checks import WIDEST_COLLAPSED, Queries
from argyro.platform.continuum.interface_fem.affine_system import LARGEST_SIDE_SHARE, collapsed_form, widest_boundary
from argyro.platform.continuum.interface_fem.coefficients import coefficients
from argyro.platform.continuum.mesh.mesh import Mesh, refined

KEPT_MESHES = 4
# The error of linear elements falls with the square of their size: error = 4/3 of the change by one halving.
RICHARDSON = 4 / 3
# Rows of a table that are solved on the refined mesh.
MOST_ROWS = 3


def mesh_error(mesh: Mesh, queries: Queries, method: str = "auto") -> float:
    """Estimate the largest relative error of D_eff through the mesh, over up to MOST_ROWS of the queries.

    Thin boundaries are solved on the mesh and once refined (Richardson extrapolation). Voxels are compared with the
    next coarser grid; their error falls with the first power of the voxel. It is an estimate, not a bound.

    Args:
        mesh: mesh of one polycrystal.
        queries: checked queries.
        method: as in `homogenize_batch`.
    """
    return max(_one(mesh, queries, row, method) for row in _spread(queries))


def _spread(queries: Queries) -> np.ndarray:
    """Select rows from the smallest to the largest contrast of conduction, w max(D_∥, D_b/D_⊥)."""
    contrast = queries.width_over_size * np.maximum(queries.parallel, 1 / queries.perpendicular).max(1)
    order = np.argsort(contrast, kind="stable")
    return order[np.unique(np.linspace(0, len(order) - 1, min(MOST_ROWS, len(order))).round().astype(int))]


def _one(mesh: Mesh, queries: Queries, row: int, method: str) -> float:
    parallel, perpendicular = queries.parallel[row : row + 1], queries.perpendicular[row : row + 1]
    width = float(queries.width_over_size[row] * mesh.grain_size)
    if method == "voxel" or queries.width_over_size[row] > WIDEST_COLLAPSED:
        return _voxel_error(mesh, width, parallel[0], perpendicular[0])
    fine = _refined(mesh)
    # Refined tetrahedra must be thicker than the boundary; a thinner one has about the same error per width.
    widths = np.array([min(width, LARGEST_SIDE_SHARE * widest_boundary(fine))])
    coarse_D, fine_D = (
        np.trace(collapsed_form(each).solve(coefficients(each, parallel, perpendicular, widths)).tensor)
        for each in (mesh, fine)
    )
    return float(RICHARDSON * abs(coarse_D / fine_D - 1))


def _voxel_error(mesh: Mesh, width: float, parallel: np.ndarray, perpendicular: np.ndarray) -> float:
    from argyro.platform.continuum.voxel.solver import CELLS, voxel_tensor

    found = voxel_tensor(mesh, width, parallel, perpendicular)
    coarser = CELLS[max(CELLS.index(found.cells) - 1, 0)]
    if coarser == found.cells:
        coarser = found.cells // 2
    other = np.trace(voxel_tensor(mesh, width, parallel, perpendicular, coarser).tensor)
    return float(abs(other / np.trace(found.tensor) - 1) * coarser / (found.cells - coarser))


@cached(LRUCache(KEPT_MESHES), key=attrgetter("hash"), lock=Lock())
def _refined(mesh: Mesh) -> Mesh:
    """Refine a mesh once; a cache keeps the last ones."""
    return refined(mesh)
