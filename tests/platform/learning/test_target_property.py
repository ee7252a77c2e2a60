"""The property for which a potential is learned: a diffusivity where ions move, nothing where they do not."""

from pathlib import Path

import pytest

from argyro.platform.learning.target_property import TargetDiffusivity
from argyro.platform.structures.crystal.bulk import build_bulk

POTENTIAL = Path(__file__).with_name("reference.mtp")


@pytest.fixture
def target(tmp_path):
    def make(temperature_K):
        return TargetDiffusivity(build_bulk("Li6PS5Cl", 0.5, seed=1), temperature_K, 30.0, tmp_path, seed=1)

    return make


def test_hot_ions_give_a_diffusivity_with_its_interval_once(target, tmp_path):
    first = target(800.0)(POTENTIAL)
    assert 1e-6 < first.low < first.value < first.high < 1e-3
    runs = [path.stat().st_mtime_ns for path in tmp_path.glob("*/trajectory.bin")]
    assert target(800.0)(POTENTIAL) == first
    assert [path.stat().st_mtime_ns for path in tmp_path.glob("*/trajectory.bin")] == runs and len(runs) == 1


def test_cold_ions_give_none(target):
    assert target(100.0)(POTENTIAL) is None
