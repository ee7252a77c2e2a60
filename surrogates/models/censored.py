"""Upper bounds as data: expectation propagation for a Gaussian process with values and one-sided bounds.

A bound b contributes the likelihood Φ((b - f) / s). A Gaussian pseudo-value replaces each bound. It preserves the
posterior's first two moments given all the others.

Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 3.6; the probit likelihood
is that of a bound.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

SWEEPS = 60
DAMPING = 0.7


def pseudo_values(
    prior_covariance: np.ndarray, values: np.ndarray, sigmas: np.ndarray, censored: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute Gaussian values and variances equivalent to the data.

    Args:
        prior_covariance: covariance of the latent values, (n, n); their prior mean is zero.
        values: measured values or bounds, (n,).
        sigmas: standard deviation of a value, softness of a bound, (n,).
        censored: True for bounds, (n,).

    Returns:
        pseudo-values and pseudo-variances, (n,) each; for measured values they equal the data.
    """
    precision = np.where(censored, 1e-10, 1 / sigmas**2)
    weighted = np.where(censored, 0.0, values * precision)
    if not censored.any():
        return values, sigmas**2
    bounds = np.flatnonzero(censored)
    for _ in range(SWEEPS):
        mean, variance = _marginals(prior_covariance, precision, weighted)
        cavity_variance = 1 / (1 / variance[bounds] - precision[bounds])
        cavity_mean = cavity_variance * (mean[bounds] / variance[bounds] - weighted[bounds])
        tilted_mean, tilted_variance = _truncate(cavity_mean, cavity_variance, values[bounds], sigmas[bounds])
        new_precision = np.maximum(1 / tilted_variance - 1 / cavity_variance, 1e-10)
        new_weighted = tilted_mean / tilted_variance - cavity_mean / cavity_variance
        change = np.abs(new_precision - precision[bounds]).max() / new_precision.max()
        precision[bounds] += DAMPING * (new_precision - precision[bounds])
        weighted[bounds] += DAMPING * (new_weighted - weighted[bounds])
        if change < 1e-6:
            break
    return weighted / precision, 1 / precision


def _marginals(prior: np.ndarray, precision: np.ndarray, weighted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    root = np.sqrt(precision)
    inner = np.eye(len(prior)) + root[:, None] * prior * root[None, :]
    posterior = prior - (prior * root) @ np.linalg.solve(inner, root[:, None] * prior)
    return posterior @ weighted, np.maximum(np.diag(posterior), 1e-12)


def _truncate(
    mean: np.ndarray, variance: np.ndarray, bound: np.ndarray, softness: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and variance of N(mean, variance) times Φ((bound - f) / softness)."""
    total = variance + softness**2
    z = (bound - mean) / np.sqrt(total)
    ratio = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
    new_mean = mean - variance * ratio / np.sqrt(total)
    return new_mean, np.maximum(variance - variance**2 * ratio * (z + ratio) / total, 1e-12)
