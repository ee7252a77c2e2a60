from pathlib import Path

import numpy as np
import pytest
from walkers import as_trajectory, brownian

from argyro.platform.dynamics.diffusion.correlated_ions import ion_correlation
from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

DATA = Path(__file__).parents[1] / "data"


def in_groups(seed, size=4, groups=12):
    """Groups of ions that make the same steps."""
    walk = brownian([1.0, 1.0, 1.0], ions=groups, seed=seed)
    return as_trajectory(np.repeat(walk.positions_A, size, axis=1), walk.framework_A, walk.times_ps)


def test_independent_walkers_count_singly():
    factors = [ion_correlation(brownian([1.0, 1.0, 1.0], seed=seed), ("xyz",))[0] for seed in range(60)]
    assert np.mean(np.array(factors) == 1.0) > 0.85


def test_ions_that_move_as_one_are_counted():
    factors = [ion_correlation(in_groups(seed), ("xyz", "z")) for seed in range(30)]
    np.testing.assert_allclose(np.mean(factors, axis=0), 4.0, rtol=0.2)


def test_intervals_of_concerted_walkers_cover_the_truth():
    hits = []
    for seed in range(100):
        result = diffusivity(in_groups(seed), 500.0, estimator="exact", seed=seed)
        low, high = (result.estimate.low, result.estimate.high) if result.valid else (0, result.upper_bound_cm2_s)
        hits.append(low <= 1e-4 <= high)
    assert np.mean(hits) >= 0.88


def test_lithium_in_the_disordered_crystal_moves_in_concert():
    factor = ion_correlation(Trajectory.read(DATA / "Li6PS5I-50p.bin"), ("xyz",))[0]
    assert factor == pytest.approx(4.0, abs=0.7)
