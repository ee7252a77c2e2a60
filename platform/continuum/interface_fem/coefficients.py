"""Coefficients of the collapsed-interface form: material, temperature, width and grain size as dimensionless ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.continuum.input_checks import Queries
from argyro.platform.continuum.mesh.mesh import Mesh

# Lower bound of the jump resistance, relative to w / D_b; its effect is negligible.
LEAST_RESISTANCE = 1e-5


@dataclass(frozen=True)
class Coefficients:
    """Affine coefficients of q queries in units of D_b and of the mesh's period.

    Args:
        width: (q,) GB width w.
        plane: (q, classes) w D_∥ / D_b.
        resistance: (q, classes) R D_b with R = w (1/D_⊥ - 1/D_b), at least 1e-5 w / D_b.
    """

    width: np.ndarray
    plane: np.ndarray
    resistance: np.ndarray

    def __len__(self) -> int:
        return len(self.width)

    def __getitem__(self, index: slice | np.ndarray) -> Coefficients:
        return Coefficients(self.width[index], self.plane[index], self.resistance[index])


def coefficients(parallel: np.ndarray, perpendicular: np.ndarray, width: np.ndarray) -> Coefficients:
    """Return the coefficients from D_∥/D_b and D_⊥/D_b, each (q, classes), and w in periods, (q,)."""
    width = np.asarray(width, dtype=float)
    resistance = np.maximum(width[:, None] * (1 / perpendicular - 1), LEAST_RESISTANCE * width[:, None])
    return Coefficients(width, width[:, None] * parallel, resistance)


def theta_of(mesh: Mesh, queries: Queries) -> Coefficients:
    """Return the coefficients of the queries on this mesh, with lengths in periods."""
    return coefficients(queries.parallel, queries.perpendicular, queries.width_over_size * mesh.grain_size)
