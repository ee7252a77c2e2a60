"""Cross-validation: each candidate predicts each observation without its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch_geometric.data import Data as Graph

from argyro.surrogates.models.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.candidates import CANDIDATES, fit_candidate, kernel_of, mixture, prior_means, row_means
from argyro.surrogates.models.gaussian_process import Data
from argyro.surrogates.models.gnn_training import NetworkTraining, network_coefficients, train_ensemble
from argyro.surrogates.models.hyperparameter_posterior import hyperparameter_samples
from argyro.surrogates.models.hyperparameters import Hyperparameters
from argyro.surrogates.models.metrics import HeldOut
from argyro.surrogates.models.training_arrays import Examples

MAX_FOLDS = 5
ALWAYS_SEEN = -1  # fold of observations that are never held out


@dataclass(frozen=True)
class Validation:
    """Out-of-fold predictions and the hyperparameters of each candidate."""

    held_out: dict[str, HeldOut]
    hyper: dict[str, list[Hyperparameters]]


def fold_of(groups: np.ndarray, seed: int, folds: int = MAX_FOLDS) -> np.ndarray:
    """Assign a fold to each observation; groups are never split, and ``bulk`` is never left out as a boundary."""
    names = np.random.default_rng(seed).permutation(np.setdiff1d(groups, ["bulk"]))
    number = {name: i % folds for i, name in enumerate(names)} | {"bulk": ALWAYS_SEEN}
    return np.array([number[g] for g in groups])


def cross_validate(
    examples: Examples,
    graphs: Sequence[Graph],
    folds: np.ndarray,
    training: NetworkTraining,
    prior: ArrheniusPrior,
    seed: int,
    kinds: Sequence[str] = CANDIDATES,
) -> Validation:
    """Predict each fold from the others; hyperparameters, networks and posterior are fitted without the fold.

    The hyperparameters of the graph candidate are fitted to the out-of-fold residuals of its networks. The returned
    ones are fitted to all data.
    """
    data, numbers = examples.data, sorted(set(folds.tolist()) - {ALWAYS_SEEN})
    networks = {}
    if "graph" in kinds:
        networks = {f: _network_means(examples, graphs, folds != f, training, prior, seed) for f in numbers}
    held_out, hyper = {}, {}
    for kind in kinds:
        means = {f: networks[f] if kind == "graph" else prior_means(len(data), prior) for f in numbers}
        unseen = np.array([means.get(fold, means[numbers[0]]).mean(axis=0)[row] for row, fold in enumerate(folds)])
        hyper[kind] = hyperparameter_samples(kernel_of(kind), data, unseen, prior, seed)
        held_out[kind] = _out_of_fold(kind, data, means, unseen, folds, prior, seed)
    return Validation(held_out, hyper)


def _network_means(
    examples: Examples,
    graphs: Sequence[Graph],
    keep: np.ndarray,
    training: NetworkTraining,
    prior: ArrheniusPrior,
    seed: int,
) -> np.ndarray:
    ensemble = train_ensemble(graphs, examples.structure_of_row[keep], examples.data.take(keep), training, prior, seed)
    coefficients = network_coefficients(ensemble, graphs, prior)
    return row_means(coefficients, examples.structure_of_row, examples.data.rows)


def _out_of_fold(
    kind: str, data: Data, means: dict, unseen: np.ndarray, folds: np.ndarray, prior: ArrheniusPrior, seed: int
) -> HeldOut:
    basis = prior.basis(data.temperatures_K)
    mean, sigma = (np.full(len(data), np.nan) for _ in range(2))
    new = np.ones(len(data), dtype=bool)
    for fold, fold_means in means.items():
        out = folds == fold
        hyper = hyperparameter_samples(kernel_of(kind), data.take(~out), unseen[~out], prior, seed)
        candidate = fit_candidate(kind, hyper, data.take(~out), fold_means[:, ~out], prior)
        posteriors = candidate.coefficients(data.rows.take(out), fold_means[:, out])
        mean[out], sigma[out], new[out] = mixture(posteriors, basis[out])
    return HeldOut(data.log_values, data.log_sigmas, data.censored, prior.offset + mean, sigma, new)
