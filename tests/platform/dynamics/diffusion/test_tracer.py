import json

import numpy as np
import pytest
from walkers import as_trajectory, brownian, caged

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion.tracer import Diffusivity, diffusivities, diffusivity

TRIALS = 200
CASES = {
    "three dimensions": ("xyz", {"diffusivities_A2_ps": [1.0, 1.0, 1.0]}),
    "two dimensions": ("xy", {"diffusivities_A2_ps": [1.0, 1.0, 0.0]}),
    "one dimension": ("z", {"diffusivities_A2_ps": [5.0, 5.0, 1.0]}),
    "anisotropic": ("xyz", {"diffusivities_A2_ps": [2.0, 0.8, 0.2]}),
    "drift": ("xyz", {"diffusivities_A2_ps": [1.0, 1.0, 1.0], "drift_A_ps": (2.0, 0.0, -1.0)}),
    "vibration": ("xyz", {"diffusivities_A2_ps": [1.0, 1.0, 1.0], "vibration_A": 0.7}),
    "short": ("xyz", {"diffusivities_A2_ps": [1.0, 1.0, 1.0], "frames": 120, "ions": 96}),
}


FAST = ("three dimensions", "short")


@pytest.mark.parametrize("name", [*FAST, *(pytest.param(n, marks=pytest.mark.slow) for n in CASES if n not in FAST)])
def test_the_95_percent_interval_covers_the_truth_in_90_to_98_percent_of_trials(name):
    axes, options = CASES[name]
    truth = np.mean([options["diffusivities_A2_ps"]["xyz".index(axis)] for axis in axes]) * A2_PER_PS_IN_CM2_S
    hits = [_covers(diffusivity(brownian(**options, seed=i), 500.0, axes, i, "exact"), truth) for i in range(TRIALS)]
    assert 0.90 <= np.mean(hits) <= 0.98


def _covers(result, truth):
    return result.estimate.low <= truth <= result.estimate.high if result.valid else truth <= result.upper_bound_cm2_s


@pytest.mark.parametrize("seed", range(3))
def test_kinisi_samples_the_posterior_that_has_the_closed_form(seed):
    walk = brownian([1.0, 1.0, 1.0], vibration_A=0.5, seed=seed)
    exact = diffusivity(walk, 500.0, estimator="exact", seed=seed)
    chain = diffusivity(walk, 500.0, estimator="kinisi", seed=seed)
    width = exact.estimate.high - exact.estimate.low
    assert chain.estimate.value == pytest.approx(exact.estimate.value, abs=0.05 * width)
    assert chain.estimate.low == pytest.approx(exact.estimate.low, abs=0.1 * width)
    assert chain.estimate.high == pytest.approx(exact.estimate.high, abs=0.1 * width)


def test_kinisi_leaves_the_global_random_numbers_alone():
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    diffusivity(brownian([1.0] * 3), 500.0)
    assert np.random.random() == expected  # noqa: NPY002


def test_units_are_cm2_per_s():
    """1 Å²/ps = 1e-16 cm² / 1e-12 s; scaling length by s scales D by s², scaling time by t divides it by t."""
    walk = brownian([1.0, 1.0, 1.0], ions=500)
    result = diffusivity(walk, 500.0, estimator="exact").estimate
    assert result.value == pytest.approx(1e-4, rel=0.15)
    longer = as_trajectory(walk.positions_A * 3, walk.framework_A * 3, walk.times_ps)
    assert diffusivity(longer, 500.0, estimator="exact").estimate.value == pytest.approx(9 * result.value, rel=1e-6)
    slower = as_trajectory(walk.positions_A, walk.framework_A, walk.times_ps * 10)
    assert diffusivity(slower, 500.0, estimator="exact").estimate.value == pytest.approx(result.value / 10, rel=1e-6)


def test_directions_come_apart():
    result = diffusivities(brownian([4.0, 4.0, 1.0], ions=400), 500.0, ("xyz", "xy", "z"), estimator="exact")
    values = [result[axes].estimate.value * 1e4 for axes in ("xyz", "xy", "z")]
    np.testing.assert_allclose(values, [3.0, 4.0, 1.0], rtol=0.15)


@pytest.mark.parametrize("radius_A", [0.3, 1.0, 2.5])
def test_caged_ions_have_no_diffusivity_but_a_bound(radius_A):
    result = diffusivity(caged(radius_A=radius_A), 500.0)
    assert not result.valid
    assert result.estimate is None
    assert result.reason
    assert 0 < result.upper_bound_cm2_s < 1e-5


def test_frozen_ions_are_bounded_by_the_jumps_that_might_have_been_missed():
    times = np.arange(100) * 0.1
    frozen = as_trajectory(np.ones((100, 24, 3)), np.zeros((100, 3)), times)
    result = diffusivity(frozen, 300.0)
    expected = -np.log(0.05) * 3.0**2 / (6 * 24 * 9.9) * A2_PER_PS_IN_CM2_S  # Poisson: no event at 5 %
    assert result.upper_bound_cm2_s == pytest.approx(expected, rel=1e-3)


def test_the_bound_holds_for_slow_hopping():
    """Rare jumps of 3 Å between cages: the bound lies above the true D, in at least 90 % of trials."""
    hits = []
    for seed in range(50):
        random = np.random.default_rng(seed)
        rate_per_ps, frames, ions = 0.002, 300, 48
        jumps = random.random((frames, ions)) < rate_per_ps * 0.1
        steps = (
            jumps[..., None]
            * 3.0
            * random.choice([-1, 1], size=(frames, ions, 1))
            * np.eye(3)[random.integers(3, size=(frames, ions))]
        )
        positions = np.cumsum(steps, axis=0) + caged(ions, frames, radius_A=0.4, seed=seed).positions_A
        walk = as_trajectory(positions, np.zeros((frames, 3)), np.arange(frames) * 0.1)
        result = diffusivity(walk, 300.0, estimator="exact")
        assert not result.valid
        hits.append(result.upper_bound_cm2_s >= rate_per_ps * 9 / 6 * A2_PER_PS_IN_CM2_S)
    assert np.mean(hits) >= 0.9


def test_results_survive_json():
    for walk in (brownian([1.0] * 3), caged()):
        result = diffusivity(walk, 500.0, estimator="exact")
        data = json.loads(json.dumps(result.to_json()))
        assert {
            "diffusivity_cm2_s",
            "valid",
            "upper_bound_cm2_s",
            "loglog_slope",
            "window_ps",
            "frames",
            "species",
        } <= (data.keys())
        assert Diffusivity.from_json(data | {"further": 1}) == result


def test_a_run_that_is_hardly_longer_than_vibrations_gives_a_bound():
    result = diffusivity(brownian([5.0] * 3, frames=80), 500.0)
    assert not result.valid
    assert "too short: 7.9 ps" in result.reason


def test_too_few_frames_are_refused():
    with pytest.raises(InputError, match="at least 50"):
        diffusivity(brownian([1.0] * 3, frames=49), 500.0)
