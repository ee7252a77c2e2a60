"""Bulk argyrodite cells."""

from __future__ import annotations

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import Composition
from argyro.platform.structures.crystal.decorate import populate
from argyro.platform.structures.crystal.lattice_sites import bulk_skeleton
from argyro.platform.structures.crystal.site_occupancy import Displaced


def build_bulk(
    composition: str,
    disorder: float = 0.0,
    supercell: tuple[int, int, int] = (1, 1, 1),
    seed: int = 0,
    *,
    arrangement: str = "random",
    displaced: Displaced | None = None,
) -> Atoms:
    """Build a periodic argyrodite crystal with 4 formula units per cubic cell.

    Args:
        composition: formula, for instance "Li6PS5Cl0.5Br0.5".
        disorder: fraction of the halides on 4a exchanged with S on 4c, 0 to 1.
        supercell: number of cubic cells along x, y, z.
        seed: random seed of the anion and Li arrangement.
        arrangement: "random" or "quasirandom" free anions; the latter match the pair correlations of a random alloy.
        displaced: share of each halide off 4a, and of Se off 16e, in a mixture; None for random places.

    Returns:
        Atoms with the arrays ``site``, ``grain``, ``boundary_distance_A`` and ``info`` as documented in
        docs/structures.md.

    Raises:
        InputError: the composition, the disorder or the supercell cannot be built.
    """
    if len(supercell) != 3 or min(supercell) < 1:
        message = f"supercell {supercell} must be three integers of at least 1; give for instance (2, 2, 2)"
        raise InputError(message, path="supercell", accepted="three integers of at least 1")
    parsed = Composition.parse(composition)
    skeleton = bulk_skeleton(parsed.lattice_parameter_A, supercell)
    atoms = populate(skeleton, parsed, disorder, seed, arrangement, displaced=displaced)
    atoms.info.update(boundary="bulk", boundaries=0)
    return atoms
