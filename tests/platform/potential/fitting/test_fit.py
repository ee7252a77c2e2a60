import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from ase.stress import voigt_6_to_full_3x3_stress
from potential_examples import labelled, random_cell, random_potential
from threadpoolctl import threadpool_limits

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import EV_A3_IN_GPA
from argyro.platform.potential.fitting.dataset import Dataset
from argyro.platform.potential.fitting.fit import TrainingOptions, train
from argyro.platform.potential.fitting.linear_solve import solve_linear
from argyro.platform.potential.fitting.preconditioner import whiten
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native import _kernel

SPECIES = ("Li", "S")


def frames_of(teacher, count=8, seed=0):
    return [labelled(random_cell(6, SPECIES, edge_A=6.0, seed=seed + i), teacher) for i in range(count)]


@pytest.fixture(scope="module")
def teacher():
    """A smooth potential: coefficients fall with the level, so that random cells get forces of some eV/Å."""
    mtp = random_potential(8, SPECIES)
    size = 0.3 / np.maximum(
        1e-3, abs(np.vstack([mtp.basis(random_cell(6, SPECIES, seed=i)) for i in range(4)])).max(axis=0)
    )
    return mtp.with_coefficients(mtp.radial_coefficients, np.array([-1.0, -4.0]), size * np.sign(mtp.coefficients))


@pytest.fixture(scope="module")
def frames(teacher):
    return frames_of(teacher)


WEIGHTED = TrainingOptions(lithium_force_weight=3.0, large_force_eV_A=2.0)


def variables(mtp):
    return np.concatenate([mtp.radial_coefficients.ravel(), mtp.species_energies_eV, mtp.coefficients])


def loss(dataset, mtp, x, gradient=False):
    radial, species = mtp.radial_coefficients.shape, len(mtp.species)
    size = int(np.prod(radial))
    kernel = _kernel.Potential(mtp.parameters)
    kernel.set_coefficients(x[:size].reshape(radial), x[size : size + species], x[size + species :])
    value, parts = dataset.loss_and_gradient(kernel, threads=1)
    return np.concatenate([part.ravel() for part in parts]) if gradient else value


@pytest.mark.parametrize("level", [2, 8, 16])
def test_gradient_is_the_losss_derivative(level):
    mtp = random_potential(level, SPECIES).with_repulsion(np.full((2, 2), 2.0))
    frames = frames_of(random_potential(4, SPECIES, seed=1), 3)
    dataset = Dataset(frames, mtp, WEIGHTED)
    x = variables(mtp)
    found = loss(dataset, mtp, x, gradient=True)
    rng = np.random.default_rng(0)
    for direction in rng.normal(size=(4, len(x))):
        step = 1e-6
        numeric = (loss(dataset, mtp, x + step * direction) - loss(dataset, mtp, x - step * direction)) / (2 * step)
        assert found @ direction == pytest.approx(numeric, rel=1e-5)


def test_the_loss_is_the_weighted_mean_of_squared_errors(frames, teacher):
    other = teacher.with_coefficients(teacher.radial_coefficients, [1.0, 2.0], 1.1 * teacher.coefficients)
    wanted = 0.0
    for frame in frames:
        found = other.evaluate(frame)
        weight = np.where(frame.symbols == "Li", 3.0, 1.0)[:, None]
        damped = weight / (1.0 + (frame.get_forces() ** 2).sum(axis=1, keepdims=True) / 4.0)
        force = (damped * (found.forces_eV_A - frame.get_forces()) ** 2).sum() / (3 * weight.sum())
        energy = ((found.energy_eV - frame.get_potential_energy()) / len(frame)) ** 2
        stress = EV_A3_IN_GPA**2 * ((voigt_6_to_full_3x3_stress(found.stress_eV_A3 - frame.get_stress())) ** 2).mean()
        wanted += energy / 0.003**2 + force / 0.1**2 + stress / 0.3**2
    value = loss(Dataset(frames, other, WEIGHTED), other, variables(other))
    assert value == pytest.approx(wanted / len(frames), rel=1e-9)


