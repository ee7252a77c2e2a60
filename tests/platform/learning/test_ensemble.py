"""Ensembles, plots and the check of fresh frames, on labels of a potential."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.common.errors import ArgyroError
from argyro.platform.learning.ensemble import train_ensemble
from argyro.platform.learning.initial_frames import seed_frames
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.plots import plot_grades, plot_parity, plot_rounds
from argyro.platform.learning.refit import fit, rmse, untrained
from argyro.platform.learning.validation_frames import frames_hold
from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

OPTIONS = LearningOptions(
    levels=(4, 6), training_iterations=40, seeds_per_structure=8, temperatures_K=(400.0,), exploration_ps=0.2
)


@pytest.fixture(scope="module")
def reference() -> MTP:
    return MTP.read(Path(__file__).with_name("reference.mtp"))


@pytest.fixture(scope="module")
def frames(reference):
    from ase.calculators.singlepoint import SinglePointCalculator

    labelled = seed_frames([build_bulk("Li6PS5Cl", 0.5, seed=1)], OPTIONS)
    for frame in labelled:
        frame.calc = MTPCalculator(reference)
        results = {
            "energy": frame.get_potential_energy(),
            "forces": frame.get_forces(),
            "stress": frame.get_stress(),
        }
        frame.calc = SinglePointCalculator(frame, **results)
        frame.info["label_source"] = "reference"
    return labelled


@pytest.fixture(scope="module")
def learned(frames):
    return fit(frames, untrained(frames, replace(OPTIONS, levels=(6,))), OPTIONS).mtp


def test_members_differ_agree_with_their_labels_and_are_kept(learned, frames, tmp_path):
    structures = [build_bulk("Li6PS5Cl", 0.5, seed=1)]
    paths = train_ensemble(learned, frames, structures, OPTIONS, 2, tmp_path)
    members = [MTP.read(mtp_path) for mtp_path, _ in paths]
    forces = [member.evaluate(frames[3]).forces_eV_A for member in members]
    assert np.abs(forces[0] - forces[1]).max() > 1e-4
    limit = 1.5 * rmse(learned, frames)["force_meV_A"]
    assert all(member.level == 6 and rmse(member, frames)["force_meV_A"] < limit for member in members)
    before = [mtp_path.stat().st_mtime_ns for mtp_path, _ in paths]
    again = train_ensemble(learned, frames, structures, OPTIONS, 2, tmp_path)
    assert [mtp_path.stat().st_mtime_ns for mtp_path, _ in again] == before


def test_members_that_break_wherever_they_explore_are_an_error(learned, frames, tmp_path, monkeypatch):
    monkeypatch.setattr("argyro.platform.learning.ensemble._runs_through", lambda *arguments, **options: False)
    with pytest.raises(ArgyroError, match="training set is too small"):
        train_ensemble(learned, frames, [], OPTIONS, 1, tmp_path)
    assert not (tmp_path / "member-0").exists()


def test_reference_holds_on_its_own_labels_and_a_shifted_one_does_not(reference, frames):
    assert frames_hold(reference, frames, 1.0, OPTIONS)
    shifted = reference.with_coefficients(
        reference.radial_coefficients, reference.species_energies_eV + 0.05, reference.coefficients
    )
    assert not frames_hold(shifted, frames, 1.0, OPTIONS)
    assert frames_hold(shifted, frames, 1.0, replace(OPTIONS, energy_tolerance_meV_atom=60.0))


@pytest.mark.parametrize("outlier_meV_atom, holds", [(5.0, True), (20.0, True), (40.0, False)])
def test_one_frame_in_thirty_may_be_off_by_three_times_the_tolerance(reference, frames, outlier_meV_atom, holds):
    fresh = [frame.copy() for frame in (frames * 30)[:30]]
    for number, frame in enumerate(fresh):
        label = reference.evaluate(frame)
        energy_eV = label.energy_eV + 1e-3 * outlier_meV_atom * len(frame) * (number == 0)
        frame.calc = SinglePointCalculator(frame, energy=energy_eV, forces=label.forces_eV_A, stress=np.zeros(6))
    assert frames_hold(reference, fresh, 1.0, OPTIONS) is holds
    for frame in fresh[1:3]:
        frame.calc.results["energy"] += 1e-3 * outlier_meV_atom * len(frame)
    assert frames_hold(reference, fresh, 1.0, OPTIONS) is (outlier_meV_atom < OPTIONS.energy_tolerance_meV_atom)


@pytest.mark.parametrize(
    "off_meV_atom, cut_from, holds", [(20.0, 0, False), (20.0, 780, True), (40.0, 780, False), (5.0, 0, True)]
)
def test_only_the_outlier_limit_applies_to_the_energy_of_a_box(reference, frames, off_meV_atom, cut_from, holds):
    frame, label = frames[3].copy(), reference.evaluate(frames[3])
    energy_eV = label.energy_eV + 1e-3 * off_meV_atom * len(frame)
    frame.calc = SinglePointCalculator(frame, energy=energy_eV, forces=label.forces_eV_A, stress=np.zeros(6))
    frame.info["cut_from"] = cut_from
    assert frames_hold(reference, [frame], 1.0, OPTIONS) is holds


def test_figures_are_drawn(reference, frames, tmp_path):
    entry = {
        "round": 0,
        "level": 6,
        "labels": 8,
        "train_rmse_force_meV_A": 120.0,
        "exploration_ps_until_break": [],
    }
    later = entry | {"round": 1, "validation_rmse_force_meV_A": 150.0, "exploration_ps_until_break": [1.0, 0.4]}
    trace = {"run": "structure 0, 600 K", "times_ps": [0.0, 1.0, 2.0], "grades": [0.8, 1.9, 5.2], "ps": 2.0}
    drawn = [
        plot_rounds([entry, later], tmp_path / "rounds.png"),
        plot_parity(reference, frames, tmp_path / "parity.png"),
        plot_grades([[trace], [trace]], OPTIONS, tmp_path / "grades.png"),
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)
