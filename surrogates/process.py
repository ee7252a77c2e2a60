"""The posterior of Arrhenius coefficients given molecular dynamics: sharp where it was run, as wide as the prior far
from it.

The coefficients c = (a, Ea) of all diffusivities are jointly normal, cov(c_i, c_j) = diag(σ_c² G_c,ij), about a
mean m_i (the prior's, or a graph network's). ln D is linear in them, so conditioning is Gaussian-process regression
in closed form, and extrapolation in T carries the uncertainty of Ea.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from argyro.surrogates.arrhenius import ArrheniusPrior
from argyro.surrogates.censored import pseudo_values
from argyro.surrogates.kernels import Hyperparameters, Rows, covariance

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
    """Coefficients of r rows: mean (r, 2), covariance (r, 2, r, 2), and the share of the prior's variance that is left
    (r,).
    """

    mean: np.ndarray
    covariance: np.ndarray
    novelty: np.ndarray


class ArrheniusProcess:
    """A Gaussian process over coefficients, conditioned on data about a given mean."""

    def __init__(self, kind: str, hyper: Hyperparameters, data: Data, mean: np.ndarray, prior: ArrheniusPrior):
        """Condition on the data.

        Args:
            kind: kernel of the descriptors, ``mean``, ``ridge`` or ``gp``.
            hyper: hyperparameters of the kernel.
            data: n observations.
            mean: mean coefficients of the observed rows before conditioning, (n, 2).
            prior: scales of the coefficients.
        """
        self.kind, self.hyper, self.data, self.mean, self.prior = kind, hyper, data, mean, prior
        self._basis = prior.basis(data.temperatures_K)
        if not len(data):
            return
        signal = self._signal(data.rows, self._basis, data.rows, self._basis)
        residual = data.log_values - prior.offset - np.einsum("nc,nc->n", self._basis, mean)
        noise = np.where(data.censored, BOUND_SOFTNESS, np.hypot(data.log_sigmas, hyper.jitter))
        values, variances = pseudo_values(signal, residual, noise, data.censored)
        self._factor = cho_factor(signal + np.diag(variances), lower=True)
        self._weights = cho_solve(self._factor, values)

    def _signal(self, a: Rows, basis_a: np.ndarray, b: Rows, basis_b: np.ndarray) -> np.ndarray:
        return _covariance_of_log(covariance(self.kind, a, b, self.hyper), basis_a * self.prior.sigma**2, basis_b)

    def coefficients(self, rows: Rows, mean: np.ndarray) -> Posterior:
        """Posterior of the coefficients of rows whose mean before conditioning is given, (r, 2)."""
        variance = self.prior.sigma**2
        own = covariance(self.kind, rows, rows, self.hyper)
        before = np.einsum("cij,cd->icjd", own, np.diag(variance))
        if not len(self.data):
            return Posterior(mean, before, np.ones(len(rows)))
        cross = covariance(self.kind, rows, self.data.rows, self.hyper)
        cross = np.einsum("crn,nc->rcn", cross, self._basis * variance)
        flat = cross.reshape(2 * len(rows), -1)
        after = before - (flat @ cho_solve(self._factor, flat.T)).reshape(before.shape)
        novelty = np.einsum("rcrc->rc", after)[:, 1] / np.einsum("rcrc->rc", before)[:, 1]
        return Posterior(mean + cross @ self._weights, after, np.clip(novelty, 0.0, 1.0))


def fit_hyperparameters(kind: str, data: Data, mean: np.ndarray, prior: ArrheniusPrior) -> Hyperparameters:
    """Find the most probable hyperparameters: marginal likelihood of the measured values times broad log-normal priors.

    With a handful of observations the priors decide; that keeps the intervals of a small campaign honest. Bounds do
    not take part.
    """
    data, mean = data.take(~data.censored), mean[~data.censored]
    if len(data) < 2:
        return Hyperparameters()
    basis = prior.basis(data.temperatures_K)
    residual = data.log_values - prior.offset - np.einsum("nc,nc->n", basis, mean)
    scaled = basis * prior.sigma**2

    def loss(x: np.ndarray) -> float:
        hyper = _from_vector(x)
        noise = np.diag(data.log_sigmas**2 + hyper.jitter**2)
        matrix = _covariance_of_log(covariance(kind, data.rows, data.rows, hyper), scaled, basis) + noise
        factor = cho_factor(matrix, lower=True)
        return 0.5 * residual @ cho_solve(factor, residual) + np.log(np.diag(factor[0])).sum() + 0.5 * x @ x

    return _from_vector(minimize(loss, np.zeros(6), method="L-BFGS-B", bounds=[(0, 3)] + [(-3, 3)] * 5).x)


def _covariance_of_log(coefficients: np.ndarray, scaled_a: np.ndarray, basis_b: np.ndarray) -> np.ndarray:
    """Covariance of ln D from that of both coefficients (2, na, nb)."""
    return np.einsum("cij,ic,jc->ij", coefficients, scaled_a, basis_b, optimize=True)


def _from_vector(x: np.ndarray) -> Hyperparameters:
    """Hyperparameters from standard normal variables: the defaults are the medians, one sigma is a factor of two."""
    default = Hyperparameters()
    names = ("amplitude", "length", "own_departure", "own_barrier", "jitter")
    factors = np.exp(np.array([0.7, 0.7, 1.4, 1.4, 0.7]) * x[[0, 1, 3, 4, 5]])  # variances: a factor of four
    values = {name: getattr(default, name) * float(factor) for name, factor in zip(names, factors, strict=True)}
    return Hyperparameters(shared=float(1 / (1 + np.exp(-x[2]))), **values)
