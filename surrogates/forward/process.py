"""Posterior of Arrhenius coefficients given simulated runs.

The coefficients c = (a, Ea) of all diffusivities are jointly normal about a mean (the prior's, or a graph network's),
cov(c_i, c_j) = diag(σ_c² G_c,ij). Each arrangement of atoms has an offset u ~ N(0, τ²) of ln D, common to its runs: the
realisation scatter. A run observes ln D of its cell's grain and boundary, both shifted by u, through
`run_likelihood`. Its likelihood becomes a Gaussian site, so that the posterior is Gaussian and every further run
narrows it. Extrapolation in T carries the uncertainty of Ea.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.surrogates.forward import run_likelihood, window_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.expectation_propagation import Latent, Sites, fit_sites
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import Pairs
from argyro.surrogates.forward.runs import Runs

LINEARISATIONS = 8
SINGULAR = 1e-8  # relative variance added to a covariance


@dataclass(frozen=True)
class Process:
    """Runs with the sites that replace their likelihoods.

    Args:
        kind: kernel of the descriptors, ``mean``, ``ridge`` or ``gp``.
        hyper: hyperparameters.
        runs: n runs.
        mean: coefficients of the runs' diffusivities before conditioning, (u, 2).
        prior: scales of the coefficients.
        pairs: comparison of these diffusivities with themselves.
        sites: of the runs.
    """

    kind: str
    hyper: Hyperparameters
    runs: Runs
    mean: np.ndarray
    prior: ArrheniusPrior
    pairs: Pairs
    sites: Sites

    @classmethod
    def fit(
        cls,
        kind: str,
        hyper: Hyperparameters,
        runs: Runs,
        mean: np.ndarray,
        prior: ArrheniusPrior,
        pairs: Pairs | None = None,
        exact: bool = True,
        used: np.ndarray | None = None,
    ) -> Process:
        """Find the sites of the runs.

        Args:
            kind: kernel of the descriptors.
            hyper: hyperparameters.
            runs: n runs.
            mean: coefficients of the runs' diffusivities before conditioning, (u, 2).
            prior: scales of the coefficients.
            pairs: comparison of these diffusivities with themselves; None computes it.
            exact: match moments; if false, only linearise.
            used: runs that count, (n,); the sites of the others are zero.
        """
        pairs = pairs or Pairs(kind, runs.rows, runs.rows)
        if not len(runs):
            return cls(kind, hyper, runs, mean, prior, pairs, Sites(np.zeros((0, 2, 2)), np.zeros((0, 2))))
        latent, before = latent_of(runs, pairs, hyper, prior), pairs_before(runs, mean, prior)
        sites = linearised(latent, runs, before, hyper, np.ones(len(runs), bool) if used is None else used)
        if exact:
            sites = fit_sites(latent, lambda away: _log_likelihood(runs, before + away, hyper), sites, used)
        return cls(kind, hyper, runs, mean, prior, pairs, sites)

    def latent_values(self) -> tuple[np.ndarray, np.ndarray]:
        """Compute mean (n, 2) and covariance (n, 2, 2) of ln D of grain and boundary in each run's arrangement."""
        latent = latent_of(self.runs, self.pairs, self.hyper, self.prior)
        mean, covariance = latent.marginals(self.sites)
        return pairs_before(self.runs, self.mean, self.prior) + mean, covariance


def design_of(runs: Runs, prior: ArrheniusPrior) -> np.ndarray:
    """Map coefficients (2u) and offsets of the arrangements to ln D of grain and boundary, (n, 2, 2u + arrangements).

    The coefficients are in units of the prior. The second value of a bulk run is unused and zero.
    """
    n, u = len(runs), len(runs.rows)
    design = np.zeros((n, 2, 2 * u + arrangements(runs)))
    basis, each = prior.basis(runs.temperatures_K) * prior.sigma, np.arange(n)
    for value, index in enumerate((runs.grain, runs.own)):
        for coefficient in range(2):
            design[each, value, coefficient * u + index] = basis[:, coefficient]
        design[each, value, 2 * u + runs.arrangements] = 1.0
    design[runs.targets == 0, 1] = 0.0
    return design


