"""Refit: weights of frames by their forces, and the time of its parts."""

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import _weighted
from argyro.platform.learning.stopwatch import Stopwatch


def frame_with(force_rms_eV_A):
    frame = Atoms("Li2", positions=[[0, 0, 0], [0, 0, 3]], cell=[6, 6, 6], pbc=True)
    frame.calc = SinglePointCalculator(frame, energy=0.0, forces=np.full((2, 3), force_rms_eV_A))
    return frame


def test_a_frame_of_usual_forces_has_half_the_weight_of_one_at_rest():
    options = LearningOptions(usual_force_eV_A=0.7)
    assert _weighted(frame_with(0.0), options).info["weight"] == 1.0
    assert _weighted(frame_with(0.7), options).info["weight"] == pytest.approx(0.5)
    drawn = frame_with(0.7)
    drawn.info["weight"] = 3.0
    assert _weighted(drawn, options).info["weight"] == pytest.approx(1.5) and drawn.info["weight"] == 3.0


def test_a_stopwatch_adds_the_blocks_of_a_part(monkeypatch):
    now = iter([0.0, 2.0, 5.0, 6.0, 10.0, 10.5])
    monkeypatch.setattr("argyro.platform.learning.stopwatch.time.monotonic", lambda: next(now))
    watch = Stopwatch()
    for part in ("fit", "labels", "fit"):
        with watch.time(part):
            pass
    assert watch.rounded() == {"fit": 2.5, "labels": 1.0}
