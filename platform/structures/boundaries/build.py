"""Periodic cells with grain boundaries normal to z."""

from __future__ import annotations

from math import ceil

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import NM_IN_A
from argyro.platform.structures.boundaries.bicrystal import Stacking, plane_cell_A, stack
from argyro.platform.structures.boundaries.csl import BoundaryType, parse_boundary
from argyro.platform.structures.boundaries.rigid_translations import layers_for
from argyro.platform.structures.boundaries.slabs import plane_spacing
from argyro.platform.structures.boundaries.stacking_search import ranked_stackings
from argyro.platform.structures.checks import require
from argyro.platform.structures.crystal.composition import Composition
from argyro.platform.structures.crystal.decorate import populate
from argyro.platform.structures.crystal.lattice_sites import Skeleton
from argyro.platform.structures.crystal.site_occupancy import Displaced

MIN_THICKNESS_NM, MIN_WIDTH_NM = 1.5, 0.9


def build_boundary(
    composition: str,
    disorder: float,
    boundary: str,
    min_grain_thickness_nm: float = MIN_THICKNESS_NM,
    seed: int = 0,
    *,
    min_width_nm: float = MIN_WIDTH_NM,
    vacuum_nm: float = 0.0,
    arrangement: str = "random",
    stacking: Stacking | None = None,
    displaced: Displaced | None = None,
) -> Atoms:
    """Build two grains of equal thickness with two boundaries per periodic cell, or one boundary and a vacuum.

    Args:
        composition: formula, for instance "Li6PS5Cl0.5Br0.5".
        disorder: fraction of the halides on 4a exchanged with S on 4c, in each grain.
        boundary: name, for instance "sigma5(001)[001]"; see `csl.list_boundaries`.
        min_grain_thickness_nm: minimum thickness; each grain has the fewest lattice planes that reach it in register.
        seed: random seed of the anion and Li arrangement.
        min_width_nm: minimum side length of the cell in the boundary plane.
        vacuum_nm: width of a vacuum that replaces the second boundary; 0 for none.
        arrangement: "random" or "quasirandom" free anions; the latter match the pair correlations of a random alloy.
        stacking: terminations, translation and gaps; by default the first of `stacking_search.ranked_stackings`.
        displaced: share of each halide off 4a, and of Se off 16e, in a mixture; None for random places.

    Returns:
        Atoms that pass `checks.require`, with the arrays and ``info`` documented in docs/structures.md.

    Raises:
        InputError: the composition, the disorder or the boundary cannot be built.
        StructureError: the built cell fails a check.
    """
    for name, value, least in (("min_grain_thickness_nm", min_grain_thickness_nm, 0.5), ("vacuum_nm", vacuum_nm, 0.0)):
        if value < least:
            message = f"{name} {value} is too small; give at least {least}"
            raise InputError(message, path=name, accepted=f"at least {least}")
    parsed, kind = Composition.parse(composition), parse_boundary(boundary)
    stacking = stacking or ranked_stackings(kind, parsed, disorder)[0]
    lattice_A = parsed.lattice_parameter_A
    skeleton = boundary_skeleton(kind, stacking, lattice_A, min_grain_thickness_nm, min_width_nm, vacuum_nm)
    atoms = populate(skeleton, parsed, disorder, seed, arrangement, displaced=displaced)
    atoms.info.update(
        boundary=kind.name,
        boundaries=len(skeleton.planes_A),
        boundary_planes_A=list(skeleton.planes_A),
        grain_thickness_A=grain_thickness_nm(composition, boundary, min_grain_thickness_nm) * NM_IN_A,
        boundary_sides=" ".join(kind.sides[: len(skeleton.planes_A)]),
        sides_equal=kind.sides_equal,
    )
    require(atoms)
    return atoms


def grain_thickness_nm(composition: str, boundary: str, min_grain_thickness_nm: float) -> float:
    """Compute the thickness of each grain: the fewest lattice planes in register that reach the minimum."""
    kind, lattice_A = parse_boundary(boundary), Composition.parse(composition).lattice_parameter_A
    return layers_for(kind, min_grain_thickness_nm * NM_IN_A, lattice_A) * plane_spacing(kind) * lattice_A / NM_IN_A


def boundary_skeleton(
    kind: BoundaryType,
    stacking: Stacking,
    lattice_A: float,
    min_grain_thickness_nm: float = MIN_THICKNESS_NM,
    min_width_nm: float = MIN_WIDTH_NM,
    vacuum_nm: float = 0.0,
) -> Skeleton:
    """Build the site skeleton of two grains in one microscopic state; sizes as in `build_boundary`."""
    layers = layers_for(kind, min_grain_thickness_nm * NM_IN_A, lattice_A)
    along, across = (ceil(min_width_nm * NM_IN_A / side - 1e-9) for side in plane_cell_A(kind, lattice_A))
    return stack(kind, stacking, layers, (along, across), lattice_A, vacuum_nm * NM_IN_A)