def arrangements(runs: Runs) -> int:
    """Count the arrangements, as far as they are numbered."""
    return int(runs.arrangements.max()) + 1 if len(runs) else 0


def covariance_of(runs: Runs, blocks: np.ndarray, scatter: float) -> np.ndarray:
    """Assemble the prior covariance of coefficients and offsets, see `design_of`.

    Args:
        runs: n runs of u diffusivities.
        blocks: covariance of each coefficient, (2, u, u).
        scatter: variance of the offsets.
    """
    u, count = len(runs.rows), arrangements(runs)
    covariance = np.zeros((2 * u + count, 2 * u + count))
    covariance[:u, :u], covariance[u : 2 * u, u : 2 * u] = blocks
    covariance[2 * u :, 2 * u :] = scatter * np.eye(count)
    return covariance


def latent_of(runs: Runs, pairs: Pairs, hyper: Hyperparameters, prior: ArrheniusPrior) -> Latent:
    """Write the pairs of all runs as functions of independent standard normal variables."""
    u = len(runs.rows)
    roots = [root_of(block) for block in pairs.covariance(hyper)]
    design = design_of(runs, prior)
    parts = [design[..., :u] @ roots[0], design[..., u : 2 * u] @ roots[1], hyper.scatter * design[..., 2 * u :]]
    extra = np.full((len(runs), 2), 1e-9)
    extra[runs.targets == 0, 1] = 1.0
    return Latent(np.concatenate(parts, axis=-1), extra)


def pairs_before(runs: Runs, mean: np.ndarray, prior: ArrheniusPrior) -> np.ndarray:
    """Compute ln D of grain and boundary from the mean before conditioning, (n, 2)."""
    basis = prior.basis(runs.temperatures_K)
    return prior.offset + np.stack([(basis * mean[i]).sum(axis=1) for i in (runs.grain, runs.own)], axis=1)


def linearised(latent: Latent, runs: Runs, before: np.ndarray, hyper: Hyperparameters, used: np.ndarray) -> Sites:
    """Fit the sites of a linearised likelihood; bounds and unused runs get none."""
    values = ~runs.bounded & used
    offset, variance = run_likelihood.moments(runs, hyper)
    seen = np.where(values, np.nan_to_num(runs.log_values) - offset, before[:, 0])
    at = np.stack([seen, seen], axis=1)
    sites = Sites(np.zeros((len(runs), 2, 2)), np.zeros((len(runs), 2)))
    for _ in range(LINEARISATIONS):
        slope = run_likelihood.slopes(runs, at[:, 0], at[:, 1])
        away = seen - run_likelihood.log_cell(runs, at[:, 0], at[:, 1]) + (slope * (at - before)).sum(axis=1)
        weight = np.where(values, 1 / variance, 0.0)
        sites = Sites(weight[:, None, None] * slope[:, :, None] * slope[:, None, :], (weight * away)[:, None] * slope)
        mean, _ = latent.marginals(sites)
        at = np.clip(before + mean, at - 2.0, at + 2.0)
    return sites


def _log_likelihood(runs: Runs, pairs: np.ndarray, hyper: Hyperparameters) -> np.ndarray:
    apparent = run_likelihood.log_cell(runs, pairs[..., 0], pairs[..., 1])
    found = run_likelihood.log_likelihood(runs, apparent, hyper)
    if runs.windowed.any():
        found[..., runs.windowed] = window_likelihood.log_likelihood(runs, pairs[..., 0], pairs[..., 1], hyper)
    return found


def root_of(covariance: np.ndarray) -> np.ndarray:
    """Compute a lower triangular root of a covariance (..., u, u) that may be singular."""
    ridge = SINGULAR * np.trace(covariance, axis1=-2, axis2=-1)[..., None, None] / covariance.shape[-1]
    return np.linalg.cholesky(covariance + ridge * np.eye(covariance.shape[-1]))
