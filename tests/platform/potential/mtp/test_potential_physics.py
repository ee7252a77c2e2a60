import os
import subprocess
import sys

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import make_supercell
from potential_examples import random_cell, random_potential

from argyro.platform.common.errors import InputError
from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP


@pytest.fixture(scope="module")
def mtp():
    return random_potential(14).with_repulsion(np.full((4, 4), 2.4))


@pytest.fixture(scope="module")
def atoms():
    return random_cell(8, seed=3)


def test_forces_are_the_energys_derivative(mtp, atoms):
    forces, step = mtp.evaluate(atoms).forces_eV_A, 1e-4
    for atom, axis in [(0, 0), (3, 1), (7, 2)]:
        energies = []
        for sign in (1, -1):
            moved = atoms.copy()
            moved.positions[atom, axis] += sign * step
            energies.append(mtp.evaluate(moved).energy_eV)
        assert -(energies[0] - energies[1]) / (2 * step) == pytest.approx(forces[atom, axis], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("level", [24, 26])
def test_forces_of_the_highest_levels(level):
    """One component by central differences; tables of these levels are beyond what motep can be compared with."""
    mtp, atoms, step = random_potential(level, species=("Li", "S")), random_cell(4, species=("Li", "S"), seed=1), 1e-4
    energies = []
    for sign in (1, -1):
        moved = atoms.copy()
        moved.positions[1, 2] += sign * step
        energies.append(mtp.evaluate(moved).energy_eV)
    expected = -(energies[0] - energies[1]) / (2 * step)
    assert mtp.evaluate(atoms).forces_eV_A[1, 2] == pytest.approx(expected, rel=1e-5)


def test_stress_is_the_strain_derivative(mtp, atoms):
    stress, step = mtp.evaluate(atoms).stress_eV_A3, 1e-5
    for component, (i, j) in enumerate([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]):
        energies = []
        for sign in (1, -1):
            strain = np.eye(3)
            strain[i, j] += sign * step / 2
            strain[j, i] += sign * step / 2
            strained = atoms.copy()
            strained.set_cell(atoms.cell @ strain, scale_atoms=True)
            energies.append(mtp.evaluate(strained).energy_eV)
        found = (energies[0] - energies[1]) / (2 * step) / atoms.get_volume()
        assert found == pytest.approx(stress[component], rel=1e-5)


def test_invariance(mtp, atoms):
    reference = mtp.evaluate(atoms)
    rotated = atoms.copy()
    rotated.rotate(37.0, (1, 2, 3), rotate_cell=True)
    shifted = atoms.copy()
    shifted.positions += (1.0, -7.3, 20.1)
    order = np.random.default_rng(0).permutation(len(atoms))
    tripled = make_supercell(atoms, [[1, 1, 0], [0, 1, 0], [0, 1, 3]])
    for other, factor in [(rotated, 1), (shifted, 1), (atoms[order], 1), (tripled, 3)]:
        assert mtp.evaluate(other).energy_eV == pytest.approx(factor * reference.energy_eV, rel=1e-11)
    np.testing.assert_allclose(mtp.evaluate(atoms[order]).forces_eV_A, reference.forces_eV_A[order], rtol=1e-9)
    assert reference.energies_eV.sum() == pytest.approx(reference.energy_eV)
    np.testing.assert_allclose(reference.forces_eV_A.sum(axis=0), 0.0, atol=1e-9 * abs(reference.forces_eV_A).max())


def test_basis_gives_the_energy(mtp, atoms):
    plain = mtp.with_repulsion(np.zeros((4, 4)))
    energies = plain.species_energies_eV[plain.types(atoms)] + plain.basis(atoms) @ plain.coefficients
    np.testing.assert_allclose(energies, plain.evaluate(atoms).energies_eV, rtol=1e-11)


def test_a_cluster_equals_the_same_in_a_large_cell(mtp):
    cluster = Atoms("LiPS", positions=[[0, 0, 0], [2, 0.3, 0], [0.5, 2.2, 0.4]])
    boxed = cluster.copy()
    boxed.set_cell([20, 20, 20])
    boxed.pbc = True
    slab = boxed.copy()
    slab.pbc = (True, True, False)
    for other in (boxed, slab):
        np.testing.assert_allclose(mtp.evaluate(other).forces_eV_A, mtp.evaluate(cluster).forces_eV_A, rtol=1e-9)
    assert np.isnan(mtp.evaluate(cluster).stress_eV_A3).all()


def test_many_atoms_and_threads(mtp):
    atoms = random_cell(6, seed=5) * (5, 5, 4)
    one, two = mtp.evaluate(atoms, threads=1), mtp.evaluate(atoms, threads=2)
    np.testing.assert_array_equal(one.forces_eV_A, two.forces_eV_A)


def test_repulsion_alone(mtp):
    """ZBL of Li and S at 1 Å, fully on: 14.3996 * 48 / r * phi."""
    bare = MTP.untrained(("Li", "S"), 4, 5.0, 1.0).with_repulsion(np.full((2, 2), 2.0))
    length = 0.46850 / (3**0.23 + 16**0.23)
    phi = sum(
        weight * np.exp(-decay * 1.0 / length)
        for weight, decay in [(0.18175, 3.1998), (0.50986, 0.94229), (0.28022, 0.4029), (0.02817, 0.20162)]
    )
    found = bare.evaluate(Atoms("LiS", positions=[[0, 0, 0], [1.0, 0, 0]]))
    assert found.energy_eV == pytest.approx(14.399645 * 48 * phi, rel=1e-9)
    assert bare.evaluate(Atoms("LiS", positions=[[0, 0, 0], [2.0, 0, 0]])).energy_eV == 0.0


@pytest.mark.parametrize("instructions", ["avx2", "baseline"])
def test_instruction_sets_agree(tmp_path, mtp, atoms, instructions):
    mtp.write(tmp_path / "p.mtp")
    atoms.write(tmp_path / "a.extxyz")
    code = (
        "import sys, ase.io, numpy; from argyro.platform.potential.mtp.model import MTP;"
        "numpy.save(sys.argv[3], MTP.read(sys.argv[1]).evaluate(ase.io.read(sys.argv[2])).forces_eV_A)"
    )
    files = [str(tmp_path / name) for name in ("p.mtp", "a.extxyz", "f.npy")]
    subprocess.run([sys.executable, "-c", code, *files], check=True, env={**os.environ, "ARGYRO_SIMD": instructions})
    np.testing.assert_allclose(np.load(files[2]), mtp.evaluate(ase.io.read(files[1])).forces_eV_A, rtol=1e-9)


def test_calculator(mtp, atoms):
    atoms = atoms.copy()
    atoms.calc = MTPCalculator(mtp)
    found = mtp.evaluate(atoms)
    assert atoms.get_potential_energy() == found.energy_eV
    np.testing.assert_array_equal(atoms.get_stress(), found.stress_eV_A3)


def test_bad_structures(mtp):
    with pytest.raises(InputError, match=r"contains Na, the potential has Li, P, S, Cl"):
        mtp.evaluate(Atoms("Na"))
    with pytest.raises(InputError, match=r"0\.300 Å apart"):
        mtp.evaluate(Atoms("Li2", positions=[[0, 0, 0], [0.3, 0, 0]]))
    with pytest.raises(InputError, match="no volume"):
        mtp.evaluate(Atoms("Li", pbc=True))
    with pytest.raises(InputError, match="finite"):
        mtp.evaluate(Atoms("Li2", positions=[[0, 0, 0], [np.nan, 0, 0]]))


def test_upconversion_leaves_energies_unchanged(mtp, atoms):
    higher = mtp.upconvert(18)
    assert (higher.level, higher.basis_size) == (18, 163)
    np.testing.assert_allclose(higher.evaluate(atoms).forces_eV_A, mtp.evaluate(atoms).forces_eV_A, rtol=1e-8)
    assert higher.evaluate(atoms).energy_eV == pytest.approx(mtp.evaluate(atoms).energy_eV, rel=1e-10)
    with pytest.raises(InputError, match="give a higher level"):
        higher.upconvert(12)
