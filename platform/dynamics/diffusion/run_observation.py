"""One run along one set of axes, as a statistical model observes it: displacements, slope, bias, jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.jump_exposure import JumpExposure
from argyro.platform.dynamics.diffusion.msd_slope import lag_covariance_A4
from argyro.platform.dynamics.diffusion.run_length_bias import SIZE, bias_scale, slope_fall
from argyro.platform.dynamics.diffusion.validity_checks import Standing, shortness


@dataclass(frozen=True)
class RunObservation:
    """Hold the facts of a run that determine the likelihood of its diffusivity D.

    For a converged or short run, `log_cm2_s` is normal about ln D + b with the standard deviation `log_sigma`. The
    run-length bias b ≥ 0 is half-normal, see `run_length_bias.bias_scale`. For a bound, the likelihood is that of
    `jumps`.

    Args:
        axes: axes of the displacement: "xyz", "xy" (in the plane of a boundary) or "z" (across it).
        temperature_K: temperature of the run.
        duration_ps: length of the run.
        ions: number of mobile ions.
        cell_A: lengths of the three cell vectors; None if only a summary is known.
        lags_ps: lags, evenly spaced in their logarithm from 1/30 to 5/6 of the run; empty if only a summary is known.
        msd_A2: mean-square displacement along the axes at each lag, summed over the axes.
        variances_A4: variance of each mean.
        samples: number of independent displacements in each mean.
        standing: converged, short (biased by its length) or bound (without a value).
        log_cm2_s: ln of the fitted diffusivity in cm²/s, not corrected for the bias; None for a bound.
        log_sigma: standard deviation of `log_cm2_s` from the finite number of displacements; None for a bound.
        end_msd_A2: mean-square displacement at 5/6 of the run, in three dimensions.
        fall: logarithm of the significant fall of the slope, else 0.
        ion_correlation: number of ions that count as one; already in `variances_A4` and `log_sigma`.
        jumps: count and exposure of jumps.
    """

    axes: str
    temperature_K: float
    duration_ps: float
    ions: int
    cell_A: tuple[float, float, float] | None
    lags_ps: tuple[float, ...]
    msd_A2: tuple[float, ...]
    variances_A4: tuple[float, ...]
    samples: tuple[float, ...]
    standing: Standing
    log_cm2_s: float | None
    log_sigma: float | None
    end_msd_A2: float
    fall: float
    ion_correlation: float
    jumps: JumpExposure

    def bias_scale(self, size: float = SIZE) -> float:
        """Return the scale of the bias b, for the size of a single run or one learned from a campaign."""
        return bias_scale(self.end_msd_A2, self.fall, size)

    @property
    def covariance_A4(self) -> np.ndarray:
        """Return the (lags, lags) covariance of `msd_A2`."""
        return lag_covariance_A4(np.array(self.variances_A4), np.array(self.samples))


def from_summary(
    axes: str,
    temperature_K: float,
    duration_ps: float,
    ions: int,
    end_msd_A2: float,
    drift: float,
    drift_sigma: float,
    ion_correlation: float,
    value_cm2_s: Uncertain | None,
    upper_bound_cm2_s: float | None,
) -> RunObservation:
    """Restore the observation of a stored run without its lags.

    Args:
        axes: axes of the displacement.
        temperature_K: temperature of the run.
        duration_ps: length of the run.
        ions: number of mobile ions.
        end_msd_A2: mean-square displacement at 5/6 of the run, in three dimensions.
        drift: late slope over early slope.
        drift_sigma: its standard error.
        ion_correlation: number of ions that count as one.
        value_cm2_s: D from the slope alone, without the bias; None for a bound.
        upper_bound_cm2_s: 95 % upper bound; used without a value.

    Raises:
        ValueError: neither value nor bound.
    """
    if value_cm2_s is None and upper_bound_cm2_s is None:
        raise ValueError("a run needs a value or an upper bound")
    short = bool(shortness(end_msd_A2, drift, drift_sigma))
    limit = value_cm2_s.high if value_cm2_s else upper_bound_cm2_s
    assert limit is not None  # checked above
    return RunObservation(
        axes=axes,
        temperature_K=temperature_K,
        duration_ps=duration_ps,
        ions=ions,
        cell_A=None,
        lags_ps=(),
        msd_A2=(),
        variances_A4=(),
        samples=(),
        standing=("short" if short else "converged") if value_cm2_s else "bound",
        log_cm2_s=float(np.log(value_cm2_s.value)) if value_cm2_s else None,
        log_sigma=value_cm2_s.log_sigma if value_cm2_s else None,
        end_msd_A2=end_msd_A2,
        fall=slope_fall(drift, drift_sigma),
        ion_correlation=ion_correlation,
        jumps=JumpExposure(0.0, -float(np.log(0.05)) / limit),
    )