def test_normal_equations_are_the_linear_part(frames, teacher):
    """The gradient by the linear coefficients is 2 (N c - b)."""
    dataset = Dataset(frames, teacher, WEIGHTED)
    other = teacher.with_coefficients(teacher.radial_coefficients, [1.0, 2.0], np.arange(9.0) * teacher.coefficients)
    matrix, vector = dataset.normal_equations(other, 1)
    gradient = loss(dataset, other, variables(other), gradient=True)[-11:]
    linear = 2 * (matrix @ np.concatenate([other.coefficients, other.species_energies_eV]) - vector)
    np.testing.assert_allclose(
        np.concatenate([linear[-2:], linear[:-2]]), gradient, rtol=1e-8, atol=1e-8 * abs(gradient).max()
    )


def test_linear_start_finds_the_teacher(frames, teacher):
    dataset = Dataset(frames, teacher, TrainingOptions())
    blank = teacher.with_coefficients(teacher.radial_coefficients, np.zeros(2), np.zeros(9))
    solved = solve_linear(dataset, blank, TrainingOptions(ridge=1e-14))
    np.testing.assert_allclose(solved.coefficients, teacher.coefficients, rtol=1e-4)


def test_sketch_estimates_the_gauss_newton_matrix(frames, teacher):
    """Its block of the linear coefficients is the normal matrix."""
    dataset = Dataset(frames, teacher, WEIGHTED)
    rows = _kernel.sketch_residuals(teacher.kernel, dataset.frames, 500, 1, 1)[:, -9:]
    matrix, _ = dataset.normal_equations(teacher, 1)
    scale = np.sqrt(np.diag(matrix))[:9]
    np.testing.assert_allclose(
        rows.T @ rows / 500 / np.outer(scale, scale), matrix[:9, :9] / np.outer(scale, scale), atol=0.1
    )


def test_whitened_variables_are_consistent(frames, teacher):
    dataset = Dataset(frames, teacher, TrainingOptions())
    whitening = whiten(dataset, teacher, 0, 1, np.zeros(teacher.radial_coefficients.shape))
    x = whitening.pack(teacher)
    for found, wanted in zip(
        whitening.unpack(x),
        (teacher.radial_coefficients, teacher.species_energies_eV, teacher.coefficients),
        strict=True,
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-8)


def test_training_from_nothing_recovers_a_potential_of_the_same_form(teacher):
    frames = frames_of(teacher, 20)
    result = train(frames, MTP.untrained(SPECIES, 8, 5.0, 1.5, seed=1), TrainingOptions(max_iterations=150))
    spread = np.sqrt(np.mean([frame.get_forces() ** 2 for frame in frames]))
    assert result.rmse["force_meV_A"] < 1e3 * 0.06 * spread
    assert [entry["loss"] for entry in result.history] == sorted((e["loss"] for e in result.history), reverse=True)
    near = frames[0].copy()
    near.rattle(0.05, seed=1)
    held_out = labelled(near, teacher)
    error = result.mtp.evaluate(held_out).forces_eV_A - held_out.get_forces()
    assert np.sqrt(np.mean(error**2)) < 0.1 * spread


def test_number_of_cores_does_not_change_the_potential(teacher):
    """To the last bit: other sums would lead the optimiser to another minimum, and the campaign to other labels."""
    frames, start = frames_of(teacher, 40), MTP.untrained(SPECIES, 12, 5.0, 1.5)
    trained = []
    for cores in (1, 3):
        with threadpool_limits(cores, user_api="blas"):
            trained.append(train(frames, start, TrainingOptions(max_iterations=20, threads=cores)).mtp)
    np.testing.assert_array_equal(variables(trained[0]), variables(trained[1]))


def test_warm_start_from_a_lower_level_never_loses(frames):
    low = train(frames, MTP.untrained(SPECIES, 6, 5.0, 1.5), TrainingOptions(max_iterations=30))
    high = train(frames, low.mtp.upconvert(10), TrainingOptions(max_iterations=30))
    assert high.history[-1]["loss"] < low.history[-1]["loss"]


