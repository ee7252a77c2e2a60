import numpy as np
from walkers import brownian

from argyro.platform.dynamics.diffusion import msd as module
from argyro.platform.dynamics.diffusion.msd import (
    collective_displacement,
    mean_square_displacement,
    squared_displacement_moments,
)


def test_the_fft_equals_the_definition():
    walk = brownian([1.0, 2.0, 3.0], ions=7, frames=90, drift_A_ps=(0.3, -0.2, 0.1))
    result = mean_square_displacement(walk)
    positions = walk.relative_A()
    for lag in (1, 2, 17, 60, 89):
        steps = positions[lag:] - positions[:-lag]
        expected = np.einsum("tia,tib->ab", steps, steps) / (steps.shape[0] * 7)
        np.testing.assert_allclose(result.tensor_A2[lag], expected, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(result.along("xz")[lag], expected[0, 0] + expected[2, 2], rtol=1e-9)
    np.testing.assert_array_equal(result.tensor_A2[0], 0.0)


def test_blocks_of_ions_add_up(monkeypatch):
    walk = brownian([1.0, 2.0, 3.0], ions=23, frames=80)
    whole = mean_square_displacement(walk).tensor_A2
    monkeypatch.setattr(module, "CHUNK_BYTES", 5 * 160 * 24)
    np.testing.assert_allclose(mean_square_displacement(walk).tensor_A2, whole, atol=1e-9)


def test_the_collective_displacement_is_that_of_the_sum():
    walk = brownian([1.0, 1.0, 1.0], ions=9, frames=60)
    total = walk.relative_A().sum(axis=1)
    steps = total[13:] - total[:-13]
    expected = (steps**2).sum(axis=1).mean() / 9
    np.testing.assert_allclose(collective_displacement(walk).along()[13], expected, rtol=1e-9)


def test_fourth_moments_equal_the_definition_and_survive_skipped_origins():
    walk = brownian([1.0, 2.0, 3.0], ions=400, frames=200)
    steps = (walk.relative_A()[11:] - walk.relative_A()[:-11]) ** 2
    expected = np.einsum("tia,tib->ab", steps, steps) / (steps.shape[0] * steps.shape[1])
    np.testing.assert_allclose(squared_displacement_moments(walk, np.array([11]))[0], expected, rtol=1e-9)
    sampled = squared_displacement_moments(walk, np.array([11]), samples=10_000)[0]
    np.testing.assert_allclose(sampled, expected, rtol=0.15)
