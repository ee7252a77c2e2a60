"""Several polycrystals instead of one: the mean over seeds and its scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.homogenize import Homogenized, effective_diffusivity
from argyro.platform.continuum.mesh.mesh import Mesh, mesh
from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal


@dataclass(frozen=True)
class Averaged:
    """Effective diffusivity averaged over polycrystals.

    Args:
        members: one answer per polycrystal.
        mean_cm2_s: their mean.
        scatter_cm2_s: standard deviation from polycrystal to polycrystal, what one sample of this size may be off by.
        standard_error_cm2_s: of the mean.
    """

    members: tuple[Homogenized, ...]
    mean_cm2_s: float
    scatter_cm2_s: float
    standard_error_cm2_s: float


def representative_meshes(grains: int = 27, seeds: Sequence[int] = range(4), size_spread: float = 0.0) -> list[Mesh]:
    """Coarse meshes of independent polycrystals.

    Args:
        grains: in each.
        seeds: one polycrystal per seed.
        size_spread: standard deviation of ln(grain diameter).
    """
    return [mesh(voronoi_polycrystal(grains, seed, size_spread=size_spread)) for seed in seeds]


def averaged_diffusivity(
    meshes: Sequence[Mesh],
    d_bulk_cm2_s: float,
    d_parallel_cm2_s: float | Sequence[float],
    d_perpendicular_cm2_s: float | Sequence[float],
    width_nm: float,
    grain_size_nm: float,
    method: str = "auto",
    cache: Path | None = None,
) -> Averaged:
    """`effective_diffusivity` on each polycrystal, averaged.

    Raises:
        InputError: fewer than two polycrystals show no scatter.
    """
    if len(meshes) < 2:
        raise InputError(
            f"{len(meshes)} polycrystal(s) have no scatter; give two or more", path="meshes", accepted=">= 2"
        )
    query = (d_bulk_cm2_s, d_parallel_cm2_s, d_perpendicular_cm2_s, width_nm, grain_size_nm, method, cache)
    members = tuple(effective_diffusivity(member, *query) for member in meshes)
    means = np.array([member.mean_cm2_s for member in members])
    scatter = float(means.std(ddof=1))
    return Averaged(members, float(means.mean()), scatter, scatter / np.sqrt(len(means)))
