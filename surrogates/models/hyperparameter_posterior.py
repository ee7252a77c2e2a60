"""Posterior samples of the hyperparameters, which a small campaign does not determine.

In standard normal coordinates the posterior of the hyperparameters is p(x) ∝ N(x; 0, 1) × marginal likelihood of the
measured values. It is drawn from the normal approximation at its mode, widened, and resampled by the true density.

Source: Rue, Martino, Chopin, J. R. Stat. Soc. B 71, 319 (2009), for the approximation at the mode; Gelman et al.,
Bayesian Data Analysis (2013), section 10.4, for importance resampling.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import lu_factor, lu_solve
from scipy.optimize import minimize
from scipy.stats import norm, qmc

from argyro.surrogates.models.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.gaussian_process import Data
from argyro.surrogates.models.hyperparameters import COUNT, Hyperparameters
from argyro.surrogates.models.kernels import Pairs, distinct

SAMPLES = 8
DRAWN = 64  # from the normal approximation, of which SAMPLES are kept
WIDENED = 1.2  # gives the approximation heavier tails than the posterior
LIMIT = 3.0
STEP = 0.05


def hyperparameter_samples(
    kind: str, data: Data, mean: np.ndarray, prior: ArrheniusPrior, seed: int = 0
) -> list[Hyperparameters]:
    """Draw SAMPLES equally probable sets of hyperparameters.

    Upper bounds are ignored.

    Args:
        kind: kernel.
        data: n observations.
        mean: coefficients before conditioning, (n, 2).
        prior: scales of the coefficients.
        seed: random seed.
    """
    loss = negative_log_posterior(kind, data.take(~data.censored), mean[~data.censored], prior)
    mode = minimize(loss, np.zeros(COUNT), method="L-BFGS-B", bounds=[(-LIMIT, LIMIT)] * COUNT, options={"maxiter": 30})
    root = WIDENED * _inverse_root(_curvature(loss, mode.x))
    normal = norm.ppf(np.clip(qmc.Sobol(COUNT, seed=seed).random(DRAWN), 1e-6, 1 - 1e-6))
    drawn = np.clip(mode.x + normal @ root.T, -LIMIT, LIMIT)
    weights = 0.5 * (normal**2).sum(axis=1) - np.array([loss(x) for x in drawn])
    kept = _resample(np.exp(weights - weights.max()), np.random.default_rng(seed))
    return [Hyperparameters.of_standard(x) for x in drawn[kept]]


def negative_log_posterior(
    kind: str, data: Data, mean: np.ndarray, prior: ArrheniusPrior
) -> Callable[[np.ndarray], float]:
    """Make the function -ln p(x | values), up to a constant, of standard normal coordinates (COUNT,).

    Several temperatures measure the two coefficients c of one diffusivity: y = X c + noise N. With cov(c) = K, Λ = Xᵀ
    N⁻¹ X and b = Xᵀ N⁻¹ y, twice -ln p(y) is yᵀ N⁻¹ y + ln|N| + ln|1 + K Λ| - bᵀ (1 + K Λ)⁻¹ K b.
    """
    rows, group = distinct(data.rows)
    pairs = Pairs(kind, rows, rows)
    basis = prior.basis(data.temperatures_K)
    residual = data.log_values - prior.offset - np.einsum("nc,nc->n", basis, mean)
    scaled = (basis * prior.sigma).T
    columns = np.stack(
        [scaled[0] ** 2, scaled[0] * scaled[1], scaled[1] ** 2, scaled[0] * residual, scaled[1] * residual]
    )

    def loss(x: np.ndarray) -> float:
        hyper = Hyperparameters.of_standard(x)
        weight = 1 / (data.log_sigmas**2 + hyper.jitter**2)
        aa, ab, bb, seen_a, seen_b = (np.bincount(group, weight * column, len(rows)) for column in columns)
        a, b = pairs.covariance(hyper)
        matrix = np.block([[a * aa, a * ab], [b * ab, b * bb]])
        matrix[np.diag_indices_from(matrix)] += 1.0
        seen = np.concatenate([seen_a, seen_b])
        factor = lu_factor(matrix, check_finite=False)
        explained = seen @ lu_solve(factor, np.concatenate([a @ seen_a, b @ seen_b]), check_finite=False)
        determinant = np.log(np.abs(np.diag(factor[0]))).sum() - np.log(weight).sum()
        return float(0.5 * (weight @ residual**2 + determinant - explained + x @ x))

    return loss


def _curvature(loss: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """Compute second derivatives by finite differences, (COUNT, COUNT)."""
    step = STEP * np.eye(len(x))
    centre = loss(x)
    plus, minus = (np.array([loss(x + sign * s) for s in step]) for sign in (1, -1))
    curvature = np.diag(plus + minus - 2 * centre)
    for i in range(len(x)):
        for j in range(i):
            mixed = loss(x + step[i] + step[j]) - plus[i] - plus[j] + centre
            curvature[i, j] = curvature[j, i] = mixed
    return curvature / STEP**2


def _inverse_root(curvature: np.ndarray) -> np.ndarray:
    """Compute a root of the inverse; directions without information keep the prior's variance, about one."""
    values, vectors = np.linalg.eigh(curvature)
    return vectors / np.sqrt(np.maximum(values, 0.5))


def _resample(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw SAMPLES indices in proportion to the weights (systematic resampling)."""
    places = (np.arange(SAMPLES) + rng.random()) / SAMPLES
    return np.searchsorted(np.cumsum(weights) / weights.sum(), places)
