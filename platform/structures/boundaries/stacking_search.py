"""Search for the microscopic state of a boundary: terminations, rigid-body translations and gaps, before relaxation.

The first ranking is geometric: denser states have a smaller excess length at contact. The second ranks the densest
states by their Coulomb energy with Li placed; free anions carry the mean charge of their site.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from argyro.platform.structures.boundaries.bicrystal import Stacking, plane_cell_A, stack
from argyro.platform.structures.boundaries.csl import BoundaryType
from argyro.platform.structures.boundaries.rigid_translations import contact_gap, layers_for, translation_grid
from argyro.platform.structures.boundaries.slabs import cut_slab, terminations
from argyro.platform.structures.crystal.composition import Composition
from argyro.platform.structures.crystal.coulomb import ewald_energy_eV
from argyro.platform.structures.crystal.decorate import mean_framework, place_in
from argyro.platform.structures.crystal.lithium_placement import wall_energy_eV

GRID_A = 1.2
SLAB_A = 9.0  # thickness of the grains during the search
SWEEPS = 20  # Monte Carlo sweeps of Li, enough to distinguish states
TRIED = 8  # densest states ranked by Coulomb energy


@lru_cache(maxsize=512)
def ranked_stackings(boundary: BoundaryType, composition: Composition, disorder: float) -> tuple[Stacking, ...]:
    """Rank the states of a boundary, the most promising first.

    Args:
        boundary: type of boundary.
        composition: amounts per formula unit.
        disorder: fraction of exchanged free anions; with the composition it sets the mean charges of the free sites.
    """
    lattice_A = composition.lattice_parameter_A
    dense = contact_stackings(boundary, lattice_A)[:TRIED]
    layers = layers_for(boundary, SLAB_A, lattice_A)
    energies = [_coulomb_energy(boundary, state, layers, composition, disorder) for state in dense]
    return tuple(dense[index] for index in np.argsort(energies, kind="stable"))


def contact_stackings(boundary: BoundaryType, lattice_A: float) -> list[Stacking]:
    """List all states of the translation grid at contact, smallest sum of gaps first."""
    sides = plane_cell_A(boundary, lattice_A)
    layers = layers_for(boundary, SLAB_A, lattice_A)
    slabs = {
        (grain, cut): cut_slab(boundary, grain, layers, cut, lattice_A)
        for grain in (0, 1)
        for cut in terminations(boundary, grain)
    }
    grid = translation_grid(boundary, lattice_A, GRID_A)
    states = []
    for (lower_grain, lower_cut), lower in slabs.items():
        for (upper_grain, upper_cut), upper in slabs.items():
            if (lower_grain, upper_grain) != (0, 1):
                continue
            for shift in grid:
                moved = upper.moved(shift)
                gaps = (contact_gap(lower, moved, sides, lattice_A), contact_gap(moved, lower, sides, lattice_A))
                states.append(Stacking((lower_cut, upper_cut), (float(shift[0]), float(shift[1])), gaps))
    return sorted(states, key=lambda state: round(sum(state.gaps_A), 3))


def _coulomb_energy(
    boundary: BoundaryType, state: Stacking, layers: int, composition: Composition, disorder: float
) -> float:
    """Return the Coulomb energy of a small cell in this state, with the contact repulsion of Li that do not fit."""
    skeleton = stack(boundary, state, layers, (1, 1), composition.lattice_parameter_A)
    ions_A, charges_e, lithium = mean_framework(skeleton, composition, disorder)
    lithium_A = place_in(skeleton, ions_A, charges_e, lithium, seed=0, sweeps=SWEEPS).positions_A
    charges = np.concatenate([np.ones(lithium), charges_e])
    energy = ewald_energy_eV(np.concatenate([lithium_A, ions_A]), charges, skeleton.cell)
    return energy + wall_energy_eV(lithium_A, ions_A, charges_e, skeleton.cell)
