"""Homogenization of posterior samples of bulk and boundary diffusivities over one polycrystal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.input_checks import WIDEST_COLLAPSED
from argyro.surrogates.homogenized.effective_table import EffectiveTable, table_file

if TYPE_CHECKING:
    from argyro.platform.continuum.mesh.mesh import Mesh

MESH_FILE = "mesh.npz"  # in one folder with the reduced basis, as in a campaign's microstructure item
TOLERANCE = 0.01  # certified error of a solution, far below the spread of any posterior


@dataclass(frozen=True)
class Polycrystal:
    """Polycrystal with one class of boundaries and a table of its effective diffusivity.

    Args:
        mesh: finite elements of the polycrystal.
        cache: folder with its reduced basis and table; None computes them once per process.
    """

    mesh: Mesh
    cache: Path | None = None

    def effective_cm2_s(
        self,
        bulk_cm2_s: np.ndarray,
        parallel_cm2_s: np.ndarray,
        perpendicular_cm2_s: np.ndarray,
        width_nm: float,
        grain_size_nm: float,
    ) -> np.ndarray:
        """Compute the mean effective diffusivity of each sample, a third of the tensor's trace.

        Samples outside the table are solved with an error certified below TOLERANCE.

        Args:
            bulk_cm2_s: (q,) samples of the grains' diffusivity.
            parallel_cm2_s: (q,), along the boundaries.
            perpendicular_cm2_s: (q,), across them.
            width_nm: boundary width.
            grain_size_nm: equivalent-sphere diameter.

        Returns:
            (q,) effective diffusivities in cm²/s.

        Raises:
            InputError: grains are smaller than ten boundary widths, so a boundary is no surface.
        """
        require_wide_grains(width_nm, grain_size_nm)
        along, across, width = parallel_cm2_s / bulk_cm2_s, perpendicular_cm2_s / bulk_cm2_s, width_nm / grain_size_nm
        inside = self.table.covers(along, across, width)
        ratio = np.empty(len(bulk_cm2_s))
        ratio[inside] = self.table.ratio(along[inside], across[inside], width)
        if not inside.all():
            ratio[~inside] = self._solved(along[~inside], across[~inside], width)
        return bulk_cm2_s * ratio

    def _solved(self, along: np.ndarray, across: np.ndarray, width: float) -> np.ndarray:
        """Solve for D_eff/D_b, (q,), by the reduced basis; uncertified samples directly."""
        from argyro.platform.continuum.homogenize import homogenize_batch

        return homogenize_batch(
            self.mesh, 1.0, along, across, width, 1.0, "reduced", cache=self.cache, tolerance=TOLERANCE
        ).mean_cm2_s

    @cached_property
    def table(self) -> EffectiveTable:
        """Table from the cache; tabulated if absent."""
        path = self.cache and table_file(self.cache, self.mesh)
        if path and path.is_file():
            return EffectiveTable.load(path)
        return EffectiveTable.of(self.mesh, self.cache, TOLERANCE)

    def save(self, directory: Path | str) -> None:
        """Write the mesh, its reduced basis and the table into a folder."""
        from argyro.platform.continuum.reduced.basis import reduced_model

        self.mesh.save(Path(directory) / MESH_FILE)
        reduced_model(self.mesh, cache=Path(directory))
        self.table.save(table_file(Path(directory), self.mesh))

    @classmethod
    def load(cls, directory: Path | str) -> Polycrystal:
        """Read what `save`, or a campaign's microstructure stage, wrote.

        Raises:
            InputError: the folder holds no mesh.
        """
        from argyro.platform.continuum.mesh.mesh import Mesh

        path = Path(directory) / MESH_FILE
        if not path.is_file():
            raise InputError(f"{directory} holds no polycrystal: {MESH_FILE} is missing")
        return cls(Mesh.load(path), Path(directory))


def smallest_grain_nm(width_nm: float) -> float:
    """Return the least grain size for which a boundary is a surface."""
    return width_nm / WIDEST_COLLAPSED


def require_wide_grains(width_nm: float, grain_size_nm: float) -> None:
    """Refuse grains that need the voxel method, which takes seconds to minutes.

    Raises:
        InputError: grains are smaller than ten boundary widths.
    """
    least = smallest_grain_nm(width_nm)
    if not grain_size_nm >= least * (1 - 1e-9):
        raise InputError(
            f"grains of {grain_size_nm:g} nm are too small for boundaries {width_nm:g} nm wide; give at least "
            f"{least:g} nm, or use `argyro homogenize --method voxel`",
            path="grain_size_nm",
            accepted=f">= {least:g}",
        )
