"""Two implementations against each other: motep reads our files, we read motep's."""

import numpy as np
import pytest
from ase.data import atomic_numbers
from potential_examples import SPECIES, random_cell, random_potential

from argyro.platform.potential.mtp.model import MTP

motep_io = pytest.importorskip("motep.io.mlip.mtp")
from motep.calculator import make_calculator  # noqa: E402


def of_motep(path, species, atoms, engine="cext"):
    data = motep_io.read_mtp(path)
    data.species = [atomic_numbers[symbol] for symbol in species]
    atoms = atoms.copy()
    atoms.calc = make_calculator(data, engine=engine)
    return atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress(), atoms.get_potential_energies()


@pytest.mark.parametrize("level", range(2, 22, 2))
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
def test_energies_forces_and_stress(tmp_path, level, count):
    species = SPECIES[:count]
    mtp, atoms = random_potential(level, species, seed=level), random_cell(7, species, seed=count)
    mtp.write(tmp_path / "p.mtp")
    energy, forces, stress, energies = of_motep(tmp_path / "p.mtp", species, atoms)
    found = MTP.read(tmp_path / "p.mtp").evaluate(atoms)
    assert found.energy_eV == pytest.approx(energy, rel=1e-9)
    np.testing.assert_allclose(found.forces_eV_A, forces, rtol=1e-9, atol=1e-9 * abs(forces).max())
    np.testing.assert_allclose(found.stress_eV_A3, stress, rtol=1e-9, atol=1e-9 * abs(stress).max())
    np.testing.assert_allclose(found.energies_eV, energies, rtol=1e-9, atol=1e-9 * abs(energies).max())


@pytest.mark.parametrize("legacy", [True, False])
def test_files_written_by_motep(tmp_path, legacy):
    mtp, atoms = random_potential(12), random_cell(6)
    mtp.write(tmp_path / "ours.mtp")
    motep_io.write_mtp(tmp_path / "theirs.mtp", motep_io.read_mtp(tmp_path / "ours.mtp"), legacy=legacy)
    found = MTP.read(tmp_path / "theirs.mtp", species=mtp.species).evaluate(atoms)
    np.testing.assert_allclose(found.forces_eV_A, mtp.evaluate(atoms).forces_eV_A, rtol=1e-12, atol=1e-12)
