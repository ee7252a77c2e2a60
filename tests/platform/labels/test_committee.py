"""A teacher: small MACE models trained on recorded DFT labels, which then label with doubts of their own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.committee import TeacherOptions, train_teacher

OPTIONS = TeacherOptions(channels=4, epochs=10, max_force_error_meV_A=1e4)


@pytest.fixture(scope="module")
def recorded():
    """GPAW labels of the 13-atom cell of Li6PS5Cl, rattled, strained and hot; see docs/labels.md."""
    return read(Path(__file__).parent / "data" / "gpaw_13_atoms.extxyz", index=":")


@pytest.fixture(scope="module")
def trained(recorded, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("teacher")
    return train_teacher(recorded, OPTIONS, workdir), workdir


@pytest.mark.slow
def test_a_teacher_knows_what_it_learned_and_how_well(trained, recorded):
    teacher, _ = trained
    assert len(teacher.models) == 2 and teacher.frames + teacher.held_out == len(recorded)
    forces = np.concatenate([frame.get_forces().ravel() for frame in recorded])
    assert teacher.force_error_meV_A < 0.7 * 1e3 * np.sqrt(np.mean(forces**2))
    assert teacher.doubt_eV_A == pytest.approx(2 * teacher.disagreement_eV_A) and teacher.disagreement_eV_A > 0


@pytest.mark.slow
def test_the_committee_labels_with_its_mean_and_doubts_what_is_far_from_its_labels(trained, recorded):
    teacher, _ = trained
    known = next(frame for frame in recorded if frame.info["made_by"] == "hot").copy()
    strange = known.copy()
    strange.set_cell(strange.cell * 0.8, scale_atoms=True)
    with Labeller(teacher.source()) as labeller:
        near, far = labeller.label([known, strange])
    assert near.info["status"] == "converged" and far.info["status"] == "doubtful"
    assert far.info["disagreement_eV_A"] > teacher.doubt_eV_A > near.info["disagreement_eV_A"]
    assert "disagree" in far.info["log"] and far.calc is None
    with Labeller(replace(teacher.source(), doubt_eV_A=None)) as labeller:
        (asked_again,) = labeller.label([strange])
    assert asked_again.info["status"] == "converged"


@pytest.mark.slow
def test_a_committee_is_named_by_its_weights_wherever_it_lies(trained, tmp_path):
    teacher, _ = trained
    moved = tuple(tmp_path / f"{number}.model" for number in range(2))
    for old, new in zip(teacher.models, moved, strict=True):
        new.write_bytes(old.read_bytes())
    here, there = teacher.source(), replace(teacher, models=moved).source()
    assert here.label_source == there.label_source
    swapped = replace(teacher, models=(moved[0],)).source()
    assert swapped.label_source != here.label_source


@pytest.mark.slow
def test_a_finished_teacher_is_read_and_must_pass_the_gate(trained, recorded):
    teacher, workdir = trained
    assert train_teacher(recorded, OPTIONS, workdir) == teacher
    with pytest.raises(ArgyroError, match=r"force error of \d+ meV/Å .* above the limit of 1"):
        train_teacher(recorded, replace(OPTIONS, max_force_error_meV_A=1.0), workdir)


def test_too_few_or_mixed_labels_are_refused(recorded, tmp_path):
    with pytest.raises(InputError, match="too few"):
        train_teacher(recorded[:5], OPTIONS, tmp_path)
    mixed = [frame.copy() for frame in recorded]
    mixed[0].info["label_source"] = "chgnet/0.4.2/-/-"
    with pytest.raises(InputError, match="one reference"):
        train_teacher(mixed, OPTIONS, tmp_path)
