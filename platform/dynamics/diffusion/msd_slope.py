"""Slope of a mean-square displacement with its posterior, from correlated points of unequal variance.

The mean over n_i independent displacements (ions × run length / lag) has the variance v_i = var(Δr²) / n_i, and two
lags share displacements: cov_ij = v_i n_i / n_j for i ≤ j. Where ions move together, see `ion_correlation`, they count
as fewer. With this covariance the line MSD = slope × t + intercept
has a normal likelihood. `kinisi` samples it; the same posterior has a closed form (generalised least squares,
slope > 0), which serves where it is wanted hundreds of times.

Source: McCluskey, Coles, Morgan, J. Chem. Theory Comput. 21, 79 (2025); package kinisi.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from argyro.platform.dynamics.diffusion.correlated_ions import ion_correlation
from argyro.platform.dynamics.diffusion.msd import AXES, MeanSquareDisplacement, squared_displacement_moments
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

LAG_POINTS = 32  # neighbouring lags share nearly all displacements: more points add time, not information
KINISI_WALKERS, KINISI_STEPS, KINISI_BURN_IN = 32, 1000, 500  # fewer steps of burn-in leave outliers from the start


@dataclass(frozen=True)
class Points:
    """Mean-square displacement at a few lags with its covariance.

    Args:
        lags_ps: (k,) lags.
        msd_A2: (k,) mean-square displacements along the axes.
        variances_A4: (k,) variances of these means.
        samples: (k,) independent displacements behind each.
        dimensions: number of axes.
        ion_correlation: number of ions that count as one.
    """

    lags_ps: np.ndarray
    msd_A2: np.ndarray
    variances_A4: np.ndarray
    samples: np.ndarray
    dimensions: int
    ion_correlation: float

    @property
    def covariance_A4(self) -> np.ndarray:
        """(k, k) covariance of the means, σ_i σ_j √(n_j / n_i) for i ≤ j.

        For free diffusion, σ_i² ∝ n_i⁻³, this is kinisi's v_i n_i / n_j. Where ions are caged σ grows more slowly and
        that form stops being positive definite, while this one always is.
        """
        sigma = np.sqrt(self.variances_A4)
        correlation = np.sqrt(
            np.minimum.outer(self.samples, self.samples) / np.maximum.outer(self.samples, self.samples)
        )
        return correlation * sigma[:, None] * sigma[None, :]

    def between(self, start_ps: float, end_ps: float) -> Points:
        """Points of a window, both ends included."""
        keep = (self.lags_ps >= start_ps - 1e-9) & (self.lags_ps <= end_ps + 1e-9)
        return replace(
            self,
            lags_ps=self.lags_ps[keep],
            msd_A2=self.msd_A2[keep],
            variances_A4=self.variances_A4[keep],
            samples=self.samples[keep],
        )


def points(
    trajectory: Trajectory, msd: MeanSquareDisplacement, lag_steps: np.ndarray, axes: tuple[str, ...]
) -> list[Points]:
    """Mean-square displacements along several sets of axes with their variances, from one pass over the trajectory.

    Args:
        trajectory: the run that `msd` was made from.
        msd: its mean-square displacement.
        lag_steps: (k,) lags in intervals.
        axes: such as ("xyz", "xy", "z").
    """
    moments = squared_displacement_moments(trajectory, lag_steps)
    result = []
    for names, correlation in zip(axes, ion_correlation(trajectory, axes), strict=True):
        samples = msd.ions / correlation * msd.steps / lag_steps
        chosen = [AXES[name] for name in names]
        mean = msd.along(names)[lag_steps]
        fourth = moments[:, chosen][:, :, chosen].sum(axis=(1, 2))
        # ions that never move have no spread; a floor keeps the covariance regular
        variance = np.maximum(fourth - mean**2, 1e-6 * mean**2 + 1e-12)
        result.append(Points(msd.lags_ps[lag_steps], mean, variance / samples, samples, len(names), correlation))
    return result


def lag_grid(steps: int, start: int, end: int) -> np.ndarray:
    """At most LAG_POINTS different lags from start to end, evenly spaced."""
    return np.unique(np.linspace(max(1, start), min(end, steps), LAG_POINTS).round().astype(int))


def line(data: Points) -> tuple[np.ndarray, np.ndarray]:
    """Generalised least squares: ((slope Å²/ps, intercept Å²), their 2 × 2 covariance)."""
    design = np.column_stack([data.lags_ps, np.ones_like(data.lags_ps)])
    weighted = np.linalg.solve(data.covariance_A4, design)
    covariance = np.linalg.inv(design.T @ weighted)
    return covariance @ (weighted.T @ data.msd_A2), covariance


def exact_slopes(data: Points, seed: int, draws: int = 4000) -> np.ndarray:
    """Draws of the slope in Å²/ps from its posterior in closed form, a normal cut off at zero."""
    from scipy.stats import truncnorm

    best, covariance = line(data)
    sigma = np.sqrt(covariance[0, 0])
    return truncnorm.rvs(-best[0] / sigma, np.inf, loc=best[0], scale=sigma, size=draws, random_state=seed)


def kinisi_slopes(data: Points, seed: int) -> np.ndarray:
    """Draws of the slope in Å²/ps from kinisi's Markov chain."""
    import scipp
    from kinisi.diffusion import Diffusion

    lags = scipp.array(dims=["time interval"], values=data.lags_ps, unit="ps")
    means = scipp.Variable(
        dims=["time interval"], values=data.msd_A2, variances=data.variances_A4, unit=scipp.units.angstrom**2
    )
    coords = {"time interval": lags, "n_samples": scipp.array(dims=["time interval"], values=data.samples)}
    group = scipp.DataGroup(
        {"da": scipp.DataArray(data=means, coords=coords), "dimensionality": scipp.scalar(data.dimensions)}
    )
    fit = _with_covariance(Diffusion, data)(group)
    state = np.random.get_state()  # noqa: NPY002  kinisi draws from numpy's global generator, which is put back below
    try:
        fit.bayesian_regression(
            lags[0],
            n_samples=KINISI_STEPS,
            n_walkers=KINISI_WALKERS,
            n_burn=KINISI_BURN_IN,
            progress=False,
            random_state=np.random.RandomState(seed),
        )
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return fit.gradient.values


def _with_covariance(base: type, data: Points) -> type:
    """Give kinisi's fit the covariance above in place of its own, which is indefinite for caged ions."""
    import scipp

    class Fit(base):
        def compute_covariance_matrix(self) -> scipp.Variable:
            dims = ["time_interval1", "time_interval2"]
            return scipp.array(dims=dims, values=data.covariance_A4, unit=scipp.units.angstrom**4)

    return Fit
