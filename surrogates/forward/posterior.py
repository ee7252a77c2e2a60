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

from argyro.surrogates.forward import run_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hamiltonian import mixed, mixing, require_mixed, walk
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import Pairs, Rows
from argyro.surrogates.forward.process import Process, latent_of, pairs_before, root_of
from argyro.surrogates.forward.runs import Runs

ATTEMPTS = (1, 4)  # trajectories for each kept sample, until the chains mix


@dataclass(frozen=True)
class PosteriorSamples:
    """Posterior of m sets of hyperparameters, with s samples each, over u observed diffusivities.

    Args:
        kind: kernel.
        hyper: m sets.
        rows: observed diffusivities.
        normals: samples of the standard normal variables behind the coefficients, (m, s, 2, u).
        diagnostics: largest R-hat and smallest effective number of samples.
    """

    kind: str
    hyper: list[Hyperparameters]
    rows: Rows
    normals: np.ndarray
    diagnostics: dict[str, float]

    def new(self, rows: Rows) -> np.ndarray:
        """Check which rows belong to a structure without runs, (r,)."""
        return ~np.isin(rows.keys, self.rows.keys)

    def draw(self, rows: Rows, means: np.ndarray, prior: ArrheniusPrior, samples: int, seed: int) -> np.ndarray:
        """Draw the coefficients of r rows together, (samples, r, 2).

        At equal seeds a row's draw does not depend on the rows after it.

        Args:
            rows: r rows.
            means: coefficients of the rows before conditioning, (m, r, 2).
            prior: scales of the coefficients.
            samples: number of samples.
            seed: random seed.
        """
        rng = np.random.default_rng(seed)
        own = Pairs(self.kind, rows, rows).covariance(self._stacked)
        m = len(self.hyper)
        which = rng.permutation(samples) % m
        picked = rng.integers(self.normals.shape[1], size=samples) if len(self.rows) else np.zeros(samples, dtype=int)
        normal = rng.standard_normal((len(rows), samples, 2))
        if len(self.rows):
            factor = self._factor(rows)  # (m, 2, r, u)
            own = own - factor @ factor.swapaxes(-1, -2)
        departure = np.empty((samples, len(rows), 2))
        for index, root in enumerate(_lower(own)):
            mine = which == index
            departure[mine] = np.einsum("crk,ksc->src", root, normal[:, mine])
            if len(self.rows):
                departure[mine] += np.einsum("cru,scu->src", factor[index], self.normals[index, picked[mine]])
        return np.asarray(means)[which] + prior.sigma * departure

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
    pairs, n, m = Pairs(kind, runs.rows, runs.rows), len(runs), len(hyper)
    sites = Process.fit(kind, hyper[0], runs, means[0], prior, pairs).sites
    latents = [latent_of(runs, pairs, one, prior) for one in hyper]
    features = np.stack([latent.features for latent in latents])  # (m, n, 2, k)
    before = np.stack([pairs_before(runs, mean, prior) for mean in means])[:, None]
    k = features.shape[-1]
    flat = features.reshape(m, 2 * n, k)
    precision = np.eye(k) + flat.swapaxes(1, 2) @ (sites.precision @ features).reshape(m, 2 * n, k)
    unscale = np.linalg.inv(np.linalg.cholesky(precision))  # point = centre + z @ unscale
    moved = before[0, 0] - before[:, 0]  # the shift of a site refers to the mean before conditioning
    away = sites.shift + np.einsum("nij,mnj->mni", sites.precision, moved)
    centre = np.einsum(
        "mkj,mj->mk", unscale.swapaxes(1, 2) @ unscale, np.einsum("mik,mi->mk", flat, away.reshape(m, -1))
    )
    each = Hyperparameters.stacked(hyper)  # broadcasts over (m, chains, n)

    def target(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        point = centre[:, None] + z @ unscale
        grain, own = np.moveaxis(before + (point @ flat.swapaxes(1, 2)).reshape(m, -1, n, 2), -1, 0)
        apparent = run_likelihood.log_cell(runs, grain, own)
        value = run_likelihood.log_likelihood(runs, apparent, each).sum(axis=-1) - 0.5 * (point**2).sum(axis=-1)
        gradient = run_likelihood.score(runs, apparent, each)[..., None] * run_likelihood.slopes(runs, grain, own)
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
    u = len(runs.rows)
    normals = points[..., : 2 * u].transpose(1, 0, 2, 3).reshape(m, -1, 2, u)
    normals = normals.astype(np.float32).astype(float)  # as files keep them
    return PosteriorSamples(kind, list(hyper), runs.rows, normals, diagnostics)


def _lower(covariance: np.ndarray) -> np.ndarray:
    """Compute lower triangular roots (..., r, r), robust to rounding in nearly singular covariances."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    upper = np.linalg.qr(root.swapaxes(-1, -2)).R
    signs = np.where(np.diagonal(upper, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return (upper * signs[..., :, None]).swapaxes(-1, -2)
