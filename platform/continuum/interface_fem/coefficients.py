"""Coefficients of the collapsed-interface form: material, temperature, width and grain size as dimensionless ratios."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.continuum.input_checks import Queries
from argyro.platform.continuum.mesh.mesh import Mesh

# Resistance between a triple line and the grains that meet there, the largest of its layers' values
# ρ = (100 + 1000 (1 - D_⊥/D_b)) (D_b/D_⊥ - 1) + |D_∥/D_b - 1|: zero for layers like the grain, so that
# their flux enters the grains; else so large that no flux passes a blocking layer at the line. The reference table,
# without such lines, is met to 0.02 %.
LINE_NEAR_BULK, LINE_PER_BLOCKING, LINE_PER_CONTRAST = 100.0, 1000.0, 1.0


@dataclass(frozen=True)
class Coefficients:
    """Affine coefficients of q queries in units of D_b and of the mesh's period.

    Resistances are the excess of the layer over the grain that it replaces; zero for D_⊥ >= D_b.

    Args:
        width: (q,) GB width w.
        plane: (q, classes) w D_∥ / D_b.
        resistance: (q, classes) R D_b with R = w max(1/D_⊥ - 1/D_b, 0).
        line: (q, sets) resistance between grain edges and triple lines, per set of `Mesh.line_classes`.
    """

    width: np.ndarray
    plane: np.ndarray
    resistance: np.ndarray
    line: np.ndarray

    def __len__(self) -> int:
        return len(self.width)

    def __getitem__(self, index: slice | np.ndarray) -> Coefficients:
        return Coefficients(self.width[index], self.plane[index], self.resistance[index], self.line[index])


def coefficients(mesh: Mesh, parallel: np.ndarray, perpendicular: np.ndarray, width: np.ndarray) -> Coefficients:
    """Return the coefficients from D_∥/D_b and D_⊥/D_b, each (q, classes), and w in periods, (q,)."""
    width = np.asarray(width, dtype=float)
    parallel = np.asarray(parallel, dtype=float)
    excess = np.maximum(1 / np.asarray(perpendicular, dtype=float) - 1, 0.0)
    blocking = LINE_NEAR_BULK + LINE_PER_BLOCKING * excess / (1 + excess)
    layer = blocking * excess + LINE_PER_CONTRAST * np.abs(parallel - 1)
    line = np.stack([layer[:, present].max(1) for present in mesh.line_classes[0]], 1)
    return Coefficients(width, width[:, None] * parallel, width[:, None] * excess, line)


def theta_of(mesh: Mesh, queries: Queries) -> Coefficients:
    """Return the coefficients of the queries on this mesh, with lengths in periods."""
    return coefficients(mesh, queries.parallel, queries.perpendicular, queries.width_over_size * mesh.grain_size)
