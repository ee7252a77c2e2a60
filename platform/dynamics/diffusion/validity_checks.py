"""Validity checks of a mean-square displacement: converged, short, or only a bound of D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion.jump_exposure import JUMP_A, JumpExposure, exposure
from argyro.platform.dynamics.diffusion.msd_slope import Points, line

Standing = Literal["converged", "short", "bound"]
CAGE_A = 3.5  # half the distance of cage centres in argyrodites
CONVERGED_A = 7.0  # distance of cage centres: the ions have left their first cage
DRIFT_MIN = 0.75  # late slope over early slope; ab initio runs: 0.83 to 0.92 if diffusive, 0.19 to 0.36 if caged
CONVERGED_DRIFT = 0.9
EARLY, LATE = (1 / 30, 1 / 3), (1 / 6, 5 / 6)  # windows as shares of the run: 2-20 and 10-50 ps of 60 ps
RELATIVE_ERROR_MAX = 0.5
SHORTEST_LAG_PS = 1.5  # earlier lags are vibrations and recrossings


@dataclass(frozen=True)
class Gate:
    """Result of the validity checks.

    Args:
        drift: late slope over early slope; 1 for diffusion, close to 0 for caged ions.
        drift_sigma: standard error of `drift`.
        msd_A2: mean-square displacement at the end of the late window, in three dimensions.
        relative_error: standard error of the slope over the slope.
        reason: reason against a diffusivity; empty if valid.
        shortness: reason why a valid diffusivity may still depend on the length of the run; empty if converged.
    """

    drift: float
    drift_sigma: float
    msd_A2: float
    relative_error: float
    reason: str
    shortness: str

    @property
    def standing(self) -> Standing:
        """Whether the run supports a converged diffusivity, one of a short run, or a bound."""
        if self.reason:
            return "bound"
        return "short" if self.shortness else "converged"


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
    return Gate(drift, sigma, msd_A2, relative_error, reason, shortness(msd_A2, drift, sigma))


def shortness(msd_A2: float, drift: float, drift_sigma: float) -> str:
    """Return the reason why a diffusivity may depend on the length of its run; empty for a converged one.

    Args:
        msd_A2: mean-square displacement at the end of the late window, in three dimensions.
        drift: late slope over early slope.
        drift_sigma: its standard error.
    """
    if msd_A2 < CONVERGED_A**2:
        return f"the ions moved {np.sqrt(msd_A2):.1f} Å (root mean square), less than {CONVERGED_A:g} Å"
    if drift + drift_sigma < CONVERGED_DRIFT:
        return f"the late slope is {drift:.2f} ± {drift_sigma:.2f} of the early one, below {CONVERGED_DRIFT}"
    return ""


def jump_exposure(data: Points, ions: int, duration_ps: float) -> JumpExposure:
    """Return the expected count of jumps that bounds the diffusivity from above.

    A caged MSD is concave, so its late slope is an upper bound of the long-time slope.

    Args:
        data: points as for `inspect`.
        ions: number N of ions.
        duration_ps: length T of the run.
    """
    best, covariance = line(data.between(LATE[0] * duration_ps, LATE[1] * duration_ps))
    per_slope = A2_PER_PS_IN_CM2_S / (2 * data.dimensions)
    jumps_per_A2_ps = ions * duration_ps / (data.ion_correlation * JUMP_A**2)
    return exposure(best[0] * per_slope, float(np.sqrt(covariance[0, 0])) * per_slope, jumps_per_A2_ps / per_slope)


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
