"""Input checks of homogenization queries, each with its own error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.mesh.mesh import Mesh

METHODS = ("auto", "direct", "reduced", "voxel")
# Largest w/d of a collapsed boundary; above it the boundary volume is not negligible.
WIDEST_COLLAPSED = 0.1


@dataclass(frozen=True)
class Queries:
    """Checked input of q homogenizations; GB diffusivities are relative to the bulk.

    Args:
        bulk_cm2_s: (q,) bulk diffusivity.
        parallel, perpendicular: (q, classes), D_∥/D_b and D_⊥/D_b.
        width_nm, grain_size_nm: (q,).
    """

    bulk_cm2_s: np.ndarray
    parallel: np.ndarray
    perpendicular: np.ndarray
    width_nm: np.ndarray
    grain_size_nm: np.ndarray

    def __len__(self) -> int:
        return len(self.bulk_cm2_s)

    @property
    def width_over_size(self) -> np.ndarray:
        """Ratio w/d, (q,)."""
        return self.width_nm / self.grain_size_nm

    @classmethod
    def of(
        cls,
        mesh: Mesh,
        d_bulk_cm2_s: ArrayLike,
        d_parallel_cm2_s: ArrayLike,
        d_perpendicular_cm2_s: ArrayLike,
        width_nm: ArrayLike,
        grain_size_nm: ArrayLike,
    ) -> Queries:
        """Broadcast and check numbers, (q,) or scalar; GB diffusivities also (q, classes).

        Raises:
            InputError: a number is not positive and finite, a width is not below the grain size, or shapes differ.
        """
        plain = {"d_bulk_cm2_s": d_bulk_cm2_s, "width_nm": width_nm, "grain_size_nm": grain_size_nm}
        classed = {"d_parallel_cm2_s": d_parallel_cm2_s, "d_perpendicular_cm2_s": d_perpendicular_cm2_s}
        columns = {name: np.atleast_1d(_positive(name, value))[:, None] for name, value in plain.items()}
        columns |= {name: _per_class(name, _positive(name, value), mesh.classes) for name, value in classed.items()}
        lengths = {len(column) for column in columns.values()} - {1}
        if len(lengths) > 1 or any(columns[name].ndim != 2 for name in columns):
            shapes = {name: column.shape for name, column in columns.items()}
            raise InputError(f"the inputs have lengths {shapes}; give one number or equal lengths")
        count = lengths.pop() if lengths else 1
        bulk, width, size = (np.broadcast_to(columns[name][:, 0], (count,)) for name in plain)
        parallel, perpendicular = (np.broadcast_to(columns[name], (count, mesh.classes)) for name in classed)
        _require_grain_left(width, size)
        return cls(bulk, parallel / bulk[:, None], perpendicular / bulk[:, None], width, size)


def require_method(method: str) -> None:
    """Refuse an unknown method."""
    if method not in METHODS:
        raise InputError(f"method {method!r} is unknown; use one of {', '.join(METHODS)}")


def require_collapsible(queries: Queries) -> None:
    """Refuse boundaries too wide for the collapsed model."""
    widest = float(queries.width_over_size.max())
    if widest > WIDEST_COLLAPSED:
        raise InputError(
            f"w/d = {widest:.3g} exceeds {WIDEST_COLLAPSED}, the limit of a boundary modelled as a surface;"
            " use method 'voxel' or 'auto', or a larger grain"
        )


def _positive(name: str, value: ArrayLike) -> np.ndarray:
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} = {value!r} is not a number; give a positive number") from error
    wrong = array[~(np.isfinite(array) & (array > 0))]
    if wrong.size:
        raise InputError(
            f"{name} = {wrong.flat[0]} is not a positive finite number; for a blocking boundary give a small value,"
            " for instance 1e-4 of the bulk diffusivity"
        )
    return array


def _per_class(name: str, array: np.ndarray, classes: int) -> np.ndarray:
    """Return (q, classes) from a scalar, (q,) or (q, classes); a list of one value per class is one query."""
    if array.ndim == 0:
        return array.reshape(1, 1)
    if array.ndim == 1:
        return array[None, :] if classes > 1 and len(array) == classes else array[:, None]
    if array.ndim == 2 and array.shape[1] in (1, classes):
        return array
    raise InputError(
        f"{name} has shape {array.shape}; give one number per query and per GB class ({classes} in this mesh)"
    )


def _require_grain_left(width: np.ndarray, size: np.ndarray) -> None:
    wrong = np.flatnonzero(width >= size)
    if wrong.size:
        w, d = float(width[wrong[0]]), float(size[wrong[0]])
        raise InputError(f"a boundary width of {w:g} nm is not below the grain size of {d:g} nm; give a smaller width")
