import numpy as np
import pytest
from walkers import brownian, layered_walk

from argyro.platform.dynamics.boundaries.layered_medium import EARLY_WINDOWS, log_perpendicular
from argyro.platform.dynamics.boundaries.window_slopes import window_slopes
from argyro.platform.dynamics.diffusion.observe_run import WINDOW, observe_run

SHARE, GRID = 0.3, np.linspace(-6, 6, 1201)
GRAIN = np.full_like(GRID, np.log(1e-4))  # 1 Å²/ps


def misfit(seen, log_scale, windows):
    """Squared distance of the slopes in the first windows from those of each ratio of the grid."""
    each = [log_perpendicular(GRAIN, GRAIN + GRID, SHARE, log_scale, window) for window in windows]
    apart, kept = seen.log_cm2_s[: len(windows)] - np.stack(each, axis=1), slice(0, len(windows))
    return np.einsum("gi,ij,gj->g", apart, np.linalg.inv(seen.covariance[kept, kept]), apart)


def interval(squared):
    """Central 99 % interval and standard deviation of ln ratio."""
    density = np.exp(-(squared - squared.min()) / 2)
    density /= density.sum()
    low, high = GRID[np.searchsorted(np.cumsum(density), [0.005, 0.995])]
    centre = density @ GRID
    return low, high, np.sqrt(density @ (GRID - centre) ** 2)


@pytest.mark.parametrize("period_A", [100.0, 10.0])  # before and after walkers cross layers
@pytest.mark.parametrize("ratio", [0.1, 0.3, 3.0, 10.0])
def test_windows_hold_the_true_boundary_and_inform_more_than_one(ratio, period_A):
    truth = {"parallel": 1.0, "perpendicular": ratio, "bulk": 1.0}
    walk = layered_walk(truth, SHARE * period_A, period_A, frames=200, ions=150)
    run = observe_run(walk, 600.0, ("z",))["z"]
    seen = window_slopes(run)
    log_scale = np.log(run.duration_ps / period_A**2 / 1e-4)
    low, high, several = interval(misfit(seen, log_scale, (WINDOW, *EARLY_WINDOWS)))
    _, _, one = interval(misfit(seen, log_scale, (WINDOW,)))
    assert low <= np.log(ratio) <= high
    assert several < 1.3 * one


def test_windows_of_free_walkers_agree():
    run = observe_run(brownian([1.0] * 3, ions=200, frames=400, interval_ps=0.25), 600.0, ("z", "xyz"))
    seen = window_slopes(run["z"])
    np.testing.assert_allclose(seen.log_cm2_s, np.log(1e-4), atol=0.2)
    assert (np.linalg.eigvalsh(seen.covariance) > 0).all()
    assert seen.covariance[1, 1] < seen.covariance[0, 0]  # early lags have many origins
    assert (np.diff(seen.reaches[[1, 2, 0]]) < 0).all()
    assert window_slopes(run["xyz"]) is None
