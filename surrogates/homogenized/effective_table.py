"""Interpolation table of the effective diffusivity of one polycrystal.

D_eff/D_b depends only on D_∥/D_b, D_⊥/D_b and w/d, and on D_⊥ only if it is below D_b. ln D_eff/D_b is smooth in
the logarithms of the three. Cubic splines interpolate between certified solutions of the reduced basis, so a posterior
sample needs no solution of its own.

Thin boundaries conduct by their excess w (D_∥ - D_b) and resist by w (1/D_⊥ - 1/D_b). Below the least tabulated width
w0, D_eff therefore equals that of w0 with the same two products; the deviation is below 3e-4, and none for D_GB = D_b.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.interpolate import NdBSpline, make_interp_spline

from argyro.platform.continuum.mesh.mesh import Mesh

FORMAT = 3
STEP = 0.5  # of the logarithms: error at most 0.3 %, 0.004 % on average, over the whole table
CUBIC = 3


@dataclass(frozen=True)
class EffectiveTable:
    """Table of one mesh.

    Args:
        along: ln D_∥/D_b, (n,); all three axes are equidistant.
        across: ln D_⊥/D_b, (m,), up to 0.
        width: ln w/d, (k,).
        log_ratio: ln D_eff/D_b, a third of the tensor's trace, (n, m, k).
    """

    along: np.ndarray
    across: np.ndarray
    width: np.ndarray
    log_ratio: np.ndarray

    @property
    def axes(self) -> tuple[np.ndarray, ...]:
        """Return along, across and width."""
        return self.along, self.across, self.width

    @classmethod
    def of(cls, mesh: Mesh, cache: Path | None, tolerance: float) -> EffectiveTable:
        """Tabulate the range of the standard reduced basis.

        Args:
            mesh: of the polycrystal.
            cache: folder of its reduced basis.
            tolerance: certified error of each entry.
        """
        from argyro.platform.continuum.homogenize import homogenize_batch
        from argyro.platform.continuum.interface_fem.affine_system import LARGEST_SIDE_SHARE, widest_boundary
        from argyro.platform.continuum.reduced.basis import RATIOS, WIDTHS

        widest = min(WIDTHS[1], LARGEST_SIDE_SHARE * widest_boundary(mesh) / mesh.grain_size)
        ends = (RATIOS, (RATIOS[0], 1.0), (WIDTHS[0], widest))
        along, across, width = (_equidistant(*np.log(end)) for end in ends)
        grid = np.meshgrid(along, across, width, indexing="ij")
        parallel, perpendicular, widths = (np.exp(points).ravel() for points in grid)
        widths = np.minimum(widths, widest)  # rounding may exceed it
        found = homogenize_batch(mesh, 1.0, parallel, perpendicular, widths, 1.0, cache=cache, tolerance=tolerance)
        return cls(along, across, width, np.log(found.mean_cm2_s).reshape(grid[0].shape))

    def covers(self, along: np.ndarray, across: np.ndarray, width: float) -> np.ndarray:
        """Check which ratios D_∥/D_b and D_⊥/D_b, (q,), at w/d lie in the table, (q,) booleans."""
        points = self._points(along, across, width)
        low, high = ([axis[end] for axis in self.axes] for end in (0, -1))
        inside = (points >= np.array(low) - 1e-9) & (points <= np.array(high) + 1e-9)
        return np.all(inside, axis=1)

    def ratio(self, along: np.ndarray, across: np.ndarray, width: float) -> np.ndarray:
        """Interpolate D_eff/D_b for ratios within the table, (q,)."""
        return np.exp(self._spline(self._points(along, across, width)))

    def _points(self, along: np.ndarray, across: np.ndarray, width: float) -> np.ndarray:
        """Return logarithms of the ratios, (q, 3), with widths below the table scaled to its least."""
        least = np.exp(self.width[0])
        thinner = min(width / least, 1.0)
        if thinner < 1:
            along, width = 1 + (along - 1) * thinner, least
            across = 1 / (1 + np.maximum(1 / across - 1, 0.0) * thinner)
        return np.log(np.column_stack([along, np.minimum(across, 1.0), np.full(len(along), width)]))

    @cached_property
    def _spline(self) -> NdBSpline:
        """Fit a cubic spline along each axis in turn."""
        values, knots = self.log_ratio, []
        for number, axis in enumerate(self.axes):
            line = make_interp_spline(axis, values, k=CUBIC, axis=number)
            values = np.moveaxis(line.c, 0, number)
            knots.append(line.t)
        return NdBSpline(tuple(knots), np.ascontiguousarray(values), CUBIC)

    def save(self, path: Path) -> None:
        """Write one .npz."""
        np.savez(path, along=self.along, across=self.across, width=self.width, log_ratio=self.log_ratio)

    @classmethod
    def load(cls, path: Path) -> EffectiveTable:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**stored)


def table_file(folder: Path, mesh: Mesh) -> Path:
    """Return the path of a mesh's table."""
    return folder / f"effective-{FORMAT}-{mesh.hash}.npz"


def _equidistant(low: float, high: float) -> np.ndarray:
    """Return points at distances up to STEP with zero among them if the ends are opposite: D_GB = D_b is an entry."""
    return np.linspace(low, high, 2 * int(np.ceil((high - low) / STEP / 2)) + 1)
