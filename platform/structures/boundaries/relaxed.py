"""Relaxation of the most promising states of a boundary; the state of lowest energy is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from argyro.platform.structures.boundaries.build import build_boundary
from argyro.platform.structures.boundaries.csl import parse_boundary
from argyro.platform.structures.boundaries.stacking_search import ranked_stackings
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.platform.structures.crystal.composition import Composition
from argyro.platform.structures.relaxation import boundary_energy, formula_units, relax

STATES = 3
BULK_SEEDS = (0, 1, 2)
FORCE_EV_A = 0.1  # force tolerance of a boundary; a smaller one changes its energy by less than 0.01 J/m²
STEPS = 200


@dataclass(frozen=True)
class BulkReference:
    """Energies of the relaxed bulk, averaged over several arrangements of Li and free anions.

    Attributes:
        eV_per_unit: energy per formula unit.
        spread_eV: standard deviation over the arrangements, per formula unit.
        lattice_parameter_A: cube root of the volume of four formula units.
        atom_eV: mean atomic energy per element and site; empty where the calculator gives no atomic energies.
    """

    eV_per_unit: float
    spread_eV: float
    lattice_parameter_A: float
    atom_eV: dict[tuple[str, str], float]


def bulk_reference(
    composition: str, disorder: float, calculator: Calculator, supercell: tuple[int, int, int] = (1, 1, 1)
) -> BulkReference:
    """Relax bulk cells of several seeds and average them; arguments as in `build_bulk` and `relax`."""
    cells = [relax(build_bulk(composition, disorder, supercell, seed), calculator) for seed in BULK_SEEDS]
    per_unit = [cell.info["energy_eV"] / formula_units(cell) for cell in cells]
    sides = [(4 * cell.get_volume() / formula_units(cell)) ** (1 / 3) for cell in cells]
    shares: dict[tuple[str, str], list[float]] = {}
    for cell in cells:
        for key, energy in zip(_element_sites(cell), cell.arrays.get("energy_eV", ()), strict=False):
            shares.setdefault(key, []).append(float(energy))
    means = {key: float(np.mean(values)) for key, values in shares.items()}
    return BulkReference(float(np.mean(per_unit)), float(np.std(per_unit)), float(np.mean(sides)), means)


def relax_boundary(
    composition: str,
    disorder: float,
    boundary: str,
    calculator: Calculator,
    bulk: BulkReference | None = None,
    states: int = STATES,
    **options: Any,
) -> Atoms:
    """Relax the most promising states of a boundary and keep the one of lowest energy.

    Args:
        composition: formula.
        disorder: fraction of exchanged free anions.
        boundary: name of the boundary.
        calculator: any ASE calculator with forces and stress.
        bulk: bulk reference; computed with the calculator if not given.
        states: number of states to relax.
        options: further arguments of `build_boundary`; the cell has two boundaries.

    Returns:
        The relaxed cell. ``info["boundary_energy_eV_A2"]`` is the mean over its two boundaries.
        ``info["side_energies_eV_A2"]`` has the energy of each boundary if the calculator gives atomic energies.
    """
    bulk = bulk or bulk_reference(composition, disorder, calculator)
    ranked = ranked_stackings(parse_boundary(boundary), Composition.parse(composition), disorder)[:states]
    cells = [
        relax(
            build_boundary(composition, disorder, boundary, stacking=stacking, **options), calculator, FORCE_EV_A, STEPS
        )
        for stacking in ranked
    ]
    best = min(cells, key=lambda cell: cell.info["energy_eV"])
    best.info["boundary_energy_eV_A2"] = boundary_energy(best, best.info["energy_eV"], bulk.eV_per_unit).eV_A2
    if "energy_eV" in best.arrays:
        best.info["side_energies_eV_A2"] = side_energies_eV_A2(best, bulk)
    return best


def side_energies_eV_A2(atoms: Atoms, bulk: BulkReference) -> list[float]:
    """Return the energy of each boundary from the excess energies of the atoms nearest to it.

    γ_k = Σ_i (e_i - ē_bulk(element, site)) / area over the atoms i nearest to plane k. The difference to the total
    excess of the cell is divided equally among the boundaries. Atomic energies depend on a convention of the
    calculator: the mean is exact, the difference between sides requires grains with a bulk-like interior.

    Args:
        atoms: relaxed cell with the array ``energy_eV``.
        bulk: reference of the same composition and disorder.
    """
    height, area = atoms.cell[2, 2], float(np.linalg.norm(np.cross(atoms.cell[0], atoms.cell[1])))
    planes = np.array(atoms.info["boundary_planes_A"])
    apart = np.abs(atoms.positions[:, 2, None] - planes)
    nearest = np.argmin(np.minimum(apart % height, -apart % height), axis=1)
    means = np.array([bulk.atom_eV[key] for key in _element_sites(atoms)])
    sums = np.bincount(nearest, weights=atoms.arrays["energy_eV"] - means, minlength=len(planes))
    excess = atoms.info["energy_eV"] - formula_units(atoms) * bulk.eV_per_unit
    return ((sums + (excess - sums.sum()) / len(planes)) / area).tolist()


def _element_sites(atoms: Atoms) -> list[tuple[str, str]]:
    """Return element and site of each atom; Li in a void is compared with Li on its crystal site."""
    return [
        (symbol, "48h" if symbol == "Li" else str(site))
        for symbol, site in zip(atoms.get_chemical_symbols(), atoms.arrays["site"], strict=True)
    ]
