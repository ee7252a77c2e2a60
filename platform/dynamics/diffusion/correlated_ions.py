"""Correlation of ionic motion, which widens the interval of D.

The mean squared displacement of N independent ions varies between blocks of a run with the variance var(Δr²) / N.
Concerted jumps and slow fluctuations of the mobility increase this variance by a factor g. The run then has the
information of N / g independent ions. In ab initio Li6PS5I at 500 K, g is about 4. An interval for independent ions is
then half as wide as the scatter of independent runs.
"""

from __future__ import annotations

import numpy as np

from argyro.platform.dynamics.diffusion.msd import AXES
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

STRETCH = 1 / 20  # block length over run length: short enough for a variance, longer than vibrations
SIGNIFICANT = 1.5  # independent walkers exceed this in 5 % of runs; a lower g is set to 1
IONS_AT_ONCE = 512


def ion_correlation(trajectory: Trajectory, axes: tuple[str, ...]) -> list[float]:
    """Return the factor g ≥ 1 for each set of axes.

    Args:
        trajectory: run of at least 50 frames.
        axes: sets of axes such as ("xyz", "xy", "z").
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
    # the mean over the run has a twentieth of the variance of a block
    factor = float(ions * stretches.var() / ((1 - STRETCH) * single))
    return factor if factor > SIGNIFICANT else 1.0
