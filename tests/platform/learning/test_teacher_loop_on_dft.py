"""The whole way from DFT through a MACE teacher to a potential, with labels that GPAW makes now.

Needs GPAW's environment (`argyro labels install gpaw`), of another place by ARGYRO_GPAW_PYTHON.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from argyro.platform.labels.client import Labeller
from argyro.platform.labels.committee import TeacherOptions
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import rmse
from argyro.platform.learning.teacher_loop import learn_taught
from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.mtp.model import MTP

pytestmark = pytest.mark.slow
RECORDED = Path(__file__).parents[1] / "labels" / "data" / "gpaw_13_atoms.extxyz"


@pytest.fixture(scope="module")
def gpaw():
    python = os.environ.get("ARGYRO_GPAW_PYTHON", ".venvs/gpaw/bin/python")
    source = LabelSource("gpaw", python=python, kwargs={"kpts": {"size": [2, 2, 2]}})
    available, reason = source.available()
    return source if available else pytest.skip(reason)


@pytest.fixture(scope="module")
def recorded():
    return [frame for frame in read(RECORDED, index=":") if frame.info["status"] == "converged"]


def test_gpaw_says_today_what_was_recorded(gpaw, recorded):
    chosen = recorded[::15]
    with Labeller(gpaw) as labeller:
        fresh = labeller.label([frame.copy() for frame in chosen])
    for now, then in zip(fresh, chosen, strict=True):
        assert now.get_potential_energy() == pytest.approx(then.get_potential_energy(), abs=1e-3 * len(then))
        np.testing.assert_allclose(now.get_forces(), then.get_forces(), atol=5e-3)


def test_a_few_dft_labels_teach_a_model_that_teaches_a_potential(gpaw, recorded, tmp_path):
    cell = recorded[0].copy()
    cell.info = {"boundary": "bulk", "composition": "Li6PS5Cl", "disorder": 0.0}
    options = LearningOptions(levels=(6,), temperatures_K=(300.0,), exploration_ps=2.0, rounds_per_level=3)
    teaching = TeacherOptions(channels=8, epochs=60, max_force_error_meV_A=600.0)
    budget = 20
    with Labeller(gpaw) as labeller:
        taught = learn_taught([cell], options, teaching, budget, labeller, tmp_path)
    expensive = read(taught.expensive, index=":")
    assert {frame.info["label_source"] for frame in expensive} == {gpaw.label_source} and len(expensive) <= budget
    assert taught.learned.rounds[-1]["labels"] > len(expensive)
    mtp, active_set = MTP.read(taught.learned.mtp_path), ActiveSet.read(taught.learned.active_set_path)
    known = [frame for frame in recorded if active_set.grade(mtp, frame) <= 1.1]  # the others are beyond 300 K
    rms = 1e3 * np.sqrt(np.mean(np.concatenate([frame.get_forces().ravel() for frame in known]) ** 2))
    assert len(known) >= len(recorded) // 4
    assert rmse(mtp, known)["force_meV_A"] < 0.25 * rms
