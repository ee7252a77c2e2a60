"""Template cells: representative cells of a material and boundary for the graph networks.

The grain stacking and the Li sites hardly depend on the elements. A search with anions of mean charge finds them once
per boundary. They are scaled to the lattice parameter, and anions are drawn for each material. Simulations start from
`build_boundary`, which searches for each material. The networks' coefficients of the two cells differ by less than the
spread of the ensemble.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from argyro.platform.structures.boundaries.csl import parse_boundary
from argyro.platform.structures.crystal.composition import Composition
from argyro.surrogates.data.descriptors import Identity

if TYPE_CHECKING:
    from ase import Atoms

    from argyro.platform.structures.crystal.decorate import PlacedLithium
    from argyro.platform.structures.crystal.lattice_sites import Skeleton

BULK_CELLS = (2, 2, 2)  # enough free sites for any disorder
MEAN_DISORDER = 0.5
ROOM_FOR = {6: "Li6PS5Cl", 7: "Li7PS6", 8: "Li8SiS6"}  # Li per formula unit: composition whose charges place the Li


def representative_cell(identity: Identity) -> Atoms:
    """Build the cell of a material and boundary with the arrays and ``info`` of a graph.

    Raises:
        InputError: the cell cannot be built.
    """
    from argyro.platform.structures.crystal.decorate import populate

    composition = Composition.parse(identity.composition)
    template = _template(identity.boundary, max(min(ROOM_FOR), ceil(composition["Li"] - 1e-6)))
    factor = composition.lattice_parameter_A / template.lattice_parameter_A
    lithium = replace(template.lithium, positions_A=template.lithium.positions_A * factor)
    atoms = populate(template.skeleton.scaled(factor), composition, identity.disorder, seed=0, lithium=lithium)
    atoms.info["boundary"] = identity.boundary
    return atoms


@dataclass(frozen=True)
class _Template:
    """Sites and Li of a boundary or the bulk at one lattice parameter."""

    skeleton: Skeleton
    lithium: PlacedLithium
    lattice_parameter_A: float


@lru_cache(maxsize=64)
def _template(boundary: str, lithium_per_unit: int) -> _Template:
    from argyro.platform.structures.boundaries.build import boundary_skeleton
    from argyro.platform.structures.boundaries.stacking_search import ranked_stackings
    from argyro.platform.structures.crystal.decorate import mean_framework, place_in
    from argyro.platform.structures.crystal.lattice_sites import bulk_skeleton

    mean = Composition.parse(ROOM_FOR[lithium_per_unit])
    lattice_A = mean.lattice_parameter_A
    if boundary == "bulk":
        skeleton = bulk_skeleton(lattice_A, BULK_CELLS)
    else:
        kind = parse_boundary(boundary)
        skeleton = boundary_skeleton(kind, ranked_stackings(kind, mean, MEAN_DISORDER)[0], lattice_A)
    lithium = place_in(skeleton, *mean_framework(skeleton, mean, MEAN_DISORDER), seed=0)
    return _Template(skeleton, lithium, lattice_A)
