import numpy as np
import pytest

from argyro.platform.dynamics.boundaries.layered_medium import (
    crossover_share,
    layered_msd,
    log_parallel,
    log_perpendicular,
    mean_and_harmonic,
)
from argyro.platform.dynamics.diffusion.tracer import WINDOW

FRACTION = 0.3
RATIOS = (0.1, 0.3, 3.0, 10.0)


def lattice_rates(ratio: float, sites: int) -> np.ndarray:
    """Jump rates to the right neighbour on a unit period: harmonic means of D over the squared spacing."""
    local = np.where(np.arange(sites) < FRACTION * sites, ratio, 1.0)
    return 2 / (1 / local + 1 / np.roll(local, -1)) * sites**2


def lattice_msd(ratio: float, times: np.ndarray, sites: int = 400) -> np.ndarray:
    """Exact MSD of the lattice walk by diagonalization, independent of the layered formula."""
    right = lattice_rates(ratio, sites)
    index = np.arange(sites)
    matrix = np.diag(-right - np.roll(right, 1))
    matrix[index, (index + 1) % sites] += right
    matrix[(index + 1) % sites, index] += right
    values, vectors = np.linalg.eigh(-matrix)
    drift = (vectors.T @ (right - np.roll(right, 1)))[1:] / sites
    weights, rates = drift**2 / sites, values[1:, None]
    return 2 * right.mean() / sites**2 * times - 2 * weights @ (times / rates + np.expm1(-rates * times) / rates**2)


@pytest.mark.parametrize("ratio", RATIOS)
def test_msd_equals_that_of_a_fine_lattice(ratio):
    times = np.array([1e-3, 1e-2, 0.1, 1.0])
    media = (np.array(1.0), np.array(ratio), np.array(FRACTION), np.array(1.0))
    np.testing.assert_allclose(layered_msd(times, *media), lattice_msd(ratio, times), rtol=1e-3)


@pytest.mark.parametrize("ratio", [1e-3, 0.1, 1.0, 10.0, 1e3])
def test_slope_falls_from_the_arithmetic_to_the_harmonic_mean(ratio):
    media = (np.array(2.0), np.array(2.0 * ratio), np.array(FRACTION), np.array(3.0))
    mean, harmonic = mean_and_harmonic(*media[:3])
    short, long = np.array([1e-12]), np.array([1e6, 2e6])
    assert layered_msd(short, *media)[0] / (2 * short[0]) == pytest.approx(mean, rel=1e-3)
    assert np.diff(layered_msd(long, *media))[0] / (2 * 1e6) == pytest.approx(harmonic, rel=1e-6)


def test_table_agrees_with_the_series_and_equal_layers_are_homogeneous():
    rng = np.random.default_rng(0)
    fraction, ratio, reach = rng.uniform(0.1, 0.9, 300), rng.normal(0, 1.5, 300), rng.uniform(-9, 3, 300)
    lags = np.linspace(*WINDOW, 9)
    media = (np.ones(300), np.exp(ratio), fraction, np.ones(300))
    msd = layered_msd(lags * np.exp(reach)[:, None], *media)
    slope = np.log(np.polyfit(lags, msd.T, 1)[0] / 2) - reach
    np.testing.assert_allclose(log_perpendicular(np.zeros(300), ratio, fraction, reach), slope, atol=0.06)
    same = log_perpendicular(np.full(300, -12.0), np.full(300, -12.0), fraction, reach + 12)
    np.testing.assert_allclose(same, -12.0, atol=1e-9)
    np.testing.assert_allclose(log_parallel(np.full(300, -12.0), np.full(300, -12.0), fraction), -12.0, atol=1e-12)


def test_share_is_one_before_layers_are_crossed_and_zero_after():
    assert crossover_share(0.4, 1.0, -14.0)[0] > 0.98
    assert crossover_share(0.4, 1.0, 6.0)[0] < 0.02


def walk(ratio: float, length: float, sites: int, walkers: int = 2000) -> np.ndarray:
    """Displacements of Brownian walkers at the lags of the fit window, (lags, walkers); D_grain = period = 1."""
    rng = np.random.default_rng(1)
    right = lattice_rates(ratio, sites)
    step = 0.4 / right.max()
    probability = right * step
    number = np.unique(np.round(np.linspace(*WINDOW, 5) * length / step).astype(int))
    start = rng.integers(sites, size=walkers)
    place, seen = start.copy(), []
    for now in range(1, number[-1] + 1):
        drawn = rng.random(walkers)
        up, down = probability[place % sites], probability[(place - 1) % sites]
        place += (drawn < up).astype(int) - (drawn > 1 - down)
        if now in number:
            seen.append((place - start) / sites)
    return np.array(seen)


@pytest.mark.parametrize(("length", "sites"), [(0.02, 100), (1.0, 30)])  # before and after walkers cross layers
@pytest.mark.parametrize("ratio", RATIOS)
def test_interval_from_brownian_walkers_holds_the_true_boundary(ratio, length, sites):
    squared = walk(ratio, length, sites) ** 2
    lags = np.linspace(*WINDOW, len(squared)) * length
    blocks = np.array([np.polyfit(lags, block.mean(axis=1), 1)[0] / 2 for block in np.split(squared, 40, axis=1)])
    grid = np.linspace(-6, 6, 1201)
    expected = np.exp(log_perpendicular(np.zeros_like(grid), grid, FRACTION, np.log(length)))
    misfit = (blocks.mean() - expected) / (blocks.std(ddof=1) / np.sqrt(len(blocks)))
    density = np.exp(-(misfit**2) / 2)
    share = np.cumsum(density) / density.sum()
    low, high = grid[np.searchsorted(share, 0.005)], grid[np.searchsorted(share, 0.995)]  # 99 %: eight cases
    assert low <= np.log(ratio) <= high
