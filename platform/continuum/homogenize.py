"""Effective diffusivity of a polycrystal from bulk and grain-boundary diffusivity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argyro.platform.continuum.coefficients import coefficients
from argyro.platform.continuum.direct import collapsed_form
from argyro.platform.continuum.mesh import Mesh
from argyro.platform.errors import InputError

METHODS = ("direct", "auto")
# The collapsed boundary is a surface; above this share of the grain size its own thickness shows.
WIDEST_COLLAPSED = 0.1


@dataclass(frozen=True)
class Homogenized:
    """An effective diffusion tensor with what it was computed by.

    Args:
        tensor_cm2_s: (3, 3), symmetric positive definite.
        relative_error_bound: of the mean, against the finite-element solution on the same mesh.
        method: ``direct``, ``reduced`` or ``voxel``.
        grain_size_nm: equivalent-sphere diameter of the mean grain.
        width_nm: GB width.
        note: why this method was taken, empty if it was asked for.
    """

    tensor_cm2_s: np.ndarray
    relative_error_bound: float
    method: str
    grain_size_nm: float
    width_nm: float
    note: str = ""

    @property
    def mean_cm2_s(self) -> float:
        """A third of the trace, what a texture-free sample shows."""
        return float(np.trace(self.tensor_cm2_s) / 3)

    def to_json(self) -> dict:
        """The keys `argyro homogenize --json` prints."""
        return {
            "effective_cm2_s": self.tensor_cm2_s.tolist(),
            "mean_cm2_s": self.mean_cm2_s,
            "relative_error_bound": self.relative_error_bound,
            "method": self.method,
            "grain_size_nm": self.grain_size_nm,
            "width_nm": self.width_nm,
            "note": self.note,
        }


def effective_diffusivity(
    mesh: Mesh,
    d_bulk_cm2_s: float,
    d_parallel_cm2_s: float | Sequence[float],
    d_perpendicular_cm2_s: float | Sequence[float],
    width_nm: float,
    grain_size_nm: float,
    method: str = "auto",
) -> Homogenized:
    """Effective tensor of a periodic polycrystal, ∇·(D ∇c) = 0 with grains D_b and boundaries D_∥, D_⊥ of width w.

    Args:
        mesh: of one polycrystal; its grain size is scaled to the one asked for.
        d_bulk_cm2_s: of the grains, isotropic.
        d_parallel_cm2_s: in the boundary; one number, or one per GB class of the mesh.
        d_perpendicular_cm2_s: across the boundary, likewise.
        width_nm: GB width the two were defined with.
        grain_size_nm: equivalent-sphere diameter d = (6 V / π N)^(1/3).
        method: one of METHODS.

    Raises:
        InputError: a diffusivity that is not positive, a width as large as the grain, or an unknown method.
    """
    query = Query.of(mesh, d_bulk_cm2_s, d_parallel_cm2_s, d_perpendicular_cm2_s, width_nm, grain_size_nm)
    if method not in METHODS:
        raise InputError(
            f"method {method!r} is unknown; use one of {', '.join(METHODS)}",
            path="method",
            given=method,
            accepted=", ".join(METHODS),
        )
    require_collapsible(query.width_nm / query.grain_size_nm)
    theta = coefficients(query.parallel[None], query.perpendicular[None], np.array([query.width_in(mesh)]))
    solution = collapsed_form(mesh).solve(theta)
    return Homogenized(solution.tensor * d_bulk_cm2_s, solution.error, "direct", float(grain_size_nm), float(width_nm))


def require_collapsible(width_over_size: float) -> None:
    """Refuse boundaries too wide to be a surface."""
    if width_over_size > WIDEST_COLLAPSED:
        raise InputError(
            f"w/d = {width_over_size:.3g}: a boundary wider than {WIDEST_COLLAPSED} grain sizes is no surface;"
            " use method 'voxel' or 'auto', or a larger grain",
            path="width_nm",
            given=width_over_size,
            accepted=f"w/d <= {WIDEST_COLLAPSED}",
        )


@dataclass(frozen=True)
class Query:
    """Checked input of one homogenization, diffusivities of the classes in units of D_b."""

    parallel: np.ndarray
    perpendicular: np.ndarray
    width_nm: float
    grain_size_nm: float

    @classmethod
    def of(cls, mesh: Mesh, d_bulk, d_parallel, d_perpendicular, width_nm, grain_size_nm) -> Query:
        """Check everything a user may give wrong.

        Raises:
            InputError: see `effective_diffusivity`.
        """
        bulk = _positive("d_bulk_cm2_s", d_bulk, 1)[0]
        parallel = _positive("d_parallel_cm2_s", d_parallel, mesh.classes)
        perpendicular = _positive("d_perpendicular_cm2_s", d_perpendicular, mesh.classes)
        width = _positive("width_nm", width_nm, 1)[0]
        size = _positive("grain_size_nm", grain_size_nm, 1)[0]
        if width >= size:
            raise InputError(
                f"a boundary {width:g} nm wide leaves nothing of a grain of {size:g} nm; give a smaller width",
                path="width_nm",
                given=width,
                accepted=f"< {size:g}",
            )
        return cls(parallel / bulk, perpendicular / bulk, float(width), float(size))

    def width_in(self, mesh: Mesh) -> float:
        """The width in periods of the mesh."""
        return self.width_nm / self.grain_size_nm * mesh.grain_size


def _positive(name: str, value, count: int) -> np.ndarray:
    """`count` positive finite numbers from one number or as many."""
    array = np.atleast_1d(np.asarray(value, dtype=float))
    if array.ndim != 1 or len(array) not in (1, count):
        raise InputError(
            f"{name} has shape {array.shape}; give one number, or one for each of the {count} GB classes of the mesh",
            path=name,
            given=array.tolist(),
            accepted=f"1 or {count} numbers",
        )
    if not (np.isfinite(array).all() and (array > 0).all()):
        raise InputError(
            f"{name} = {array.tolist() if len(array) > 1 else array[0]} is not a positive finite number;"
            " for a blocked path give a small one, say 1e-4 of the bulk's",
            path=name,
            given=array.tolist(),
            accepted="> 0",
        )
    return np.broadcast_to(array, (count,)).copy()
