"""Expected counts of jumps: Poisson limits and the size of a late slope."""

import numpy as np
import pytest
from scipy.stats import poisson

from argyro.platform.dynamics.diffusion.jump_exposure import JumpExposure, exposure


@pytest.mark.parametrize(("count", "expected"), [(0, 2.996), (3, 7.754), (10, 16.962)])
def test_bounds_are_those_of_a_poisson_count(count, expected):
    """Gehrels 1986, table 1, 95 %."""
    assert JumpExposure(count, 2e6).upper_bound_cm2_s() == pytest.approx(expected / 2e6, rel=1e-3)


def test_the_likelihood_is_the_poisson_probability_of_so_few_jumps():
    seen = JumpExposure(4.0, 1e6)
    assert seen.probability(7e-6) == pytest.approx(poisson.cdf(4, 7.0))
    assert seen.probability(seen.upper_bound_cm2_s()) == pytest.approx(0.05)


@pytest.mark.parametrize("ratio", [1.0, 2.0, 5.0])
def test_count_and_exposure_reproduce_a_slope_and_its_error(ratio):
    seen = exposure(ratio * 1e-7, 1e-7, 1e12)
    assert (seen.count + 2 / 3) / seen.per_cm2_s == pytest.approx(ratio * 1e-7)
    assert np.sqrt(seen.count + 1) / seen.per_cm2_s == pytest.approx(1e-7)


def test_a_frozen_run_excludes_three_jumps_per_exposure():
    assert exposure(0.0, 1e-30, 1e6) == JumpExposure(0.0, 1e6)
    assert exposure(-1e-6, 1e-30, 1e6).upper_bound_cm2_s() == pytest.approx(3e-6, rel=2e-3)


def test_a_noisy_slope_gives_no_more_than_independent_jumps():
    seen = exposure(5e-6, 1e-8, 1e6)
    assert seen.per_cm2_s == 1e6 and seen.count == pytest.approx(5 - 2 / 3)
