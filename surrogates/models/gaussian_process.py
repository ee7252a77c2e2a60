"""Gaussian-process posterior of Arrhenius coefficients given molecular dynamics results.

The posterior is narrow for simulated structures and as wide as the prior far from them. The coefficients c = (a, Ea) of
all diffusivities are jointly normal, cov(c_i, c_j) = diag(σ_c² G_c,ij), about a mean m_i (the prior's, or a graph
network's). ln D is linear in them, so conditioning is Gaussian-process regression in closed form, and extrapolation in
T carries the uncertainty of Ea.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, qr, solve_triangular

from argyro.surrogates.models.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.censored import pseudo_values
from argyro.surrogates.models.hyperparameters import Hyperparameters
from argyro.surrogates.models.kernels import Pairs, Rows, distinct

BOUND_SOFTNESS = 0.2  # of ln D: a bound from a finite run is uncertain by about 20 %


@dataclass(frozen=True)
class Data:
    """Observed ln D: rows (n), temperatures_K, log_values, log_sigmas, censored, each (n,)."""

    rows: Rows
    temperatures_K: np.ndarray
    log_values: np.ndarray
    log_sigmas: np.ndarray
    censored: np.ndarray

    def __len__(self) -> int:
        return len(self.log_values)

    def take(self, index: np.ndarray) -> Data:
        """Select the observations of an index or a mask."""
        plain = (self.temperatures_K, self.log_values, self.log_sigmas, self.censored)
        return Data(self.rows.take(index), *(array[index] for array in plain))


@dataclass(frozen=True)
class Posterior:
    """Coefficients of r rows: mean (r, 2), covariance (r, 2, r, 2), and whether a structure is without data, (r,)."""

    mean: np.ndarray
    covariance: np.ndarray
    new: np.ndarray


class ArrheniusProcess:
    """Gaussian process over coefficients, conditioned on data about a given mean."""

    def __init__(
        self,
        kind: str,
        hyper: Hyperparameters,
        data: Data,
        mean: np.ndarray,
        prior: ArrheniusPrior,
        pairs: Pairs | None = None,
        pseudo: np.ndarray | None = None,
    ):
        """Condition on the data.

        Args:
            kind: kernel of the descriptors, ``mean``, ``ridge`` or ``gp``.
            hyper: hyperparameters of the kernel.
            data: n observations.
            mean: mean coefficients of the observed rows before conditioning, (n, 2).
            prior: scales of the coefficients.
            pairs: comparison of the data's rows with themselves; processes may share it.
            pseudo: result of `pseudo_values`, (2, n), to avoid the expensive computation for bounds.
        """
        self.kind, self.hyper, self.data, self.mean, self.prior = kind, hyper, data, mean, prior
        if not len(data):
            return
        basis = prior.basis(data.temperatures_K)
        pairs = pairs or Pairs(kind, data.rows, data.rows)
        signal = covariance_of_log(pairs.covariance(hyper), basis * prior.sigma**2, basis)
        residual = data.log_values - prior.offset - np.einsum("nc,nc->n", basis, mean)
        noise = np.where(data.censored, BOUND_SOFTNESS, np.hypot(data.log_sigmas, hyper.jitter))
        if pseudo is None:
            pseudo = np.stack(pseudo_values(signal, residual, noise, data.censored))
        self.pseudo = pseudo
        values, variances = pseudo
        self.distinct, group = distinct(data.rows)
        design = np.zeros((len(data), 2, len(self.distinct)))
        design[np.arange(len(data)), :, group] = basis * prior.sigma
        factor = cholesky(signal + np.diag(variances), lower=True)
        design = solve_triangular(factor, design.reshape(len(data), -1), lower=True)
        # for the u distinct diffusivities, in units of the prior: weights (2, u), and a root (2, u, k) of the reduction
        # of the covariance
        self.weights = (design.T @ solve_triangular(factor, values, lower=True)).reshape(2, -1)
        root = qr(design, mode="r", check_finite=False)[0][: min(design.shape)]
        self.root = root.reshape(len(root), 2, -1).transpose(1, 2, 0)

    def coefficients(self, rows: Rows, mean: np.ndarray) -> Posterior:
        """Compute the posterior of the coefficients of r rows with a mean before conditioning, (r, 2)."""
        return Processes([self]).coefficients(rows, mean[None])[0]


class Processes:
    """Set of m processes with one kernel and the same data, evaluated by joint matrix products."""

    def __init__(self, processes: Sequence[ArrheniusProcess]):
        """Stack the weights of the processes."""
        first = processes[0]
        self.kind, self.prior, self.seen = first.kind, first.prior, len(first.data) > 0
        self.hyper = Hyperparameters.stacked([process.hyper for process in processes])
        if self.seen:
            self.distinct = first.distinct
            self.weights = np.stack([process.weights for process in processes])
            self.root = np.stack([process.root for process in processes])

    def coefficients(self, rows: Rows, means: np.ndarray) -> list[Posterior]:
        """Compute the posterior of the coefficients of r rows in each process.

        Args:
            rows: r rows.
            means: coefficients of the rows before conditioning, (m, r, 2).
        """
        before = Pairs(self.kind, rows, rows).covariance(self.hyper)
        after, new, sigma = np.zeros((*means.shape, *means.shape[1:])), np.ones(len(rows), dtype=bool), self.prior.sigma
        after[:, :, [0, 1], :, [0, 1]] = before.swapaxes(0, 1)
        if self.seen:
            pairs = Pairs(self.kind, rows, self.distinct)
            known, new = pairs.covariance(self.hyper), ~pairs.same_key.any(axis=1)
            means = means + sigma * (known @ self.weights[..., None])[..., 0].swapaxes(1, 2)
            explained = (known @ self.root).swapaxes(1, 2).reshape(len(known), 2 * len(rows), -1)
            after -= (explained @ explained.swapaxes(1, 2)).reshape(after.shape)
        after *= sigma[:, None, None] * sigma
        return [Posterior(mean, covariance, new) for mean, covariance in zip(means, after, strict=True)]


def covariance_of_log(coefficients: np.ndarray, scaled_a: np.ndarray, basis_b: np.ndarray) -> np.ndarray:
    """Compute the covariance of ln D from that of both coefficients, (2, na, nb)."""
    return np.einsum("cij,ic,jc->ij", coefficients, scaled_a, basis_b)