def test_validation_stops_training_and_chooses_the_potential(frames, teacher):
    seen = []
    result = train(
        frames[:2],
        MTP.untrained(SPECIES, 12, 5.0, 1.5),
        TrainingOptions(max_iterations=400, restart_every=20, patience=0),
        validation=frames[2:],
        progress=seen.append,
    )
    assert seen == result.history
    losses = [entry["validation_loss"] for entry in seen]
    assert seen[-1]["iteration"] < 400
    assert Dataset(frames[2:], result.mtp, TrainingOptions()).errors(result.mtp, 1)["loss"] == pytest.approx(
        min(losses)
    )


def test_repulsion_begins_at_the_shortest_training_distance(frames):
    result = train(frames, MTP.untrained(SPECIES, 2, 5.0, 1.5), TrainingOptions(max_iterations=2))
    shortest = Dataset(frames, result.mtp, TrainingOptions()).shortest_A
    np.testing.assert_allclose(np.reshape(result.mtp.parameters.zbl_outer_A, shortest.shape), shortest)


def largest_share(mtp):
    """Largest root-mean-square radial coefficient of a pair over the median of its function."""
    size = np.sqrt(np.square(mtp.radial_coefficients).mean(axis=3))
    return (size / np.median(size, axis=(0, 1))).max()


def test_coefficients_of_a_pair_seen_only_near_the_cutoff_stay_moderate(teacher):
    """One S per cell: S meets its images alone, at 4.6 to 4.9 Å where the radial functions vanish."""
    frames = [labelled(random_cell(6, ("Li",), edge_A=4.6 + 0.06 * i, seed=i), teacher) for i in range(6)]
    for frame in frames:
        frame.symbols[0] = "S"
    frames = [labelled(frame, teacher) for frame in frames]
    start = MTP.untrained(SPECIES, 6, 5.0, 1.5, seed=1)
    free, held = (
        train(frames, start, TrainingOptions(max_iterations=150, radial_ridge=ridge)).mtp for ridge in (0.0, 3e-5)
    )
    assert largest_share(held) < 10 < largest_share(free)


def test_frames_without_stress_or_periodicity_are_used(teacher):
    cluster = random_cell(5, SPECIES)
    cluster.pbc = False
    frame = labelled(cluster, teacher)
    plain = labelled(random_cell(5, SPECIES, seed=1), teacher)
    del plain.calc.results["stress"]
    result = train([frame, plain], MTP.untrained(SPECIES, 4, 5.0, 1.5), TrainingOptions(max_iterations=5))
    assert set(result.rmse) == {"energy_meV_atom", "force_meV_A"}


def test_frames_that_cannot_be_trained_on(frames, teacher):
    start = MTP.untrained(SPECIES, 4, 5.0, 1.5)

    def altered(change):
        frame = labelled(random_cell(4, SPECIES, seed=50), teacher)
        change(frame)
        return [*frames[:2], frame]

    def without_labels(frame):
        frame.calc = None

    def without_forces(frame):
        frame.calc = SinglePointCalculator(frame, energy=1.0)

    def nan_forces(frame):
        frame.calc.results["forces"][1, 1] = np.nan

    def other_source(frame):
        frame.info["label_source"] = "chgnet"

    def overlapping(frame):
        frame.positions[1] = frame.positions[0] + 0.1
        frame.calc = SinglePointCalculator(frame, energy=1.0, forces=np.zeros((4, 3)))

    def unknown_species(frame):
        frame.symbols[0] = "Na"
        frame.calc = SinglePointCalculator(frame, energy=1.0, forces=np.zeros((4, 3)))

    for change, message in [
        (without_labels, r"frame 2 .* has no energy and no forces"),
        (without_forces, "has no forces"),
        (nan_forces, "forces contains NaN"),
        (other_source, "labels of 2 references, chgnet, teacher"),
        (overlapping, r"Å apart"),
        (unknown_species, "contains Na"),
    ]:
        with pytest.raises(InputError, match=message):
            train(altered(change), start)
    with pytest.raises(InputError, match=r"frames 0 and 2 .* are the same"):
        train([*frames[:2], frames[0]], start)
    with pytest.raises(InputError, match="no frames"):
        train([], start)
