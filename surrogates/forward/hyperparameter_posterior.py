"""Posterior samples of the hyperparameters, which a small campaign does not determine.

In standard normal coordinates the posterior of the hyperparameters is p(x) ∝ N(x; 0, 1) × marginal likelihood of the
measured values. It is drawn from the normal approximation at its mode, widened, and resampled by the true density.

Source: Rue, Martino, Chopin, J. R. Stat. Soc. B 71, 319 (2009), for the approximation at the mode; Gelman et al.,
Bayesian Data Analysis (2013), section 10.4, for importance resampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm, qmc

from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import COUNT, Hyperparameters
from argyro.surrogates.forward.marginal_likelihood import MarginalLikelihood
from argyro.surrogates.forward.runs import Runs

SAMPLES = 8
DRAWN = 64  # from the normal approximation, of which SAMPLES are kept
WIDENED = 1.2  # gives the approximation heavier tails than the posterior
LIMIT = 3.0
ITERATIONS = 60  # of the search for the mode, at most
STEP = 0.05  # of the second derivatives
TOLERANCE = 1e-6  # relative change of the log posterior that ends the search


@dataclass(frozen=True)
class HyperparameterFit:
    """Equally probable sets of hyperparameters, with the mode of their posterior.

    Args:
        samples: the sets.
        mode: in standard normal coordinates, (COUNT,).
        likelihood: of the measured values, linearised.
    """

    samples: list[Hyperparameters]
    mode: np.ndarray
    likelihood: MarginalLikelihood


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
    rough = most_probable(kind, runs, mean, prior, np.zeros(COUNT))
    best = most_probable(kind, runs, mean, prior, rough.mode)
    mode, loss = best.mode, best.likelihood
    root = WIDENED * _inverse_root(_curvature(loss, mode))
    normal = norm.ppf(np.clip(qmc.Sobol(COUNT, seed=seed).random(DRAWN), 1e-6, 1 - 1e-6))
    drawn = np.clip(mode + normal @ root.T, -LIMIT, LIMIT)
    weights = 0.5 * (normal**2).sum(axis=1) - np.array([loss.value(x) for x in drawn])
    kept = _resample(np.exp(weights - weights.max()), np.random.default_rng(seed))
    return HyperparameterFit([Hyperparameters.of_standard(x) for x in drawn[kept]], mode, loss)


def most_probable(
    kind: str, runs: Runs, mean: np.ndarray, prior: ArrheniusPrior, start: np.ndarray
) -> HyperparameterFit:
    """Find the mode from a start, as the only set; for the other arguments see `fit_hyperparameters`.

    Args:
        kind: kernel.
        runs: n runs.
        mean: coefficients of their diffusivities before conditioning, (u, 2).
        prior: scales of the coefficients.
        start: standard normal coordinates, (COUNT,), at which the likelihood is linearised.
    """
    likelihood = MarginalLikelihood(kind, runs.take(~runs.bounded), mean, prior, Hyperparameters.of_standard(start))
    limits, options = [(-LIMIT, LIMIT)] * COUNT, {"maxiter": ITERATIONS, "ftol": TOLERANCE}
    mode = minimize(likelihood.value_and_gradient, start, jac=True, method="L-BFGS-B", bounds=limits, options=options).x
    return HyperparameterFit([Hyperparameters.of_standard(mode)], mode, likelihood)


def _curvature(loss: MarginalLikelihood, x: np.ndarray) -> np.ndarray:
    """Compute second derivatives by finite differences of the gradient, (COUNT, COUNT)."""
    step = STEP * np.eye(len(x))
    plus, minus = (np.array([loss.value_and_gradient(x + sign * s)[1] for s in step]) for sign in (1, -1))
    curvature = (plus - minus) / (2 * STEP)
    return (curvature + curvature.T) / 2


def _inverse_root(curvature: np.ndarray) -> np.ndarray:
    """Compute a root of the inverse; directions without information keep the prior's variance, about one."""
    values, vectors = np.linalg.eigh(curvature)
    return vectors / np.sqrt(np.maximum(values, 0.5))


def _resample(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw SAMPLES indices in proportion to the weights (systematic resampling)."""
    places = (np.arange(SAMPLES) + rng.random()) / SAMPLES
    return np.searchsorted(np.cumsum(weights) / weights.sum(), places)
