"""Samples of the posterior of all diffusivities, and the law of any further one given them.

For each set of hyperparameters the coefficients of the observed diffusivities are sampled from the exact posterior, by
Hamiltonian Monte Carlo about the Gaussian posterior of expectation propagation. A further diffusivity is normal given
these coefficients, with the mean K_x K⁻¹ c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from argyro.surrogates.forward import run_likelihood, window_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hamiltonian import mixed, mixing, require_mixed, walk
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import Pairs, Rows
from argyro.surrogates.forward.process import Process, latent_of, pairs_before, root_of
from argyro.surrogates.forward.runs import Runs

ATTEMPTS = (1, 4, 16)  # trajectories for each kept sample, until the chains mix


@dataclass(frozen=True)
class PosteriorSamples:
    """Posterior of m sets of hyperparameters, with s samples each, over u observed diffusivities.

    Args:
        kind: kernel.
        hyper: m sets.
        rows: observed diffusivities.
        normals: samples of the standard normal variables behind the coefficients, (m, s, 2, u).
        diagnostics: largest R-hat and smallest effective number of samples.
        without_rule: as ``normals``, by the Gaussian posterior without the Meyer-Neldel rule; None without it.
    """

    kind: str
    hyper: list[Hyperparameters]
    rows: Rows
    normals: np.ndarray
    diagnostics: dict[str, float]
    without_rule: np.ndarray | None = None

    def new(self, rows: Rows) -> np.ndarray:
        """Check which rows belong to a structure without runs, (r,)."""
        return ~np.isin(rows.keys, self.rows.keys)

    def draw(
        self, rows: Rows, means: np.ndarray, prior: ArrheniusPrior, samples: int, seed: int, without_rule: bool = False
    ) -> np.ndarray:
        """Draw the coefficients of r rows together, (samples, r, 2).

        At equal seeds a row's draw does not depend on the rows after it.

        Args:
            rows: r rows.
            means: coefficients of the rows before conditioning, (m, r, 2).
            prior: scales of the coefficients.
            samples: number of samples.
            seed: random seed.
            without_rule: also draw the coefficients without the Meyer-Neldel rule, (samples, r, 4).
        """
        rng = np.random.default_rng(seed)
        own = Pairs(self.kind, rows, rows).covariance(self._stacked)
        m = len(self.hyper)
        which = rng.permutation(samples) % m
        picked = rng.integers(self.normals.shape[1], size=samples) if len(self.rows) else np.zeros(samples, dtype=int)
        normal = rng.standard_normal((len(rows), samples, 2))
        factor = self._factor(rows) if len(self.rows) else np.zeros((m, 2, len(rows), 0))  # (m, 2, r, u)
        roots = _lower(own - factor @ factor.swapaxes(-1, -2))

        def departures(normals: np.ndarray) -> np.ndarray:
            found = np.empty((samples, len(rows), 2))
            for index, root in enumerate(roots):
                mine = which == index
                found[mine] = np.einsum("crk,ksc->src", root, normal[:, mine])
                found[mine] += np.einsum("cru,scu->src", factor[index], normals[index, picked[mine]])
            return found

        drawn = np.asarray(means)[which] + prior.sigma * departures(self.normals)
        if not without_rule or self.without_rule is None:
            return drawn
        plain = prior.without_rule()
        free = prior.convert(np.asarray(means), plain)[which] + plain.sigma * departures(self.without_rule)
        return np.concatenate([drawn, plain.convert(free, prior)], axis=-1)

    def _factor(self, rows: Rows) -> np.ndarray:
        """Compute K_x L⁻ᵀ with the root L of the covariance of the observed coefficients."""
        between = Pairs(self.kind, rows, self.rows).covariance(self._stacked)
        return between @ self._inverse_root.swapaxes(-1, -2)

    @cached_property
    def _stacked(self) -> Hyperparameters:
        return Hyperparameters.stacked(self.hyper)

    @cached_property
    def _inverse_root(self) -> np.ndarray:
        """Inverse of the root L of the covariance of the observed coefficients, (m, 2, u, u)."""
        return np.linalg.inv(root_of(Pairs(self.kind, self.rows, self.rows).covariance(self._stacked)))


def sample_posterior(
    kind: str,
    hyper: Sequence[Hyperparameters],
    runs: Runs,
    means: np.ndarray,
    prior: ArrheniusPrior,
    seed: int = 0,
) -> PosteriorSamples:
    """Sample the coefficients of the observed diffusivities.

    Args:
        kind: kernel.
        hyper: m sets of hyperparameters.
        runs: n runs.
        means: coefficients of their diffusivities before conditioning, (m, u, 2).
        prior: scales of the coefficients.
        seed: random seed.

    Raises:
        ArgyroError: the chains do not mix.
    """
    n, m, u = len(runs), len(hyper), len(runs.rows)
    centre, unscale, flat, before = _gaussian(kind, hyper, runs, means, prior)
    k = flat.shape[-1]
    each = Hyperparameters.stacked(hyper)  # broadcasts over (m, chains, n)

    def target(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        point = centre[:, None] + z @ unscale
        grain, own = np.moveaxis(before + (point @ flat.swapaxes(1, 2)).reshape(m, -1, n, 2), -1, 0)
        apparent = run_likelihood.log_cell(runs, grain, own)
        each_run = run_likelihood.log_likelihood(runs, apparent, each)
        gradient = run_likelihood.score(runs, apparent, each)[..., None] * run_likelihood.slopes(runs, grain, own)
        if runs.windowed.any():
            found = window_likelihood.with_gradient(runs, grain, own, each)
            each_run[..., runs.windowed], gradient[..., runs.windowed, :] = found
        value = each_run.sum(axis=-1) - 0.5 * (point**2).sum(axis=-1)
        return value, (gradient.reshape(m, -1, 2 * n) @ flat - point) @ unscale.swapaxes(1, 2)

    for thinned in ATTEMPTS:
        found = walk(target, (m, k), seed, thinned)
        points = centre[:, None] + found.samples @ unscale  # (kept, m, chains, k)
        values = (points @ flat.swapaxes(1, 2)).reshape(*points.shape[:3], n, 2)
        seen = np.concatenate([values[..., 0], values[..., runs.targets > 0, 1]], axis=-1)
        diagnostics = mixing(seen)
        if mixed(diagnostics):
            break
    require_mixed(diagnostics)
    diagnostics["acceptance"] = found.acceptance
    normals = points[..., : 2 * u].transpose(1, 0, 2, 3).reshape(m, -1, 2, u)
    free = _without_rule(kind, hyper, runs, means, prior, seed, normals.shape[1])
    kept = (array.astype(np.float32).astype(float) for array in (normals, free))  # as files keep them
    normals, free = kept
    return PosteriorSamples(kind, list(hyper), runs.rows, normals, diagnostics, free)


def _gaussian(
    kind: str, hyper: Sequence[Hyperparameters], runs: Runs, means: np.ndarray, prior: ArrheniusPrior
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Find the Gaussian posterior of the k standard normal variables of each set of hyperparameters.

    Returns:
        centre (m, k); unscale (m, k, k), so that centre + z @ unscale has the posterior's law for standard normal z;
        map from the variables to ln D of grain and boundary (m, 2n, k); their values before conditioning (m, 1, n, 2).
    """
    pairs, n, m = Pairs(kind, runs.rows, runs.rows), len(runs), len(hyper)
    sites = Process.fit(kind, hyper[0], runs, means[0], prior, pairs).sites
    features = np.stack([latent_of(runs, pairs, one, prior).features for one in hyper])  # (m, n, 2, k)
    before = np.stack([pairs_before(runs, mean, prior) for mean in means])[:, None]
    k = features.shape[-1]
    flat = features.reshape(m, 2 * n, k)
    precision = np.eye(k) + flat.swapaxes(1, 2) @ (sites.precision @ features).reshape(m, 2 * n, k)
    unscale = np.linalg.inv(np.linalg.cholesky(precision))
    moved = before[0, 0] - before[:, 0]  # the shift of a site refers to the mean before conditioning
    away = sites.shift + np.einsum("nij,mnj->mni", sites.precision, moved)
    pull = np.einsum("mik,mi->mk", flat, away.reshape(m, -1))
    return np.einsum("mkj,mj->mk", unscale.swapaxes(1, 2) @ unscale, pull), unscale, flat, before


def _without_rule(
    kind: str,
    hyper: Sequence[Hyperparameters],
    runs: Runs,
    means: np.ndarray,
    prior: ArrheniusPrior,
    seed: int,
    count: int,
) -> np.ndarray:
    """Sample the Gaussian posterior without the Meyer-Neldel rule, (m, count, 2, u)."""
    plain, u = prior.without_rule(), len(runs.rows)
    centre, unscale, _, _ = _gaussian(kind, hyper, runs, prior.convert(means, plain), plain)
    normal = np.random.default_rng([seed, 3]).standard_normal((len(hyper), count, centre.shape[-1]))
    return (centre[:, None] + normal @ unscale)[..., : 2 * u].reshape(len(hyper), count, 2, u)


def _lower(covariance: np.ndarray) -> np.ndarray:
    """Compute lower triangular roots (..., r, r), robust to rounding in nearly singular covariances."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    upper = np.linalg.qr(root.swapaxes(-1, -2)).R
    signs = np.where(np.diagonal(upper, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return (upper * signs[..., :, None]).swapaxes(-1, -2)
