"""Marginal likelihood of measured runs as a function of the hyperparameters, with its gradient.

The likelihood is linearised at a posterior: y = X c + noise N, where c are the coefficients of all diffusivities and
the offsets of all arrangements. With cov(c) = K, r = y - offset, Λ = Xᵀ N⁻¹ X, b = Xᵀ N⁻¹ r and the posterior
covariance C = (1 + K Λ)⁻¹ K,

    -2 ln p(y) = rᵀ N⁻¹ r + ln|N| + ln|1 + K Λ| - bᵀ C b + const.

Its derivatives in K, N and the offset are closed forms of C. Those of K, N and the offset in the hyperparameters are
finite differences, which cost little beside C.

Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), equation 5.9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from argyro.platform.dynamics.diffusion.run_length_bias import SIZES
from argyro.surrogates.forward import run_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import COUNT, Hyperparameters
from argyro.surrogates.forward.kernels import Pairs
from argyro.surrogates.forward.process import Process, covariance_of, design_of, pairs_before
from argyro.surrogates.forward.runs import Runs

STEP = 1e-5  # of the finite differences, in standard normal coordinates


@dataclass(frozen=True)
class Conditioned:
    """Coefficients given the values: the negative log density of the values, and the parts of its gradient.

    Args:
        loss: -ln p(y), up to a constant.
        precision: Λ, (q, q).
        covariance: C, (q, q).
        shift: b, (q,).
        residual: r, (n,).
    """

    loss: float
    precision: np.ndarray
    covariance: np.ndarray
    shift: np.ndarray
    residual: np.ndarray


class MarginalLikelihood:
    """Negative log posterior of the hyperparameters, up to a constant.

    Args:
        kind: kernel.
        runs: n runs with a value.
        mean: coefficients of their diffusivities before conditioning, (u, 2).
        prior: scales of the coefficients.
        about: hyperparameters of the posterior at which the likelihood is linearised.
    """

    def __init__(self, kind: str, runs: Runs, mean: np.ndarray, prior: ArrheniusPrior, about: Hyperparameters):
        self.runs, self.pairs = runs, Pairs(kind, runs.rows, runs.rows)
        before = pairs_before(runs, mean, prior)
        at, _ = Process.fit(kind, about, runs, mean, prior, self.pairs, exact=False).latent_values()
        slope = run_likelihood.slopes(runs, at[:, 0], at[:, 1])
        cell = run_likelihood.log_cell(runs, at[:, 0], at[:, 1])
        self.seen = runs.log_values - cell + (slope * (at - before)).sum(axis=1)
        self.design = np.einsum("ni,niq->nq", slope, design_of(runs, prior))
        self.sizes = runs.size_evidence.sum(axis=0)

    def value(self, x: np.ndarray) -> float:
        """Compute -ln p(x | y) at standard normal coordinates x (COUNT,)."""
        hyper = Hyperparameters.of_standard(x)
        prior = covariance_of(self.runs, self.pairs.covariance(hyper), hyper.scatter**2)
        loss = self._condition(prior, *run_likelihood.moments(self.runs, hyper)).loss
        return loss + 0.5 * float(x @ x) - float(self._of_size(np.array(hyper.bias)))

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Compute -ln p(x | y) and its gradient at standard normal coordinates x (COUNT,)."""
        near = Hyperparameters.stacked(
            [Hyperparameters.of_standard(point) for point in x + STEP * np.eye(COUNT + 1, COUNT, -1)]
        )
        blocks, scatter = (
            self.pairs.covariance(near),
            np.asarray(near.scatter)[:, 0, 0] ** 2,
        )  # the first of each is that at x
        offset, variance = (column[:, 0] for column in run_likelihood.moments(self.runs, near))
        found = self._condition(covariance_of(self.runs, blocks[0], scatter[0]), offset[0], variance[0])
        centre = found.covariance @ found.shift
        left = found.shift - found.precision @ centre
        by_prior = 0.5 * (found.precision - found.precision @ found.covariance @ found.precision - np.outer(left, left))
        explained = np.einsum("nq,nq->n", self.design @ found.covariance, self.design)
        force = (found.residual - self.design @ centre) / variance[0]
        by_variance = 0.5 * (1 / variance[0] - explained / variance[0] ** 2 - force**2)
        u = len(self.runs.rows)
        changed = (variance[1:] - variance[0]) @ by_variance - (offset[1:] - offset[0]) @ force
        changed += (scatter[1:] - scatter[0]) * np.trace(by_prior[2 * u :, 2 * u :])
        for number, part in enumerate((slice(0, u), slice(u, 2 * u))):
            changed += np.einsum("kij,ij->k", blocks[1:, number] - blocks[0, number], by_prior[part, part])
        of_size = self._of_size(np.asarray(near.bias)[:, 0, 0])
        changed -= of_size[1:] - of_size[0]
        return found.loss + 0.5 * float(x @ x) - float(of_size[0]), changed / STEP + x

    def _of_size(self, size: np.ndarray) -> np.ndarray:
        """Interpolate the log likelihood of the size of the run-length bias by the parts of the runs."""
        return np.interp(np.log(size), np.log(SIZES), self.sizes)

    def _condition(self, prior: np.ndarray, offset: np.ndarray, variance: np.ndarray) -> Conditioned:
        """Condition the coefficients of prior covariance (q, q) on the values."""
        weighted, residual = self.design.T / variance, self.seen - offset
        precision, shift = weighted @ self.design, weighted @ residual
        factor = lu_factor(np.eye(len(prior)) + prior @ precision, check_finite=False, overwrite_a=True)
        covariance = lu_solve(factor, prior, check_finite=False)
        determinant = np.log(np.abs(np.diag(factor[0]))).sum() + np.log(variance).sum()
        loss = 0.5 * ((residual**2 / variance).sum() + determinant - shift @ covariance @ shift)
        return Conditioned(float(loss), precision, covariance, shift, residual)

    def left_out(self, x: np.ndarray, groups: np.ndarray) -> float:
        """Compute the log density of the values of each group given all other runs, summed over the values.

        With α = S⁻¹ r and the covariance S of the values, the values of a group g given the others have the error
        (S⁻¹)_gg⁻¹ α_g and the covariance (S⁻¹)_gg⁻¹.

        Args:
            x: standard normal coordinates, (COUNT,).
            groups: number of the group of each run, (n,); negative for runs that are never left out.

        Source: Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), equations 5.10 to 5.12.
        """
        hyper = Hyperparameters.of_standard(x)
        offset, variance = run_likelihood.moments(self.runs, hyper)
        prior = covariance_of(self.runs, self.pairs.covariance(hyper), hyper.scatter**2)
        inverse = np.linalg.inv(self.design @ prior @ self.design.T + np.diag(variance))
        force, density = inverse @ (self.seen - offset), 0.0
        for group in np.unique(groups[groups >= 0]):
            mine = groups == group
            covariance = np.linalg.inv(inverse[np.ix_(mine, mine)])
            spread = np.diag(covariance)
            density -= 0.5 * ((covariance @ force[mine]) ** 2 / spread + np.log(2 * np.pi * spread)).sum()
        return float(density)
