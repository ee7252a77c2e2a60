"""Coulomb sums: comparison with Madelung constants and pymatgen; Li placement: comparison with full enumeration."""

from itertools import product

import numpy as np
import pytest
from ase.build import bulk

from argyro.platform.structures import build_boundary, build_bulk
from argyro.platform.structures.crystal.composition import CHARGES
from argyro.platform.structures.crystal.coulomb import COULOMB_EV_A, damped_matrix, ewald_energy_eV, ewald_matrix
from argyro.platform.structures.crystal.lattice_sites import ARMS, CENTRE, FREE_SITES, LITHIUM_PAIRS, PRIMITIVE
from argyro.platform.structures.crystal.lithium_placement import LithiumSites, place_lithium


def _charges(atoms):
    return np.array([CHARGES[symbol] for symbol in atoms.get_chemical_symbols()], dtype=float)


def test_madelung_constant_of_rock_salt():
    crystal = bulk("NaCl", "rocksalt", a=2.0, cubic=True)  # ions 1 Å apart
    charges = np.where(crystal.numbers == 11, 1.0, -1.0)
    energy = ewald_energy_eV(crystal.positions, charges, crystal.cell[:])
    assert energy / 4 == pytest.approx(-1.7475645946 * COULOMB_EV_A, rel=1e-6)


@pytest.mark.parametrize("boundary", [None, "sigma3(-111)[110]"])
def test_energy_agrees_with_pymatgen(boundary):
    from pymatgen.analysis.ewald import EwaldSummation
    from pymatgen.core import Structure

    atoms = (
        build_boundary("Li6PS5Cl", 0.5, boundary, 0.9, min_width_nm=0.6) if boundary else build_bulk("Li6PS5Cl", 0.5)
    )
    charges = _charges(atoms)
    crystal = Structure(atoms.cell[:], atoms.get_chemical_symbols(), atoms.get_scaled_positions())
    crystal.add_oxidation_state_by_site(charges)
    expected = EwaldSummation(crystal, acc_factor=10).total_energy
    assert ewald_energy_eV(atoms.positions, charges, atoms.cell[:]) == pytest.approx(
        expected, rel=2e-6
    )  # pymatgen truncates its sums at 1e-6


def test_matrix_and_sum_are_the_same_energy():
    atoms = build_bulk("Li6PS5Br", 0.5)
    charges = _charges(atoms)
    matrix = ewald_matrix(atoms.positions, atoms.cell[:])
    assert np.allclose(matrix, matrix.T)
    energy = ewald_energy_eV(atoms.positions, charges, atoms.cell[:])
    assert 0.5 * charges @ matrix @ charges == pytest.approx(energy, rel=1e-6)


def test_damped_kernel_ranks_li_arrangements_as_ewald_does():
    """Compare energy differences between arrangements: they agree to a few per cent, sufficient for placement."""
    rng, exact, damped = np.random.default_rng(0), [], []
    atoms = build_bulk("Li6PS5Cl", 0.5, (2, 2, 2))
    charges = _charges(atoms)
    lithium = np.flatnonzero(charges == 1)
    for _ in range(8):
        positions = atoms.positions.copy()
        positions[lithium] += rng.normal(scale=0.15, size=(len(lithium), 3))
        exact.append(ewald_energy_eV(positions, charges, atoms.cell[:]))
        damped.append(0.5 * charges @ (damped_matrix(positions, positions, atoms.cell[:]) @ charges))
    exact, damped = np.array(exact) - np.mean(exact), np.array(damped) - np.mean(damped)
    assert np.corrcoef(exact, damped)[0, 1] > 0.98
    assert np.std(damped) / np.std(exact) == pytest.approx(1.0, abs=0.1)


def test_placement_finds_the_lowest_of_all_arrangements():
    """Enumerate all 64 arrangements of the six pairs in one primitive cell."""
    cell = 9.8614 * PRIMITIVE
    ions = 9.8614 * np.concatenate([CENTRE[None], CENTRE + ARMS, list(FREE_SITES.values())])
    charges = np.array([5, -2, -2, -2, -2, -1, -2], dtype=float)
    sites = LithiumSites(9.8614 * LITHIUM_PAIRS.reshape(-1, 3), np.repeat(np.arange(6), 2))

    def energy(chosen):
        positions = np.concatenate([sites.positions_A[chosen], ions])
        return ewald_energy_eV(positions, np.concatenate([np.ones(6), charges]), cell)

    lowest = min(energy([2 * pair + side for pair, side in enumerate(sides)]) for sides in product((0, 1), repeat=6))
    found = [energy(place_lithium(sites, ions, charges, cell, 6, seed)) for seed in range(3)]
    assert min(found) == pytest.approx(lowest, abs=1e-6)


def test_placement_beats_chance_in_a_deficient_crystal():
    atoms = build_bulk("Li5.5PS4.5Cl1.5", 0.5, (2, 2, 2))
    charges, lithium = _charges(atoms), np.array(atoms.get_chemical_symbols()) == "Li"
    from argyro.platform.structures.crystal.lattice_sites import bulk_skeleton

    pairs, rng, chance = bulk_skeleton(atoms.cell[0, 0] / 2, (2, 2, 2)).pairs, np.random.default_rng(0), []
    for _ in range(5):
        picked = rng.permutation(len(pairs))[: lithium.sum()]
        positions = atoms.positions.copy()
        positions[lithium] = pairs[picked, rng.integers(2, size=len(picked))]
        chance.append(ewald_energy_eV(positions, charges, atoms.cell[:]))
    placed = ewald_energy_eV(atoms.positions, charges, atoms.cell[:])
    assert placed < min(chance) - 0.2 * lithium.sum()
