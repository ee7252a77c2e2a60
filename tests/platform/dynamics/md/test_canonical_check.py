import numpy as np
import pytest

from argyro.platform.dynamics.md.canonical_check import independent_stride, kinetic_p_value


def canonical(frames, atoms, seed, target_K=300.0):
    degrees = 3 * atoms - 3
    return target_K * np.random.default_rng(seed).chisquare(degrees, size=frames) / degrees


def test_canonical_samples_pass_as_often_as_the_test_says():
    values = [kinetic_p_value(canonical(400, 52, seed), 300.0, 52) for seed in range(200)]
    assert 0.01 <= np.mean(np.array(values) < 0.05) <= 0.10


@pytest.mark.parametrize("factor", [0.93, 1.07])
def test_a_wrong_temperature_fails(factor):
    assert kinetic_p_value(factor * canonical(400, 52, 0), 300.0, 52) < 1e-4


def test_a_thermostat_that_quenches_fluctuations_fails():
    """Rescaling velocities gives the right mean and no spread."""
    values = 300 + 0.3 * (canonical(400, 52, 0) - 300)
    assert kinetic_p_value(values, 300.0, 52) < 1e-6


def test_correlated_frames_are_thinned():
    white = np.random.default_rng(0).normal(size=20_000)
    assert independent_stride(white) <= 2
    slow = np.empty_like(white)
    slow[0] = 0
    for i in range(1, len(white)):
        slow[i] = 0.9 * slow[i - 1] + white[i]
    # 1 + 2 Σ 0.9^k = 19
    assert independent_stride(slow) == pytest.approx(19, abs=4)
    assert kinetic_p_value(canonical(30, 52, 0), 300.0, 52) is None
