import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.replicates import combine, ensemble


def run(value, log_sigma=0.1):
    spread = np.exp(1.959964 * log_sigma)
    return Uncertain(value, value / spread, value * spread)


def test_agreeing_runs_narrow_the_interval_and_one_run_is_itself():
    assert combine([run(1e-6)]) == run(1e-6)
    both = combine([run(1.0e-6), run(1.05e-6), run(0.95e-6), run(1.0e-6)])
    assert both.value == pytest.approx(1e-6, rel=0.02)
    assert 0.04 < both.log_sigma < 0.1


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("between", [0.0, 0.2, 0.5])
def test_the_interval_covers_the_truth_with_and_without_spread_between_runs(between, count):
    hits = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        logs = random.normal(size=count) * np.hypot(0.1, between)
        value = combine([run(x) for x in np.exp(logs)])
        hits.append(value.low <= 1.0 <= value.high)
    assert 0.90 <= np.mean(hits) <= 1.0


def test_two_runs_that_agree_say_more_than_their_difference():
    """A fifth apart with a tenth of error each: Student's t with one degree of freedom would give a factor of four."""
    value = combine([run(0.9e-6), run(1.1e-6)])
    assert value.value == pytest.approx(1e-6, rel=0.01)
    assert 1.2 < value.high / value.value < 2.0
    apart = combine([run(0.5e-6), run(2e-6)])
    assert apart.high / apart.value > 2.0


def test_nothing_to_combine_is_refused():
    with pytest.raises(InputError, match="no diffusivity"):
        combine([])


def test_runs_without_a_value_pull_the_lower_limit_down_and_in_the_majority_leave_a_bound():
    alone = ensemble(500.0, [(run(1e-6), None)])
    assert alone.estimate == run(1e-6) and alone.spread is None
    most = ensemble(500.0, [(run(1e-6), None), (run(1.1e-6), None), (None, 4e-7)])
    assert (most.runs, most.valid_runs) == (3, 2)
    both = combine([run(1e-6), run(1.1e-6)])
    assert (most.estimate.value, most.estimate.high) == (both.value, both.high)
    assert most.estimate.low == pytest.approx(both.low * 2 / 3)
    half = ensemble(500.0, [(run(1e-6), None), (None, 4e-7)])
    assert half.estimate is None
    assert half.upper_bound_cm2_s == pytest.approx((run(1e-6).high + 4e-7) / 2)
    assert half.to_json()["valid"] is False
