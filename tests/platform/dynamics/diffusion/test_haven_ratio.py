import numpy as np
import pytest
from walkers import as_trajectory, brownian

from argyro.platform.dynamics.diffusion.haven_ratio import collective


def test_independent_walkers_have_a_haven_ratio_of_one_within_the_interval():
    haven, charge = [], []
    for seed in range(60):
        result = collective(brownian([1.0, 1.0, 1.0], ions=12, frames=1000, interval_ps=0.2, seed=seed))
        if result.haven_ratio:
            haven.append(result.haven_ratio.low <= 1.0 <= result.haven_ratio.high)
        charge.append(result.charge_cm2_s is None or result.charge_cm2_s.low <= 1e-4 <= result.charge_cm2_s.high)
    assert len(haven) > 50
    assert 0.90 <= np.mean(haven) <= 1.0
    assert 0.90 <= np.mean(charge) <= 1.0


def test_pairs_that_move_as_one_carry_charge_twice_as_fast():
    values = []
    for seed in range(30):
        half = brownian([1.0, 1.0, 1.0], ions=6, frames=1000, interval_ps=0.2, seed=seed)
        pairs = as_trajectory(np.repeat(half.positions_A, 2, axis=1), half.framework_A, half.times_ps)
        values.append(np.log(collective(pairs).haven_ratio.value))
    assert np.exp(np.mean(values)) == pytest.approx(0.5, rel=0.1)


def test_a_short_run_says_nothing():
    result = collective(brownian([1.0] * 3, frames=400))
    assert result.charge_cm2_s is None
    assert result.haven_ratio is None
    assert result.to_json()["haven_ratio"] is None
