"""Labels of a known potential, converted to other units: each is refused by name, the right ones pass."""

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from potential_examples import random_potential

from argyro.platform.common.errors import InputError
from argyro.platform.potential.fitting.label_units import require_consistent_units, require_small_stress_error
from argyro.platform.potential.fitting.pair_fit import PairFit
from argyro.platform.potential.mtp.model import MTP

SPECIES = ("Li", "Cl")
START = MTP.untrained(SPECIES, 2, 5.0, 1.5)


@pytest.fixture(scope="module")
def evaluated():
    """Rattled and strained rock salt with the labels of a pair potential plus some many-body terms."""
    mtp = random_potential(8, SPECIES)
    radial = 0.02 * np.random.default_rng(1).normal(size=mtp.radial_coefficients.shape)
    radial[:, :, 0, 0] += 1.0
    shaped = mtp.with_coefficients(radial, np.array([-1.0, -3.0]), np.zeros(mtp.basis_size))
    frames = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        atoms = bulk("LiCl", "rocksalt", a=5.1, cubic=True)
        atoms.set_cell(atoms.cell.array @ (np.eye(3) + rng.normal(scale=0.02, size=(3, 3))), scale_atoms=True)
        atoms.rattle(0.1, seed=seed)
        frames.append(atoms)
    typical = np.abs(shaped.basis(frames[0])).max(axis=0)
    coefficients = 0.02 * np.random.default_rng(2).normal(size=mtp.basis_size) / typical
    coefficients[0] = 2.0
    teacher = shaped.with_coefficients(radial, shaped.species_energies_eV, coefficients)
    return [(atoms, teacher.evaluate(atoms)) for atoms in frames]


def labelled(evaluated, energy=1.0, forces=1.0, stress=1.0):
    frames = []
    for atoms, found in evaluated:
        frame = atoms.copy()
        labels = {"energy": energy * found.energy_eV, "forces": forces * found.forces_eV_A}
        frame.calc = SinglePointCalculator(frame, **labels, stress=stress * found.stress_eV_A3)
        frames.append(frame)
    return frames


def test_a_pair_potential_is_recovered_from_its_forces():
    """Energy differences and deviatoric stress follow from the forces of a pair potential."""
    mtp = random_potential(2, SPECIES)
    teacher = mtp.with_coefficients(np.abs(mtp.radial_coefficients), np.zeros(2), np.array([0.5]))
    frames = []
    for seed in range(6):
        atoms = bulk("LiCl", "rocksalt", a=5.1, cubic=True)
        atoms.rattle(0.25, seed=seed)
        found = teacher.evaluate(atoms)
        atoms.calc = SinglePointCalculator(atoms, energy=found.energy_eV, forces=found.forces_eV_A)
        frames.append(atoms)
    fit = PairFit(frames, START)
    expected, energies = [fit.energy_eV(atoms) for atoms in frames], [atoms.get_potential_energy() for atoms in frames]
    assert np.polyfit(expected, energies, 1)[0] == pytest.approx(1.0, abs=0.1)
    step, atoms = 1e-5, frames[0]
    strained = [atoms.copy() for _ in range(2)]
    for sign, copy in zip((1, -1), strained, strict=True):
        copy.set_cell(atoms.cell @ (np.eye(3) + np.diag([sign * step, 0, 0])), scale_atoms=True)
    slope = (fit.energy_eV(strained[0]) - fit.energy_eV(strained[1])) / (2 * step) / atoms.get_volume()
    assert fit.stress_eV_A3(atoms)[0] == pytest.approx(slope, rel=1e-5)


def test_labels_in_ev_pass(evaluated):
    require_consistent_units(labelled(evaluated), START)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ({"stress": 160.21766}, "GPa"),
        ({"stress": 1602.1766}, "kbar"),
        ({"stress": -1602.1766}, "kbar"),
        ({"stress": -1.0}, "opposite sign"),
        ({"stress": 1 / 183.63}, "Hartree/bohr³"),
        ({"stress": 0.0}, "zero in all 8 frames"),
        ({"energy": 1 / 27.2114}, "energies in Hartree"),
        ({"energy": 23.06}, "energies in kcal/mol"),
        ({"energy": 96.485}, "energies in kJ/mol"),
        ({"forces": 1 / 51.422}, "forces in Hartree/bohr"),
        ({"forces": -1.0, "stress": -1.0}, "energies rise along the forces"),
    ],
)
def test_other_units_and_signs_are_refused_by_name(evaluated, factors, message):
    with pytest.raises(InputError, match=message):
        require_consistent_units(labelled(evaluated, **factors), START)


def test_a_small_stress_in_gpa_is_recognised_without_its_size(evaluated):
    """Below 1 eV/Å³ the size alone says nothing; the slope against the forces does."""
    scale = 0.5 / max(np.abs(found.stress_eV_A3).max() for _, found in evaluated) / 160.21766
    frames = labelled(evaluated, energy=scale, forces=scale, stress=160.21766 * scale)
    assert max(np.abs(frame.get_stress()).max() for frame in frames) == pytest.approx(0.5)
    with pytest.raises(InputError, match=r"times what the forces imply.*GPa"):
        require_consistent_units(frames, START)


def test_crystals_without_forces_are_not_judged(evaluated):
    """Of an equation of state the forces say nothing, whatever the rounding errors correlate with."""
    frames = []
    for scale in np.linspace(0.97, 1.03, 7):
        atoms = bulk("LiCl", "rocksalt", a=5.1 * scale, cubic=True)
        noise = 1e-9 * np.random.default_rng(0).normal(size=(8, 3))
        atoms.calc = SinglePointCalculator(
            atoms, energy=-30 + 900 * (scale - 1) ** 2, forces=noise, stress=np.ones(6) * 0.1
        )
        frames.append(atoms)
    require_consistent_units(frames, START)


def test_few_small_frames_are_not_judged(evaluated):
    for count in (1, 2):
        require_consistent_units(labelled(evaluated[:count], stress=0.01), START)


def test_a_fit_that_cannot_follow_the_stress_is_refused():
    require_small_stress_error(None)
    require_small_stress_error(0.2)
    with pytest.raises(InputError, match="stress error of 90 GPa"):
        require_small_stress_error(90.0)
