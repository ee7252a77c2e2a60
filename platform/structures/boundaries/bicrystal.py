"""Periodic cell of two stacked grains: microscopic state of the boundary and its site skeleton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.structures.boundaries.csl import BoundaryType
from argyro.platform.structures.boundaries.slabs import Slab, cut_slab
from argyro.platform.structures.crystal.lattice_sites import Skeleton


@dataclass(frozen=True)
class Stacking:
    """Microscopic state of a boundary: the terminations of both grains and their relative position.

    Attributes:
        cuts: terminations of the lower and the upper grain, as fractions of the plane spacing.
        translation_A: (x, y) displacement of the upper grain.
        gaps_A: gap at the boundary in the middle of the cell and gap at the boundary across the cell's end.
    """

    cuts: tuple[float, float]
    translation_A: tuple[float, float]
    gaps_A: tuple[float, float]


def plane_cell_A(boundary: BoundaryType, lattice_parameter_A: float) -> np.ndarray:
    """Return the side lengths (2,) in Å of the rectangular coincidence cell in the boundary plane."""
    return np.linalg.norm(boundary.plane_vectors, axis=1) * lattice_parameter_A


def stack(
    boundary: BoundaryType,
    stacking: Stacking,
    layers: int,
    repeats: tuple[int, int],
    lattice_parameter_A: float,
    vacuum_A: float = 0.0,
) -> Skeleton:
    """Build the site skeleton of a two-grain cell with the boundary normal along z.

    Args:
        boundary: type of boundary.
        stacking: microscopic state.
        layers: lattice planes per grain.
        repeats: coincidence cells along x and y.
        lattice_parameter_A: cubic lattice parameter.
        vacuum_A: width of a vacuum that replaces the second boundary; 0 keeps two boundaries.
    """
    sides = plane_cell_A(boundary, lattice_parameter_A)
    slabs = [cut_slab(boundary, grain, layers, stacking.cuts[grain], lattice_parameter_A) for grain in (0, 1)]
    thickness = slabs[0].thickness_A
    slabs[1] = slabs[1].moved(np.array([*stacking.translation_A, thickness + stacking.gaps_A[0]]))
    height = 2 * thickness + stacking.gaps_A[0] + (vacuum_A or stacking.gaps_A[1])
    slabs = [slab.repeated(repeats, np.diag([*sides, 1.0])[:2]) for slab in slabs]
    middle = thickness + stacking.gaps_A[0] / 2
    end = (height - stacking.gaps_A[1] / 2) % height
    cell = np.diag([*(sides * repeats), height])
    return _joined(slabs, cell, (middle,) if vacuum_A else (middle, end))


def _joined(slabs: list[Slab], cell: np.ndarray, planes_A: tuple[float, ...]) -> Skeleton:
    """Join two slabs into one skeleton."""

    def both(name: str) -> np.ndarray:
        return np.concatenate([getattr(slab, name) for slab in slabs])

    def grains(name: str) -> np.ndarray:
        return np.concatenate([np.full(len(getattr(slab, name)), grain) for grain, slab in enumerate(slabs)])

    return Skeleton(
        cell=cell,
        centres=both("centres"),
        arms=both("arms"),
        free=both("free"),
        pairs=both("pairs"),
        centre_grain=grains("centres"),
        free_grain=np.repeat(grains("free")[:, None], 2, axis=1),
        pair_grain=grains("pairs"),
        planes_A=planes_A,
    )
