import numpy as np
import pytest

from argyro.platform.dynamics.seeds import combine
from argyro.platform.errors import InputError
from argyro.platform.uncertain import Uncertain


def run(value, log_sigma=0.1):
    spread = np.exp(1.959964 * log_sigma)
    return Uncertain(value, value / spread, value * spread)


def test_agreeing_runs_narrow_the_interval_and_one_run_is_itself():
    assert combine([run(1e-6)]) == run(1e-6)
    both = combine([run(1.0e-6), run(1.05e-6), run(0.95e-6), run(1.0e-6)])
    assert both.value == pytest.approx(1e-6, rel=0.02)
    assert 0.04 < both.log_sigma < 0.1


@pytest.mark.parametrize("between", [0.0, 0.5])
def test_the_interval_covers_the_truth_with_and_without_spread_between_runs(between):
    hits = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        logs = random.normal(size=4) * np.hypot(0.1, between)
        value = combine([run(x) for x in np.exp(logs)])
        hits.append(value.low <= 1.0 <= value.high)
    assert 0.92 <= np.mean(hits) <= 1.0


def test_nothing_to_combine_is_refused():
    with pytest.raises(InputError, match="no diffusivity"):
        combine([])
