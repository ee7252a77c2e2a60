"""The posterior of Arrhenius coefficients given molecular dynamics: sharp where it was run, as wide as the prior far
from it.

The coefficients c = (a, Ea) of all diffusivities are jointly normal, cov(c_i, c_j) = diag(σ_c² G_c,ij), about a
mean m_i (the prior's, or a graph network's). ln D is linear in them, so conditioning is Gaussian-process regression
in closed form, and extrapolation in T carries the uncertainty of Ea.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from argyro.surrogates.arrhenius import ArrheniusPrior
from argyro.surrogates.censored import pseudo_values
from argyro.surrogates.hyperparameters import Hyperparameters
from argyro.surrogates.kernels import Pairs, Rows

BOUND_SOFTNESS = 0.2  # of ln D: a bound from a finite run is itself known to about 20 %


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
        """Pick the observations of an index or a mask."""
        plain = (self.temperatures_K, self.log_values, self.log_sigmas, self.censored)
        return Data(self.rows.take(index), *(array[index] for array in plain))


@dataclass(frozen=True)
class Posterior:
    """Coefficients of r rows: mean (r, 2), covariance (r, 2, r, 2), and whether the structure is new, (r,): without
    any data of its own.
    """

    mean: np.ndarray
    covariance: np.ndarray
    new: np.ndarray


class ArrheniusProcess:
    """A Gaussian process over coefficients, conditioned on data about a given mean."""

    def __init__(
        self,
        kind: str,
        hyper: Hyperparameters,
        data: Data,
        mean: np.ndarray,
        prior: ArrheniusPrior,
        pairs: Pairs | None = None,
    ):
        """Condition on the data.

        Args:
            kind: kernel of the descriptors, ``mean``, ``ridge`` or ``gp``.
            hyper: hyperparameters of the kernel.
            data: n observations.
            mean: mean coefficients of the observed rows before conditioning, (n, 2).
            prior: scales of the coefficients.
            pairs: the data's rows compared with themselves, where several processes share them.
        """
        self.kind, self.hyper, self.data, self.mean, self.prior = kind, hyper, data, mean, prior
        self._basis = prior.basis(data.temperatures_K)
        if not len(data):
            return
        pairs = pairs or Pairs(kind, data.rows, data.rows)
        signal = covariance_of_log(pairs.covariance(hyper), self._basis * prior.sigma**2, self._basis)
        residual = data.log_values - prior.offset - np.einsum("nc,nc->n", self._basis, mean)
        noise = np.where(data.censored, BOUND_SOFTNESS, np.hypot(data.log_sigmas, hyper.jitter))
        values, variances = pseudo_values(signal, residual, noise, data.censored)
        # inverted once: a product with it answers a question of few rows in a fifth of the time of a solution
        factor = cholesky(signal + np.diag(variances), lower=True)
        self._whitening = solve_triangular(factor, np.eye(len(factor)), lower=True)
        self._weights = self._whitening.T @ (self._whitening @ values)

    def compare(self, rows: Rows) -> tuple[Pairs, Pairs]:
        """Rows with themselves and with the data's, for `coefficients` of several processes of one kernel and data."""
        return Pairs(self.kind, rows, rows), Pairs(self.kind, rows, self.data.rows)

    def coefficients(self, rows: Rows, mean: np.ndarray, compared: tuple[Pairs, Pairs] | None = None) -> Posterior:
        """Posterior of the coefficients of r rows.

        Args:
            rows: asked for.
            mean: of the rows before conditioning, (r, 2).
            compared: what `compare` gave for them.
        """
        own, cross = compared or self.compare(rows)
        variance = self.prior.sigma**2
        before = np.einsum("cij,cd->icjd", own.covariance(self.hyper), np.diag(variance))
        if not len(self.data):
            return Posterior(mean, before, np.ones(len(rows), dtype=bool))
        known = np.einsum("crn,nc->rcn", cross.covariance(self.hyper), self._basis * variance)
        white = known.reshape(2 * len(rows), -1) @ self._whitening.T
        after = before - (white @ white.T).reshape(before.shape)
        return Posterior(mean + known @ self._weights, after, ~cross.same_key.any(axis=1))


def covariance_of_log(coefficients: np.ndarray, scaled_a: np.ndarray, basis_b: np.ndarray) -> np.ndarray:
    """Covariance of ln D from that of both coefficients (2, na, nb)."""
    return np.einsum("cij,ic,jc->ij", coefficients, scaled_a, basis_b)
