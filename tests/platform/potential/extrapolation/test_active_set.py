import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from argyro.platform.common.errors import InputError
from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.extrapolation.basis_rows import basis_rows, parameter_rows
from argyro.platform.potential.mtp.model import MTP


def potential(seed: int = 0) -> MTP:
    return MTP.untrained(("Li", "Cl"), 8, 4.5, 1.5, seed=seed)


def frame(amplitude_A: float, seed: int, scale: float = 1.0) -> Atoms:
    atoms = bulk("LiCl", "rocksalt", a=5.2 * scale, cubic=True)
    atoms.positions += np.random.default_rng(seed).normal(scale=amplitude_A, size=atoms.positions.shape)
    return atoms


@pytest.fixture(scope="module")
def training():
    return [frame(0.1, seed) for seed in range(20)]


@pytest.fixture(scope="module")
def active_set(training):
    return ActiveSet.from_frames(potential(), training)


def test_training_frames_interpolate_and_active_atoms_have_grade_one(training, active_set):
    grades = [active_set.grades(potential(), atoms) for atoms in training]
    assert max(g.max() for g in grades) <= 1.002
    for index, atom in active_set.origin[active_set.origin[:, 0] >= 0]:
        assert grades[index][atom] == pytest.approx(1.0, abs=1e-6)


def test_grades_are_the_largest_coefficients_of_the_rows(active_set):
    atoms = frame(0.3, 99)
    rows = basis_rows(potential(), atoms)
    c = np.linalg.solve((active_set.rows * active_set.scale).T, rows.T).T
    np.testing.assert_allclose(active_set.grades(potential(), atoms), np.abs(c).max(axis=1), rtol=1e-6)


def test_far_structures_extrapolate_and_selection_takes_them_once(training, active_set):
    near, far = frame(0.1, 77), frame(0.1, 78, scale=0.85)
    assert active_set.grade(potential(), far) > 5 * active_set.grade(potential(), near)
    assert active_set.select(potential(), training) == []
    assert active_set.select(potential(), [training[0], far, far.copy()]) == [1]
    assert active_set.select(potential(), []) == []


def test_learning_the_selected_frame_brings_its_grade_down(training):
    far = frame(0.1, 78, scale=0.85)
    extended = ActiveSet.from_frames(potential(), [*training, far])
    assert extended.grade(potential(), far) <= 1.002


def test_configuration_mode_grades_whole_frames(training):
    active = ActiveSet.from_frames(potential(), training, mode="configuration")
    grades = active.grades(potential(), training[3])
    assert grades.shape == (8,)
    assert np.ptp(grades) == 0
    assert grades[0] <= 1.002
    supercell = training[3].repeat(2)
    assert active.grade(potential(), supercell) == pytest.approx(grades[0], rel=1e-6)
    assert active.grade(potential(), frame(0.1, 78, scale=0.85)) > 2


def test_file_brings_back_the_same_grades(active_set, tmp_path):
    active_set.write(tmp_path / "active_set")
    again = ActiveSet.read(tmp_path / "active_set")
    atoms = frame(0.3, 99)
    np.testing.assert_allclose(again.grades(potential(), atoms), active_set.grades(potential(), atoms), rtol=1e-9)
    assert (again.origin == active_set.origin).all()
    assert again.species == ("Li", "Cl")


def test_another_potentials_set_is_refused(active_set):
    with pytest.raises(InputError, match="belongs to another potential"):
        active_set.grades(potential(seed=1), frame(0.1, 0))


def test_new_linear_coefficients_keep_the_set_valid(active_set):
    mtp = potential()
    refit = mtp.with_coefficients(mtp.radial_coefficients, np.ones(2), np.ones(mtp.basis_size))
    assert active_set.grade(refit, frame(0.1, 0)) <= 1.002


def test_a_single_small_frame_is_padded(tmp_path):
    lone = ActiveSet.from_frames(potential(), [frame(0.0, 0)])
    assert (lone.origin[:, 0] == -1).any()
    assert np.isfinite(lone.inverse).all()
    assert lone.grade(potential(), frame(0.1, 1)) > 10


def test_mistakes_are_named(training, tmp_path):
    with pytest.raises(InputError, match="at least one training frame"):
        ActiveSet.from_frames(potential(), [])
    with pytest.raises(InputError, match="neighbourhood or configuration, not 'atoms'"):
        ActiveSet.from_frames(potential(), training, mode="atoms")
    with pytest.raises(InputError, match="does not exist"):
        ActiveSet.read(tmp_path / "nothing")


