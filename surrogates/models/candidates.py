"""Candidate models: three kernels about the prior mean, and graph networks with a kernel for their residuals.

All four share the forward model of the runs: each is precise for simulated structures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import Rows
from argyro.surrogates.forward.posterior import PosteriorSamples, sample_posterior
from argyro.surrogates.forward.runs import Runs

CANDIDATES = ("mean", "ridge", "gp", "graph")


@dataclass(frozen=True)
class Candidate:
    """A fitted model: posterior samples over hyperparameters and members of the ensemble."""

    kind: str
    posterior: PosteriorSamples

    def draw(self, rows: Rows, means: np.ndarray, prior: ArrheniusPrior, samples: int, seed: int) -> np.ndarray:
        """Draw the coefficients of rows with mean coefficients (members, r, 2), members in turn.

        Returns:
            (samples, r, 4): with the Meyer-Neldel rule and without; (samples, r, 2) of a surrogate that lacks these.
        """
        turns = np.arange(len(self.posterior.hyper)) % len(means)
        return self.posterior.draw(rows, means[turns], prior, samples, seed, without_rule=True)


def kernel_of(kind: str) -> str:
    """Return the kernel of a candidate."""
    return "gp" if kind == "graph" else kind


def fit_candidate(
    kind: str, hyper: Sequence[Hyperparameters], runs: Runs, means: np.ndarray, prior: ArrheniusPrior, seed: int = 0
) -> Candidate:
    """Condition each member's mean (members, u, 2) on the runs, with the hyperparameter samples in turn."""
    count = max(len(hyper), len(means))
    turns = list(islice(cycle(hyper), count))
    each = means[np.arange(count) % len(means)]
    return Candidate(kind, sample_posterior(kernel_of(kind), turns, runs, each, prior, seed))


def prior_means(rows: int, prior: ArrheniusPrior) -> np.ndarray:
    """Return the mean of the candidates without networks, (1, rows, 2)."""
    return np.tile(prior.mean, (1, rows, 1))


def row_means(
    coefficients: np.ndarray, identities: Sequence[Identity], rows: Rows, prior: ArrheniusPrior
) -> np.ndarray:
    """Map network coefficients (members, graphs, 3, 2) to rows, (members, r, 2), averaged over the graphs of a key.

    All realisations of one disorder are one material, so they share a mean. A row without a graph, such as the bulk of
    a material of which only boundary cells ran, has the prior's.
    """
    means = np.tile(prior.mean, (len(coefficients), len(rows), 1))
    keys = np.array([identity.key for identity in identities])
    for row, (key, target) in enumerate(zip(rows.keys, rows.targets, strict=True)):
        if (keys == key).any():
            means[:, row] = coefficients[:, keys == key, target].mean(axis=1)
    return means
