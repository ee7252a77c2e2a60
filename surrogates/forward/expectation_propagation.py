"""Gaussian sites equivalent to non-Gaussian likelihoods of two latent values each, by expectation propagation.

Each likelihood is replaced by exp(rᵀg - gᵀP g / 2) of its own pair g. The pair preserves mean and covariance of the
posterior given all other sites. The moments are integrated on a Gauss-Hermite grid that follows the marginal posterior.

Source: Minka, UAI 2001; Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 3.6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

NODES = 11  # for each of the two values
SWEEPS = 25  # parallel updates at most
DAMPING = 0.8
TOLERANCE = 1e-3  # of the marginal means, in posterior standard deviations


@dataclass(frozen=True)
class Sites:
    """Gaussian sites of n pairs: precision P (n, 2, 2) and shift r (n, 2), in departures from the prior mean."""

    precision: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True)
class Latent:
    """Pairs of latent values as linear functions of k independent standard normal variables.

    Args:
        features: (n, 2, k).
        extra: variance of each value that no other pair shares, (n, 2).
    """

    features: np.ndarray
    extra: np.ndarray

    def marginals(self, sites: Sites) -> tuple[np.ndarray, np.ndarray]:
        """Compute mean (n, 2) and covariance (n, 2, 2) of each pair given all sites."""
        n, _, k = self.features.shape
        flat = self.features.reshape(2 * n, k)
        weighted = (sites.precision @ self.features).reshape(2 * n, k)
        root = cholesky(np.eye(k) + flat.T @ weighted, lower=True, check_finite=False)
        scaled = solve_triangular(root, flat.T, lower=True, check_finite=False)
        mean = scaled.T @ (scaled @ sites.shift.reshape(-1))
        pairs = scaled.reshape(k, n, 2)
        covariance = np.einsum("kni,knj->nij", pairs, pairs)
        covariance[:, [0, 1], [0, 1]] += self.extra
        return mean.reshape(n, 2), covariance


def fit_sites(
    latent: Latent,
    log_likelihood: Callable[[np.ndarray], np.ndarray],
    start: Sites,
    used: np.ndarray | None = None,
) -> Sites:
    """Iterate the sites to their fixed point.

    Args:
        latent: prior of the pairs.
        log_likelihood: maps departures (nodes, n, 2) to log likelihoods (nodes, n).
        start: first sites, for example of a linearised likelihood.
        used: sites to fit, (n,); the others keep their start. None for all.
    """
    nodes, log_weights = _grid()
    sites = start
    before = latent.marginals(sites)[0]
    for sweep in range(SWEEPS):
        mean, covariance = latent.marginals(sites)
        sites = _updated(sites, mean, covariance, log_likelihood, nodes, log_weights, used)
        moved = np.abs(mean - before) / np.sqrt(covariance[:, [0, 1], [0, 1]])
        if sweep > 0 and moved.max() < TOLERANCE:
            break
        before = mean
    return sites


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss-Hermite nodes (N, 2) of two standard normal variables and the logarithms of their weights."""
    x, w = np.polynomial.hermite_e.hermegauss(NODES)
    first, second = np.meshgrid(x, x, indexing="ij")
    weights = np.log(np.outer(w, w) / (2 * np.pi))
    return np.stack([first.ravel(), second.ravel()], axis=-1), weights.ravel()


def _updated(
    sites: Sites,
    mean: np.ndarray,
    covariance: np.ndarray,
    log_likelihood: Callable[[np.ndarray], np.ndarray],
    nodes: np.ndarray,
    log_weights: np.ndarray,
    used: np.ndarray | None,
) -> Sites:
    """Match the moments of every site once, damped; a site without a proper cavity keeps its value."""
    inverse = np.linalg.inv(covariance)
    cavity = inverse - sites.precision
    cavity_shift = np.einsum("nij,nj->ni", inverse, mean) - sites.shift
    proper = (cavity[:, 0, 0] > 0) & (np.linalg.det(cavity) > 0)
    root = np.linalg.cholesky(covariance)
    steps = np.einsum("nij,mj->mni", root, nodes)
    points = mean + steps
    # ln(cavity × likelihood / proposal) up to a constant: the proposal is the marginal, cavity = marginal / site
    site = np.einsum("mni,ni->mn", points, sites.shift) - 0.5 * np.einsum(
        "mni,nij,mnj->mn", points, sites.precision, points
    )
    logs = log_likelihood(points) - site + log_weights[:, None]
    weights = np.exp(logs - logs.max(axis=0))
    weights /= weights.sum(axis=0)
    centre = np.einsum("mn,mni->ni", weights, points)
    away = points - centre
    spread = np.einsum("mn,mni,mnj->nij", weights, away, away)
    # a tilted moment narrower than the grid resolves would make a site far too sharp
    spread += 1e-4 * covariance
    tilted = np.linalg.inv(spread)
    proper &= np.isfinite(tilted).all(axis=(1, 2))
    precision = _positive(np.where(proper[:, None, None], tilted - cavity, 0.0))
    shift = np.einsum("nij,nj->ni", cavity + precision, centre) - cavity_shift  # keeps the tilted mean
    share = np.where(proper if used is None else proper & used, DAMPING, 0.0)
    return Sites(
        sites.precision + share[:, None, None] * (precision - sites.precision),
        sites.shift + share[:, None] * (np.where(proper[:, None], shift, 0.0) - sites.shift),
    )


def _positive(matrices: np.ndarray) -> np.ndarray:
    """Remove negative eigenvalues: a run may not widen the posterior in any direction."""
    values, vectors = np.linalg.eigh(matrices)
    return (vectors * np.maximum(values, 0.0)[:, None, :]) @ vectors.swapaxes(1, 2)