@pytest.mark.parametrize("keep", [0, 1, 3, 5, 12, 18, 25, 40, 42])
def test_truncated_files_are_refused(active_set, tmp_path, keep):
    active_set.write(tmp_path / "whole")
    lines = (tmp_path / "whole").read_text().splitlines()
    assert keep < len(lines)
    (tmp_path / "cut").write_text("\n".join(lines[:keep]))
    with pytest.raises(InputError, match="not a complete active set"):
        ActiveSet.read(tmp_path / "cut")


def test_damaged_numbers_are_refused(active_set, tmp_path):
    active_set.write(tmp_path / "whole")
    for old, new in (("neighbourhood", "nearby"), ("\nrows\n", "\nrows\nnan "), ("\nscale\n", "\nscale\nx ")):
        (tmp_path / "bad").write_text((tmp_path / "whole").read_text().replace(old, new, 1))
        with pytest.raises(InputError, match="not a complete active set"):
            ActiveSet.read(tmp_path / "bad")


def test_a_set_of_other_species_is_refused(active_set):
    parameters = potential().kernel.parameters
    parameters.species = ["Cl", "Li"]
    with pytest.raises(InputError, match="active set has the species Li, Cl, the potential Cl, Li"):
        active_set.grades(MTP(parameters), frame(0.1, 0))


def test_rows_that_depend_on_each_other_are_refused(active_set, tmp_path):
    active_set.write(tmp_path / "whole")
    lines = (tmp_path / "whole").read_text().splitlines()
    first = lines.index("rows") + 1
    lines[first + 1] = lines[first]
    (tmp_path / "bad").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"linearly dependent|not a finite number"):
        ActiveSet.read(tmp_path / "bad").grades(potential(), frame(0.1, 0))


def trained() -> MTP:
    mtp = potential()
    rng = np.random.default_rng(5)
    return mtp.with_coefficients(mtp.radial_coefficients, rng.normal(size=2), rng.normal(size=mtp.basis_size))


def test_parameter_rows_are_the_site_energys_derivatives():
    mtp, atoms = trained(), frame(0.2, 3)
    rows, linear = parameter_rows(mtp, atoms), 2 + mtp.basis_size
    np.testing.assert_allclose(rows[:, :linear], basis_rows(mtp, atoms), rtol=1e-9, atol=1e-12)
    for index in (0, 9, 25, mtp.radial_coefficients.size - 1):
        energies = []
        for step in (1e-5, -1e-5):
            radial = mtp.radial_coefficients.copy()
            radial.flat[index] += step
            moved = mtp.with_coefficients(radial, mtp.species_energies_eV, mtp.coefficients)
            energies.append(moved.evaluate(atoms).energies_eV)
        expected = (energies[0] - energies[1]) / 2e-5
        np.testing.assert_allclose(rows[:, linear + index], expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("mode", ["neighbourhood", "configuration"])
def test_an_active_set_of_all_parameters(tmp_path, training, mode):
    mtp = trained()
    made = ActiveSet.from_frames(mtp, training, mode=mode, parameters="all")
    assert made.rows.shape == (2 + mtp.basis_size + mtp.radial_coefficients.size,) * 2
    assert max(made.grade(mtp, atoms) for atoms in training) <= 1.002
    rows = [parameter_rows(mtp, atoms) for atoms in training[:3]]
    candidates = np.vstack(rows if mode == "neighbourhood" else [each.mean(axis=0) for each in rows]) / made.scale
    volume = np.linalg.slogdet(made.rows)[1]
    for slot in range(0, len(made.rows), 3):  # brute force: no row of the training set makes a larger volume
        exchanged = np.repeat(made.rows[None], len(candidates), axis=0)
        exchanged[:, slot] = candidates
        assert np.linalg.slogdet(exchanged)[1].max() <= volume + 0.0011
    made.write(tmp_path / "set")
    again = ActiveSet.read(tmp_path / "set")
    far = frame(0.1, 78, scale=0.85)
    assert again.parameters == "all"
    assert again.grade(mtp, far) == pytest.approx(made.grade(mtp, far))
    assert made.grade(mtp, far) > 5
    other = mtp.with_coefficients(mtp.radial_coefficients, mtp.species_energies_eV, 2 * mtp.coefficients)
    with pytest.raises(InputError, match="its parameters differ"):
        again.grade(other, far)
