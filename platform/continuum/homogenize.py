"""Effective diffusivity of a polycrystal from bulk and grain-boundary diffusivity, for one or many queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.input_checks import WIDEST_COLLAPSED, Queries, require_collapsible, require_method
from argyro.platform.continuum.interface_fem.affine_system import LARGEST_SIDE_SHARE, collapsed_form, widest_boundary
from argyro.platform.continuum.interface_fem.coefficients import theta_of
from argyro.platform.continuum.mesh.mesh import Mesh
from argyro.platform.continuum.mesh_error import mesh_error

# For fewer queries, direct solutions are faster than the construction of the reduced basis (2 to 5 s).
LEAST_FOR_REDUCED = 64
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Homogenized:
    """Effective diffusion tensor with its method and the two parts of its numerical error.

    Args:
        tensor_cm2_s: (3, 3), symmetric positive definite.
        basis_error: bound of the error against the discrete solution on the same mesh (direct, reduced) or grid
            (voxel): spectral norm divided by the mean.
        method: ``direct``, ``reduced`` or ``voxel``.
        grain_size_nm: equivalent-sphere diameter of the mean grain.
        width_nm: GB width.
        note: reason for the choice of method, or empty.
        mesh_error: estimated relative error of the discrete solution against the continuum; None if not asked for.
    """

    tensor_cm2_s: np.ndarray
    basis_error: float
    method: str
    grain_size_nm: float
    width_nm: float
    note: str = ""
    mesh_error: float | None = None

    @property
    def relative_error_bound(self) -> float:
        """Combine both errors: their sum bounds the error against the continuum as far as the estimate holds."""
        return self.basis_error + (self.mesh_error or 0.0)

    @property
    def mean_cm2_s(self) -> float:
        """A third of the trace, the diffusivity of a sample without texture."""
        return float(np.trace(self.tensor_cm2_s) / 3)

    def to_json(self) -> dict:
        """Return the result with the keys of `argyro homogenize --json`."""
        return {
            "effective_cm2_s": self.tensor_cm2_s.tolist(),
            "mean_cm2_s": self.mean_cm2_s,
            "relative_error_bound": self.relative_error_bound,
            "basis_error": self.basis_error,
            "mesh_error": self.mesh_error,
            "method": self.method,
            "grain_size_nm": self.grain_size_nm,
            "width_nm": self.width_nm,
            "note": self.note,
        }


@dataclass(frozen=True)
class HomogenizedBatch:
    """Effective tensors of q queries.

    Args:
        tensor_cm2_s: (q, 3, 3).
        basis_error: (q,), see `Homogenized`.
        method: (q,) names.
        note: (q,) texts.
    """

    tensor_cm2_s: np.ndarray
    basis_error: np.ndarray
    method: np.ndarray
    note: np.ndarray

    @property
    def mean_cm2_s(self) -> np.ndarray:
        """Thirds of the traces, (q,)."""
        return np.trace(self.tensor_cm2_s, axis1=1, axis2=2) / 3


def effective_diffusivity(
    mesh: Mesh,
    d_bulk_cm2_s: float,
    d_parallel_cm2_s: float | Sequence[float],
    d_perpendicular_cm2_s: float | Sequence[float],
    width_nm: float,
    grain_size_nm: float,
    method: str = "auto",
    cache: Path | None = None,
    estimate_mesh_error: bool = False,
) -> Homogenized:
    """Compute the effective diffusion tensor of a periodic polycrystal.

    The cell problem is ∇·(D ∇c) = 0 with grains of diffusivity D_b and boundaries of D_∥, D_⊥ and width w.

    Args:
        mesh: mesh of one polycrystal; it is scaled to the given grain size.
        d_bulk_cm2_s: isotropic diffusivity of the grains.
        d_parallel_cm2_s: diffusivity in the boundary; one number, or one per GB class of the mesh.
        d_perpendicular_cm2_s: diffusivity across the boundary, in the same form.
        width_nm: GB width in the definition of D_∥ and D_⊥.
        grain_size_nm: equivalent-sphere diameter d = (6 V / π N)^(1/3).
        method: ``direct``, ``reduced``, ``voxel``, or ``auto``: voxel for w/d > 0.1, else direct.
        cache: folder of reduced bases.
        estimate_mesh_error: solve on a second mesh, too; takes ten times as long.

    Raises:
        InputError: a diffusivity is not positive, the width is not below the grain size, or the method is unknown.
    """
    query = (
        np.reshape(d_bulk_cm2_s, (1,)),
        np.reshape(d_parallel_cm2_s, (1, -1)),
        np.reshape(d_perpendicular_cm2_s, (1, -1)),
        width_nm,
        grain_size_nm,
    )
    batch = homogenize_batch(mesh, *query, method, cache)
    error = mesh_error(mesh, Queries.of(mesh, *query), method) if estimate_mesh_error else None
    return Homogenized(
        batch.tensor_cm2_s[0],
        float(batch.basis_error[0]),
        str(batch.method[0]),
        float(grain_size_nm),
        float(width_nm),
        str(batch.note[0]),
        error,
    )


def homogenize_batch(
    mesh: Mesh,
    d_bulk_cm2_s: ArrayLike,
    d_parallel_cm2_s: ArrayLike,
    d_perpendicular_cm2_s: ArrayLike,
    width_nm: ArrayLike,
    grain_size_nm: ArrayLike,
    method: str = "auto",
    cache: Path | None = None,
    tolerance: float = TOLERANCE,
) -> HomogenizedBatch:
    """Compute the effective tensors of many queries on one mesh.

    Arguments are scalars or (q,); GB arguments may also be (q, classes).

    Args:
        mesh: mesh of one polycrystal.
        d_bulk_cm2_s: diffusivity of the grains.
        d_parallel_cm2_s: diffusivity in the boundary.
        d_perpendicular_cm2_s: diffusivity across the boundary.
        width_nm: GB width.
        grain_size_nm: equivalent-sphere diameter.
        method: ``auto`` uses voxels for w/d > 0.1, the reduced basis for LEAST_FOR_REDUCED or more other queries.
        cache: folder of reduced bases.
        tolerance: largest certified error of a reduced solution; above it the query is solved directly.

    Raises:
        InputError: see `effective_diffusivity`.
    """
    require_method(method)
    queries = Queries.of(mesh, d_bulk_cm2_s, d_parallel_cm2_s, d_perpendicular_cm2_s, width_nm, grain_size_nm)
    if method in ("direct", "reduced"):
        require_collapsible(queries)
    wide = (queries.width_over_size > WIDEST_COLLAPSED) | (method == "voxel")
    result = HomogenizedBatch(
        np.empty((len(queries), 3, 3)),
        np.empty(len(queries)),
        np.full(len(queries), "voxel", dtype=object),
        np.full(len(queries), "", dtype=object),
    )
    narrow = np.flatnonzero(~wide)
    if narrow.size:
        _collapsed(mesh, queries, narrow, method, cache, tolerance, result)
    if wide.any():
        _voxels(mesh, queries, np.flatnonzero(wide), method, result)
    result.tensor_cm2_s[:] *= queries.bulk_cm2_s[:, None, None]
    return result


def _collapsed(
    mesh: Mesh,
    queries: Queries,
    rows: np.ndarray,
    method: str,
    cache: Path | None,
    tolerance: float,
    result: HomogenizedBatch,
) -> None:
    """Solve the queries of thin boundaries."""
    theta = theta_of(mesh, queries)[rows]
    _require_coarse_enough(mesh, theta.width.max())
    reduced = method == "reduced" or (method == "auto" and len(rows) >= LEAST_FOR_REDUCED)
    unanswered = np.arange(len(rows))
    if reduced:
        from argyro.platform.continuum.reduced.basis import reduced_model
        from argyro.platform.continuum.reduced.online import evaluate

        result.tensor_cm2_s[rows], result.basis_error[rows] = evaluate(reduced_model(mesh, cache), theta)
        result.method[rows] = "reduced"
        unanswered = np.flatnonzero(~(result.basis_error[rows] <= tolerance))
    for k in unanswered:
        solution = collapsed_form(mesh).solve(theta[k : k + 1])
        result.tensor_cm2_s[rows[k]], result.basis_error[rows[k]] = solution.tensor, solution.error
        result.method[rows[k]] = "direct"
        if reduced:
            result.note[rows[k]] = f"solved directly: the error bound of the reduced basis exceeds {tolerance:g}"


def _voxels(mesh: Mesh, queries: Queries, rows: np.ndarray, method: str, result: HomogenizedBatch) -> None:
    """Solve the queries of wide boundaries."""
    from argyro.platform.continuum.voxel.solver import voxel_tensor

    for row in rows:
        width = float(queries.width_over_size[row] * mesh.grain_size)
        answer = voxel_tensor(mesh, width, queries.parallel[row], queries.perpendicular[row])
        result.tensor_cm2_s[row], result.basis_error[row] = answer.tensor, answer.error
        why = f"w/d = {queries.width_over_size[row]:.3g} is above {WIDEST_COLLAPSED}: " if method == "auto" else ""
        result.note[row] = f"{why}{answer.cells}³ voxels, {answer.cells * width:.1f} across the boundary"


def _require_coarse_enough(mesh: Mesh, width: float) -> None:
    widest = LARGEST_SIDE_SHARE * widest_boundary(mesh)
    if width > widest:
        raise InputError(
            f"w/d = {width / mesh.grain_size:.3g} exceeds the tetrahedra at the boundary; this mesh allows at most"
            f" {widest / mesh.grain_size:.3g}; refine less, reduce the size spread, or use method 'voxel'"
        )
