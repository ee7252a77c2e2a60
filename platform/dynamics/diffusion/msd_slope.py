"""Posterior of the slope of a mean-square displacement, from correlated points of unequal variance.

The mean over n_i independent displacements (ions × run length / lag) has the variance v_i = var(Δr²) / n_i, and two
lags share displacements: cov_ij = v_i n_i / n_j for i ≤ j. Correlated ions count as fewer, see `ion_correlation`.
With this covariance the line MSD = slope × t + intercept has a normal likelihood. `kinisi` samples the posterior. Its
closed form (generalised least squares, slope > 0) is used where hundreds of slopes are needed.

Source: McCluskey, Coles, Morgan, J. Chem. Theory Comput. 21, 79 (2025); package kinisi.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from argyro.platform.dynamics.diffusion.correlated_ions import ion_correlation
from argyro.platform.dynamics.diffusion.msd import AXES, MeanSquareDisplacement, squared_displacement_moments
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

LAG_POINTS = 32  # neighbouring lags share nearly all displacements: more points add time, not information
KINISI_WALKERS, KINISI_STEPS, KINISI_BURN_IN = 32, 1000, 500  # a shorter burn-in leaves initial outliers


@dataclass(frozen=True)
class Points:
    """Mean-square displacements at a few lags with their covariance.

    Args:
        lags_ps: (k,) lags.
        msd_A2: (k,) mean-square displacements along the axes.
        variances_A4: (k,) variances of these means.
        samples: (k,) independent displacements in each mean.
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
        """Return the (k, k) covariance of the means, see `lag_covariance_A4`."""
        return lag_covariance_A4(self.variances_A4, self.samples)

    def between(self, start_ps: float, end_ps: float) -> Points:
        """Return the points of a window, both ends included."""
        keep = (self.lags_ps >= start_ps - 1e-9) & (self.lags_ps <= end_ps + 1e-9)
        return replace(
            self,
            lags_ps=self.lags_ps[keep],
            msd_A2=self.msd_A2[keep],
            variances_A4=self.variances_A4[keep],
            samples=self.samples[keep],
        )


def lag_covariance_A4(variances_A4: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return the (k, k) covariance of mean-square displacements, σ_i σ_j √(n_j / n_i) for i ≤ j.

    For free diffusion, σ_i² ∝ n_i⁻³, this is kinisi's v_i n_i / n_j. For caged ions σ grows more slowly, and only the
    form used here stays positive definite.

    Args:
        variances_A4: (k,) variances of the means.
        samples: (k,) independent displacements in each mean.
    """
    sigma = np.sqrt(variances_A4)
    return np.sqrt(np.minimum.outer(samples, samples) / np.maximum.outer(samples, samples)) * np.outer(sigma, sigma)


def points(
    trajectory: Trajectory, msd: MeanSquareDisplacement, lag_steps: np.ndarray, axes: tuple[str, ...]
) -> list[Points]:
    """Compute mean-square displacements and their variances for several sets of axes in one pass.

    Args:
        trajectory: the run.
        msd: mean-square displacement of the run.
        lag_steps: (k,) lags in intervals.
        axes: sets of axes such as ("xyz", "xy", "z").
    """
    moments = squared_displacement_moments(trajectory, lag_steps)
    result = []
    for names, correlation in zip(axes, ion_correlation(trajectory, axes), strict=True):
        samples = msd.ions / correlation * msd.steps / lag_steps
        chosen = [AXES[name] for name in names]
        mean = msd.along(names)[lag_steps]
        fourth = moments[:, chosen][:, :, chosen].sum(axis=(1, 2))
        # Immobile ions have no variance; a lower limit keeps the covariance regular.
        variance = np.maximum(fourth - mean**2, 1e-6 * mean**2 + 1e-12)
        result.append(Points(msd.lags_ps[lag_steps], mean, variance / samples, samples, len(names), correlation))
    return result


def lag_grid(steps: int, start: int, end: int) -> np.ndarray:
    """Return at most LAG_POINTS different lags from start to end, evenly spaced."""
    return np.unique(np.linspace(max(1, start), min(end, steps), LAG_POINTS).round().astype(int))


def line(data: Points) -> tuple[np.ndarray, np.ndarray]:
    """Fit a line by generalised least squares: ((slope Å²/ps, intercept Å²), their 2 × 2 covariance)."""
    design = np.column_stack([data.lags_ps, np.ones_like(data.lags_ps)])
    weighted = np.linalg.solve(data.covariance_A4, design)
    covariance = np.linalg.inv(design.T @ weighted)
    return covariance @ (weighted.T @ data.msd_A2), covariance


def exact_slopes(data: Points, seed: int, draws: int = 4000) -> np.ndarray:
    """Draw the slope in Å²/ps from its closed-form posterior, a normal truncated at zero."""
    from scipy.stats import truncnorm

    best, covariance = line(data)
    sigma = np.sqrt(covariance[0, 0])
    return truncnorm.rvs(-best[0] / sigma, np.inf, loc=best[0], scale=sigma, size=draws, random_state=seed)


def kinisi_slopes(data: Points, seed: int) -> np.ndarray:
    """Draw the slope in Å²/ps by kinisi's Markov chain."""
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
    state = np.random.get_state()  # noqa: NPY002  kinisi uses numpy's global generator; its state is restored below
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
    """Replace the covariance of kinisi's fit, which is indefinite for caged ions, by that of `Points`."""
    import scipp

    class Fit(base):
        def compute_covariance_matrix(self) -> scipp.Variable:
            dims = ["time_interval1", "time_interval2"]
            return scipp.array(dims=dims, values=data.covariance_A4, unit=scipp.units.angstrom**4)

    return Fit
