"""Whether a potential converged, why not, and its errors on frames it has not seen."""

from pathlib import Path

import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.verdict import Verdict, judge
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

OPTIONS = LearningOptions(levels=(6, 8), max_labels=40, rounds_per_level=3)
SETTLED = {"level": 8, "labels": 30, "rejected": 0, "extrapolation_free": True, "fresh_frames_hold": True}


@pytest.fixture(scope="module")
def mtp():
    return MTP.read(Path(__file__).with_name("reference.mtp"))


def fresh(mtp, factor):
    """A frame whose labels are the potential's forces over a factor, on Li twice that."""
    frame = build_bulk("Li6PS5Cl")
    frame.rattle(0.1, seed=1)
    share = np.where(np.array(frame.symbols) == "Li", 2 * factor, factor)
    forces = mtp.evaluate(frame).forces_eV_A / share[:, None]
    frame.calc = SinglePointCalculator(frame, energy=0.0, forces=forces)
    return frame


def test_settled_potential_converged_with_its_errors_on_new_frames(mtp):
    frame = fresh(mtp, 0.55)
    verdict = judge([SETTLED], [frame], mtp, OPTIONS)
    assert verdict.converged and verdict.reasons == () and verdict.warning == ""
    assert verdict.li_force_slope == pytest.approx(1.1) and 0.55 < verdict.force_slope < 1.1
    lithium = frame.get_forces()[np.array(frame.symbols) == "Li"]
    assert verdict.li_force_rmse_meV_A == pytest.approx(1e3 * 0.1 * np.sqrt(np.mean(lithium**2)))
    assert verdict.metrics["converged"] == 1.0 and "fresh_li_force_slope" in verdict.metrics
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_a_soft_potential_did_not_converge_although_its_training_set_is_no_better(mtp):
    verdict = judge([SETTLED], [fresh(mtp, 0.4)], mtp, OPTIONS)
    assert not verdict.converged
    assert verdict.reasons == ("its forces on Li are 0.80 times those of the reference on new frames",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extrapolation_free": False, "broken_runs": 2}, "2 exploration runs broke"),
        (
            {"extrapolation_free": False, "broken_runs": 0, "grades": {"frames_above_select": 109, "max": 2.85}},
            "converge: 109 exploration frames exceeded the selection grade (largest grade 2.9)",
        ),
        ({"fresh_frames_hold": False}, "new frames have larger errors"),
        ({"rejected": 1}, "1 labels were rejected"),
        ({"fresh_frames_hold": False, "labels": 40}, "40 labels is reached (potential.max_labels)"),
        ({"fresh_frames_hold": False}, "3 rounds is reached at level 8 (potential.max_rounds)"),
    ],
)
def test_reasons_are_named(mtp, change, words):
    verdict = judge([SETTLED | change], [], mtp, OPTIONS)
    assert not verdict.converged and words in verdict.warning and verdict.metrics == {"converged": 0.0}
