"""Validity checks of a mean-square displacement, and the upper bound of D when they fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.dynamics.diffusion.msd_slope import Points, line

CAGE_A = 3.5  # half the distance of cage centres in argyrodites
JUMP_A = 3.0  # typical Li jump
DRIFT_MIN = 0.75  # late slope over early slope; ab initio runs: 0.83 to 0.92 if diffusive, 0.19 to 0.36 if caged
EARLY, LATE = (1 / 30, 1 / 3), (1 / 6, 5 / 6)  # windows as shares of the run: 2-20 and 10-50 ps of 60 ps
RELATIVE_ERROR_MAX = 0.5
SHORTEST_LAG_PS = 1.5  # earlier lags are vibrations and recrossings
POISSON_95 = 3.0  # without an observed event, the expected number is below 3 at 95 %


@dataclass(frozen=True)
class Gate:
    """Result of the validity checks.

    Args:
        drift: late slope over early slope; 1 for diffusion, close to 0 for caged ions.
        drift_sigma: standard error of `drift`.
        msd_A2: mean-square displacement at the end of the late window, in three dimensions.
        relative_error: standard error of the slope over the slope.
        reason: reason against a diffusivity; empty if valid.
    """

    drift: float
    drift_sigma: float
    msd_A2: float
    relative_error: float
    reason: str

    @property
    def valid(self) -> bool:
        """Whether the run supports a diffusivity."""
        return not self.reason


def inspect(data: Points, duration_ps: float, relative_error: float) -> Gate:
    """Check the drift of the slope and the size of a mean-square displacement.

    Args:
        data: points from the early window's start to the late window's end.
        duration_ps: length of the run.
        relative_error: relative error of the slope.
    """
    drift, sigma = _drift(data, duration_ps)
    msd_A2 = float(data.msd_A2[-1]) * 3 / data.dimensions
    reason = ""
    if msd_A2 < CAGE_A**2:
        reason = f"caged: the ions moved {np.sqrt(msd_A2):.1f} Å (root mean square), less than {CAGE_A} Å"
    elif LATE[0] * duration_ps < SHORTEST_LAG_PS:
        enough_ps = SHORTEST_LAG_PS / LATE[0]
        reason = f"too short: {duration_ps:.1f} ps, while lags longer than vibrations need {enough_ps:.0f} ps or more"
    elif drift + sigma < DRIFT_MIN:
        reason = f"not diffusive yet: the late slope is {drift:.2f} ± {sigma:.2f} of the early one, below {DRIFT_MIN}"
    elif relative_error > RELATIVE_ERROR_MAX:
        reason = f"too short: the relative error is {relative_error:.0%}, above {RELATIVE_ERROR_MAX:.0%}"
    return Gate(drift, sigma, msd_A2, relative_error, reason)


def upper_bound_A2_ps(data: Points, ions: int, duration_ps: float) -> float:
    """Return the 95 % upper bound of the diffusivity in Å²/ps for a run without a valid value.

    A caged MSD is concave, so its late slope is an upper bound of the long-time slope. Without an observed jump, fewer
    than three jumps of a ≈ 3 Å are expected in total: D < 3 a² / (2 d N T).

    Args:
        data: points as for `inspect`.
        ions: number N of ions.
        duration_ps: length T of the run.
    """
    best, covariance = line(data.between(LATE[0] * duration_ps, LATE[1] * duration_ps))
    slope = max(0.0, best[0]) + 1.96 * np.sqrt(covariance[0, 0])
    unseen = POISSON_95 * JUMP_A**2 / (ions * duration_ps)
    return float(max(slope, unseen)) / (2 * data.dimensions)


def _drift(data: Points, duration_ps: float) -> tuple[float, float]:
    """Return the ratio of least-squares slopes with its error from the covariance of the points."""
    late, early = (_slope_weights(data.lags_ps, *np.array(window) * duration_ps) for window in (LATE, EARLY))
    slope_late, slope_early = late @ data.msd_A2, early @ data.msd_A2
    ratio = slope_late / max(slope_early, 1e-12)
    gradient = (late - ratio * early) / max(slope_early, 1e-12)
    return float(ratio), float(np.sqrt(gradient @ data.covariance_A4 @ gradient))


def _slope_weights(lags: np.ndarray, start: float, end: float) -> np.ndarray:
    """Return weights w with slope = w · msd for a least-squares line with intercept over the window."""
    inside = (lags >= start - 1e-9) & (lags <= end + 1e-9)
    centred = np.where(inside, lags - lags[inside].mean(), 0.0)
    return centred / (centred @ centred)
