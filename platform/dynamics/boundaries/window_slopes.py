"""Slopes of the mean-square displacement across a boundary in three windows of lags, with their covariance.

The slope falls as ions cross from layer to layer, see `layered_medium`. Slopes before, during and after the crossing
tell a slow boundary from a fast one, which the fit window alone cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.boundaries.layered_medium import EARLY_WINDOWS
from argyro.platform.dynamics.diffusion.observe_run import WINDOW
from argyro.platform.dynamics.diffusion.run_observation import RunObservation
from argyro.platform.dynamics.diffusion.validity_checks import CONVERGED_A, LATE, SHORTEST_LAG_PS

FEWEST_LAGS = 3  # of a window


@dataclass(frozen=True)
class WindowSlopes:
    """Apparent diffusivities of the fit window and of the earlier windows.

    Args:
        log_cm2_s: (3,) ln of half the slope.
        covariance: (3, 3) of `log_cm2_s`, from the finite number of displacements.
        reaches: (3,) 7 Å over the root-mean-square displacement that the run-length bias of each window refers to.
    """

    log_cm2_s: np.ndarray
    covariance: np.ndarray
    reaches: np.ndarray


def window_slopes(run: RunObservation) -> WindowSlopes | None:
    """Fit the windows of a run observed along z; None without lags, or where vibrations fill the first window."""
    lags, msd = np.array(run.lags_ps), np.array(run.msd_A2)
    if run.axes != "z" or run.log_cm2_s is None or run.log_sigma is None or not len(lags):
        return None
    windows = [WINDOW, *EARLY_WINDOWS]
    weights = [_slope_weights(lags / run.duration_ps, window) for window in windows]
    if any(weight is None for weight in weights) or EARLY_WINDOWS[0][0] * run.duration_ps < SHORTEST_LAG_PS:
        return None
    matrix = np.array(weights) / run.duration_ps
    slopes = matrix @ msd
    if not (slopes > 0).all():
        return None
    covariance = matrix @ run.covariance_A4 @ matrix.T / np.outer(slopes, slopes)
    # the stated slope of the fit window comes from more lags, which changes its error a little
    ratio = np.array([run.log_sigma / np.sqrt(covariance[0, 0]), 1.0, 1.0])
    values = np.log(slopes * A2_PER_PS_IN_CM2_S / 2)
    values[0] = run.log_cm2_s
    ends = np.array([end / WINDOW[1] * LATE[1] for _, end in windows]) * run.duration_ps
    squared_A2 = run.end_msd_A2 * np.interp(ends, lags, msd) / msd[-1]
    return WindowSlopes(
        values, covariance * np.outer(ratio, ratio), CONVERGED_A / np.sqrt(np.maximum(squared_A2, 1e-3))
    )


def _slope_weights(shares: np.ndarray, window: tuple[float, float]) -> np.ndarray | None:
    """Return weights w with slope = w · msd for a least-squares line; None for too few lags in the window."""
    inside = (shares > window[0] - 0.01) & (shares < window[1] + 0.01)
    if inside.sum() < FEWEST_LAGS:
        return None
    centred = np.where(inside, shares - shares[inside].mean(), 0.0)
    return centred / (centred @ centred)
