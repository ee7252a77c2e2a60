"""Count the atoms of the cells a campaign will build, without building them."""

from __future__ import annotations

from functools import cache
from math import ceil

import numpy as np

from argyro.campaigns.spec.material import Cell
from argyro.campaigns.spec.schema import Campaign

UNITS_PER_CELL = 4


@cache
def atoms_per_unit(composition: str) -> float:
    """Count the atoms per formula unit, 13 for Li6PS5X."""
    from argyro.platform.structures.crystal.composition import Composition

    return sum(amount for _, amount in Composition.parse(composition).amounts)


def bulk_atoms(composition: str, supercell: tuple[int, int, int]) -> float:
    """Count the atoms of a bulk cell."""
    return UNITS_PER_CELL * atoms_per_unit(composition) * float(np.prod(supercell))


@cache
def boundary_atoms(composition: str, boundary: str, min_grain_thickness_nm: float) -> float:
    """Count the atoms of a cell with two grains: its volume without the gaps, in conventional cells."""
    from argyro.platform.common.units import NM_IN_A
    from argyro.platform.structures.boundaries.bicrystal import plane_cell_A
    from argyro.platform.structures.boundaries.build import MIN_WIDTH_NM
    from argyro.platform.structures.boundaries.csl import parse_boundary
    from argyro.platform.structures.boundaries.rigid_translations import layers_for
    from argyro.platform.structures.boundaries.slabs import plane_spacing
    from argyro.platform.structures.crystal.composition import Composition

    kind, lattice_A = parse_boundary(boundary), Composition.parse(composition).lattice_parameter_A
    sides_A = plane_cell_A(kind, lattice_A)
    repeats = [ceil(MIN_WIDTH_NM * NM_IN_A / side - 1e-9) for side in sides_A]
    layers = layers_for(kind, min_grain_thickness_nm * NM_IN_A, lattice_A)
    cells = 2 * layers * plane_spacing(kind) * float(np.prod(sides_A / lattice_A)) * float(np.prod(repeats))
    return UNITS_PER_CELL * atoms_per_unit(composition) * cells


def md_atoms(campaign: Campaign, cell: Cell) -> float:
    """Count the atoms of the simulated cell."""
    sizes, composition = campaign.structures, cell.material.composition
    if cell.boundary.is_bulk:
        return bulk_atoms(composition, sizes.supercell)
    return boundary_atoms(composition, cell.boundary, sizes.min_grain_thickness_nm)
