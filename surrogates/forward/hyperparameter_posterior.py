"""Posterior samples of the hyperparameters, which a small campaign does not determine.

In standard normal coordinates the posterior of the hyperparameters is p(x) ∝ N(x; 0, 1) × marginal likelihood of the
measured values. It is drawn from the normal approximation at its mode, widened, and resampled by the true density.

Source: Rue, Martino, Chopin, J. R. Stat. Soc. B 71, 319 (2009), for the approximation at the mode; Gelman et al.,
Bayesian Data Analysis (2013), section 10.4, for importance resampling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lu_factor, lu_solve
from scipy.optimize import minimize
from scipy.stats import norm, qmc

from argyro.surrogates.forward import run_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import COUNT, Hyperparameters
from argyro.surrogates.forward.kernels import Pairs
from argyro.surrogates.forward.process import Process, covariance_of, design_of, pairs_before
from argyro.surrogates.forward.runs import Runs

SAMPLES = 8
DRAWN = 64  # from the normal approximation, of which SAMPLES are kept
WIDENED = 1.2  # gives the approximation heavier tails than the posterior
LIMIT = 3.0
ROUGH, FINE = 8, 20  # iterations before and after the likelihood is linearised anew
STEP = 0.05


@dataclass(frozen=True)
class HyperparameterFit:
    """Equally probable sets of hyperparameters, with the mode of their posterior.

    Args:
        samples: the sets.
        mode: in standard normal coordinates, (COUNT,).
        loss: negative log posterior at the mode: the smaller, the better the kernel.
    """

    samples: list[Hyperparameters]
    mode: np.ndarray
    loss: float


def fit_hyperparameters(
    kind: str, runs: Runs, mean: np.ndarray, prior: ArrheniusPrior, seed: int = 0
) -> HyperparameterFit:
    """Draw SAMPLES equally probable sets of hyperparameters.

    Runs that only bound D are ignored. The likelihood of the others is linearised at the posterior of the mode so far.

    Args:
        kind: kernel.
        runs: n runs.
        mean: coefficients of their diffusivities before conditioning, (u, 2).
        prior: scales of the coefficients.
        seed: random seed.
    """
    rough = most_probable(kind, runs, mean, prior, np.zeros(COUNT), ROUGH)
    mode, loss = _mode(kind, runs, mean, prior, rough.mode, FINE)
    root = WIDENED * _inverse_root(_curvature(loss, mode))
    normal = norm.ppf(np.clip(qmc.Sobol(COUNT, seed=seed).random(DRAWN), 1e-6, 1 - 1e-6))
    drawn = np.clip(mode + normal @ root.T, -LIMIT, LIMIT)
    weights = 0.5 * (normal**2).sum(axis=1) - np.array([loss(x) for x in drawn])
    kept = _resample(np.exp(weights - weights.max()), np.random.default_rng(seed))
    return HyperparameterFit([Hyperparameters.of_standard(x) for x in drawn[kept]], mode, loss(mode))


def most_probable(
    kind: str, runs: Runs, mean: np.ndarray, prior: ArrheniusPrior, start: np.ndarray, iterations: int
) -> HyperparameterFit:
    """Find the mode from a start, as the only set; for the other arguments see `fit_hyperparameters`.

    Args:
        kind: kernel.
        runs: n runs.
        mean: coefficients of their diffusivities before conditioning, (u, 2).
        prior: scales of the coefficients.
        start: standard normal coordinates, (COUNT,), at which the likelihood is linearised.
        iterations: of the minimiser.
    """
    mode, loss = _mode(kind, runs, mean, prior, start, iterations)
    return HyperparameterFit([Hyperparameters.of_standard(mode)], mode, loss(mode))


def _mode(
    kind: str, runs: Runs, mean: np.ndarray, prior: ArrheniusPrior, start: np.ndarray, iterations: int
) -> tuple[np.ndarray, Callable[[np.ndarray], float]]:
    loss = negative_log_posterior(kind, runs.take(~runs.bounded), mean, prior, Hyperparameters.of_standard(start))
    bounds = [(-LIMIT, LIMIT)] * COUNT
    return minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": iterations}).x, loss


def negative_log_posterior(
    kind: str, runs: Runs, mean: np.ndarray, prior: ArrheniusPrior, about: Hyperparameters
) -> Callable[[np.ndarray], float]:
    """Make the function -ln p(x | values), up to a constant, of standard normal coordinates (COUNT,).

    The likelihood is linearised at the posterior with the hyperparameters ``about``: y = X c + noise N, where c are
    the coefficients of all diffusivities and the offsets of all arrangements. With cov(c) = K, Λ = Xᵀ N⁻¹ X and
    b = Xᵀ N⁻¹ y, twice -ln p(y) is yᵀ N⁻¹ y + ln|N| + ln|1 + K Λ| - bᵀ (1 + K Λ)⁻¹ K b.
    """
    if not len(runs):
        return lambda x: float(0.5 * x @ x)
    pairs = Pairs(kind, runs.rows, runs.rows)
    before = pairs_before(runs, mean, prior)
    at, _ = Process.fit(kind, about, runs, mean, prior, pairs, exact=False).latent_values()
    slope = run_likelihood.slopes(runs, at[:, 0], at[:, 1])
    seen = runs.log_values - run_likelihood.log_cell(runs, at[:, 0], at[:, 1]) + (slope * (at - before)).sum(axis=1)
    design = np.einsum("ni,niq->nq", slope, design_of(runs, prior))

    def loss(x: np.ndarray) -> float:
        hyper = Hyperparameters.of_standard(x)
        offset, variance = run_likelihood.moments(runs, hyper)
        residual = seen - offset
        weighted = design.T / variance
        covariance = covariance_of(runs, pairs, hyper)
        matrix = covariance @ (weighted @ design)
        matrix[np.diag_indices_from(matrix)] += 1.0
        shift = weighted @ residual
        factor = lu_factor(matrix, check_finite=False, overwrite_a=True)
        explained = shift @ lu_solve(factor, covariance @ shift, check_finite=False)
        determinant = np.log(np.abs(np.diag(factor[0]))).sum() + np.log(variance).sum()
        return float(0.5 * (residual**2 / variance).sum() + 0.5 * (determinant - explained + x @ x))

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
