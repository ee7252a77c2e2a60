"""The polycrystal's answer tabulated, so that posterior samples pass through homogenization at once.

D_eff / D_b of one polycrystal depends on D_∥/D_b, D_⊥/D_b and w/d only. ln(D_eff / D_b) is smooth in their
logarithms; a cubic spline through a grid of homogenizations answers 10⁵ samples in a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy.ndimage import map_coordinates, spline_filter

from argyro.platform.errors import InputError

# The grid covers what the standard reduced basis covers, two points a decade of ratio and three of width.
RATIO_LIMITS = (1e-4, 1e4)  # of D_GB / D_b
WIDTH_LIMITS = (1e-4, 0.1)  # of w/d; the upper one is that of the collapsed-interface model
RATIO_POINTS = 17
WIDTH_POINTS = 10
PADDING = 4  # grid points continued beyond the edges by odd reflection, so that the slope goes on there
BEYOND = 3  # grid points, one and a half decades, that a ratio may lie beyond the grid before it is held

if TYPE_CHECKING:
    from argyro.platform.continuum.mesh import Mesh

Solver = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class PolycrystalTable:
    """Spline coefficients of ln(D_eff / D_b) over (ln D_∥/D_b, ln D_⊥/D_b, ln w/d)."""

    coefficients: np.ndarray

    @classmethod
    def build(cls, solve: Solver) -> PolycrystalTable:
        """Tabulate a homogenization.

        Args:
            solve: gives D_eff / D_b, (q,), for D_∥/D_b, D_⊥/D_b and w/d, (q,) each.
        """
        ratios = np.geomspace(*RATIO_LIMITS, RATIO_POINTS)
        widths = np.geomspace(*WIDTH_LIMITS, WIDTH_POINTS)
        grid = np.meshgrid(ratios, ratios, widths, indexing="ij")
        values = np.log(solve(*(axis.ravel() for axis in grid))).reshape(grid[0].shape)
        padded = np.pad(values, PADDING, mode="reflect", reflect_type="odd")
        return cls(spline_filter(padded, order=3, mode="mirror"))

    @classmethod
    def of_mesh(cls, mesh: Mesh, cache: Path | None = None) -> PolycrystalTable:
        """Tabulate the finite elements of a polycrystal through their reduced basis.

        Args:
            mesh: of one polycrystal with one class of boundaries.
            cache: folder of reduced bases.
        """
        from argyro.platform.continuum.homogenize import homogenize_batch

        def solve(parallel: np.ndarray, perpendicular: np.ndarray, width: np.ndarray) -> np.ndarray:
            return homogenize_batch(mesh, 1.0, parallel, perpendicular, width, 1.0, "reduced", cache).mean_cm2_s

        return cls.build(solve)

    def effective_cm2_s(
        self,
        bulk_cm2_s: np.ndarray,
        parallel_cm2_s: np.ndarray,
        perpendicular_cm2_s: np.ndarray,
        width_nm: float,
        grain_size_nm: float,
    ) -> np.ndarray:
        """Mean effective diffusivity, a third of the tensor's trace, of arrays of equal shape.

        Raises:
            InputError: grains less than ten boundary widths across, for which a boundary is no surface.
        """
        if not width_nm / grain_size_nm <= WIDTH_LIMITS[1] * (1 + 1e-9):
            raise InputError(
                f"grains of {grain_size_nm:g} nm are too small for boundaries {width_nm:g} nm wide; give at least "
                f"{width_nm / WIDTH_LIMITS[1]:g} nm, or use `argyro homogenize --method voxel`",
                path="grain_size_nm",
                given=grain_size_nm,
                accepted=f">= {width_nm / WIDTH_LIMITS[1]:g}",
            )
        share = width_nm / grain_size_nm
        # For thin boundaries only w D_∥ and w / D_⊥ matter: below the grid, width is traded for the ratios, exactly
        # in the limit.
        thinner = min(share / WIDTH_LIMITS[0], 1.0)
        place = [
            _place(parallel_cm2_s / bulk_cm2_s * thinner, RATIO_LIMITS, RATIO_POINTS, BEYOND),
            _place(perpendicular_cm2_s / bulk_cm2_s / thinner, RATIO_LIMITS, RATIO_POINTS, BEYOND),
            _place(np.full(np.shape(bulk_cm2_s), share), WIDTH_LIMITS, WIDTH_POINTS, 0),
        ]
        return bulk_cm2_s * np.exp(map_coordinates(self.coefficients, place, order=3, mode="mirror", prefilter=False))

    def save(self, path: Path | str) -> None:
        """Write as safetensors."""
        save_file({"coefficients": np.ascontiguousarray(self.coefficients)}, path)

    @classmethod
    def load(cls, path: Path | str) -> PolycrystalTable:
        """Read what `save` wrote."""
        return cls(load_file(path)["coefficients"])


def _place(values: np.ndarray, limits: tuple[float, float], points: int, beyond: int) -> np.ndarray:
    """Fractional grid index of values on a logarithmic axis, held a few points beyond its ends."""
    low, high = np.log(limits)
    index = (np.log(values) - low) / (high - low) * (points - 1)
    return np.clip(index, -beyond, points - 1 + beyond) + PADDING
