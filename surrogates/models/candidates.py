"""Candidate models: three kernels about the prior mean, and graph networks with a kernel for their residuals.

All four share the posterior of `ArrheniusProcess`: each is precise for simulated structures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle

import numpy as np

from argyro.surrogates.models.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.gaussian_process import ArrheniusProcess, Data, Posterior, Processes
from argyro.surrogates.models.hyperparameters import Hyperparameters
from argyro.surrogates.models.kernels import Pairs, Rows, labels_of

CANDIDATES = ("mean", "ridge", "gp", "graph")


@dataclass(frozen=True)
class Candidate:
    """A fitted model: a mixture of processes over samples of the hyperparameters and members of the ensemble."""

    kind: str
    hyper: list[Hyperparameters]
    processes: list[ArrheniusProcess]

    def coefficients(self, rows: Rows, means: np.ndarray) -> list[Posterior]:
        """Compute the posterior of each process for rows with mean coefficients (members, r, 2), members in turn."""
        return self._together.coefficients(rows, means[np.arange(len(self.processes)) % len(means)])

    @cached_property
    def _together(self) -> Processes:
        return Processes(self.processes)


def kernel_of(kind: str) -> str:
    """Return the kernel of a candidate."""
    return "gp" if kind == "graph" else kind


def fit_candidate(
    kind: str,
    hyper: list[Hyperparameters],
    data: Data,
    means: np.ndarray,
    prior: ArrheniusPrior,
    pseudo: Sequence[np.ndarray] | None = None,
) -> Candidate:
    """Condition each member's mean (members, n, 2) on the data, with the hyperparameter samples in turn.

    Known pseudo-values of each process are passed as ``pseudo``.
    """
    kernel, count = kernel_of(kind), max(len(hyper), len(means))
    pairs = Pairs(kernel, data.rows, data.rows)
    turns = zip(range(count), cycle(hyper), cycle(means), strict=False)
    processes = [
        ArrheniusProcess(kernel, h, data, m, prior, pairs, None if pseudo is None else pseudo[i]) for i, h, m in turns
    ]
    return Candidate(kind, hyper, processes)


def prior_means(rows: int, prior: ArrheniusPrior) -> np.ndarray:
    """Return the mean of the candidates without networks, (1, rows, 2)."""
    return np.tile(prior.mean, (1, rows, 1))


def row_means(coefficients: np.ndarray, graph_of_row: np.ndarray, rows: Rows) -> np.ndarray:
    """Map network coefficients (members, graphs, 3, 2) to rows, (members, n, 2), averaged over the structures of a key.

    All realisations of one disorder are one material, so they share its measured values.
    """
    means = coefficients[:, graph_of_row, rows.targets]
    labels = np.array(labels_of(rows))
    for label in np.unique(labels):
        mine = labels == label
        means[:, mine] = means[:, mine].mean(axis=1, keepdims=True)
    return means


def mixture(posteriors: Sequence[Posterior], basis: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and standard deviation of ln D - offset over the processes, and whether each row is new, (r,) each.

    The rows have the basis (r, 2).
    """
    means = np.array([np.einsum("rc,rc->r", p.mean, basis) for p in posteriors])
    variances = np.array([np.einsum("rc,rcrd,rd->r", basis, p.covariance, basis) for p in posteriors])
    spread = means.var(axis=0) + variances.mean(axis=0)
    return means.mean(axis=0), np.sqrt(np.maximum(spread, 1e-12)), posteriors[0].new
