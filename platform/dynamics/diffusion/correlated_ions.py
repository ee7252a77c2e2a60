"""How many ions move as one: the assumption of independent ions is wrong in a superionic conductor.

If N ions move independently, the mean over ions of the squared displacement in a stretch of the run scatters between
stretches with the variance var(Δr²) / N. Concerted jumps, and stretches livelier than others, make it larger by a
factor g; the run then knows as much as one with N / g ions. In ab initio Li6PS5I at 500 K g is about 4: an interval
that takes ions as independent is half as wide as the scatter of independent runs.
"""

from __future__ import annotations

import numpy as np

from argyro.platform.dynamics.diffusion.msd import AXES
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

STRETCH = 1 / 20  # of the run: short enough for a variance over stretches, long enough to be beyond vibrations
SIGNIFICANT = 1.5  # independent walkers exceed this in 5 % of runs; below it g is not told from 1
IONS_AT_ONCE = 512


def ion_correlation(trajectory: Trajectory, axes: tuple[str, ...]) -> list[float]:
    """Factor g ≥ 1 for each set of axes.

    Args:
        trajectory: at least 50 frames.
        axes: such as ("xyz", "xy", "z").
    """
    lag = max(1, int(STRETCH * (trajectory.frames - 1)))
    origins = trajectory.frames - lag
    totals, moments = np.zeros((origins, 3)), np.zeros((3, 3))
    for positions in trajectory.blocks(IONS_AT_ONCE):
        squares = (positions[lag:] - positions[:-lag]) ** 2
        totals += squares.sum(axis=1)
        moments += np.einsum("tia,tib->ab", squares, squares)
    means, moments = totals / trajectory.ions, moments / (origins * trajectory.ions)
    return [_factor(means, moments, [AXES[axis] for axis in names], trajectory.ions) for names in axes]


def _factor(means: np.ndarray, moments: np.ndarray, axes: list[int], ions: int) -> float:
    stretches = means[:, axes].sum(axis=1)
    single = moments[np.ix_(axes, axes)].sum() - stretches.mean() ** 2
    if single <= 0:
        return 1.0
    # the mean over the run is itself uncertain by a twentieth of the variance of a stretch
    factor = float(ions * stretches.var() / ((1 - STRETCH) * single))
    return factor if factor > SIGNIFICANT else 1.0
