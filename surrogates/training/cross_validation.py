"""Cross-validation: each candidate predicts each run without its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from argyro.surrogates.forward import run_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameter_posterior import (
    HyperparameterFit,
    fit_hyperparameters,
    most_probable,
)
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import Pairs
from argyro.surrogates.forward.process import Process
from argyro.surrogates.forward.runs import Runs
from argyro.surrogates.models.candidates import CANDIDATES, kernel_of, prior_means, row_means
from argyro.surrogates.models.metrics import HeldOut
from argyro.surrogates.models.network_targets import network_targets
from argyro.surrogates.models.training_arrays import Examples

if TYPE_CHECKING:
    from torch_geometric.data import Data as Graph

    from argyro.surrogates.models.gnn_training import NetworkTraining

MAX_FOLDS = 5
ALWAYS_SEEN = -1  # fold of observations that are never held out
FOLD_SAMPLES = 3  # hyperparameter sets of a prediction
FOLD_MEMBERS = 2  # networks of a fold, whose mean is all that counts; they take nearly all the time of a training
SELECTED = "selected"  # the kernel that the training part of each fold prefers
NODES = np.polynomial.hermite_e.hermegauss(15)


@dataclass(frozen=True)
class Validation:
    """Out-of-fold predictions and the hyperparameters of each candidate, fitted to all runs."""

    held_out: dict[str, HeldOut]
    hyper: dict[str, HyperparameterFit]


def fold_of(groups: np.ndarray, seed: int, folds: int = MAX_FOLDS) -> np.ndarray:
    """Assign a fold to each observation; groups are never split, and ``bulk`` is never left out as a boundary."""
    names = np.random.default_rng(seed).permutation(np.setdiff1d(groups, ["bulk"]))
    number = {name: i % folds for i, name in enumerate(names)} | {"bulk": ALWAYS_SEEN}
    return np.array([number[g] for g in groups])


def cross_validate(
    examples: Examples,
    graphs: Sequence[Graph],
    folds: np.ndarray,
    training: NetworkTraining | None,
    prior: ArrheniusPrior,
    seed: int,
    kinds: Sequence[str] = CANDIDATES,
) -> Validation:
    """Predict each fold from the others; hyperparameters, networks and posterior are fitted without the fold.

    The hyperparameters of the graph candidate are fitted to the out-of-fold residuals of its networks. With several
    kernels, ``selected`` is the one that predicts the other folds best within the training part of each fold: nested
    folds.
    """
    runs, numbers = examples.runs, sorted(set(folds.tolist()) - {ALWAYS_SEEN})
    plain = prior_means(len(runs.rows), prior)
    networks = {}
    if training is not None and "graph" in kinds:
        networks = _network_means(examples, graphs, {f: folds != f for f in numbers}, training, prior, seed)
    held_out, hyper, inner = {}, {}, {}
    for kind in kinds:
        means = {f: networks[f] if kind == "graph" else plain for f in numbers}
        unseen = _unseen(means, folds, examples)
        hyper[kind] = fit_hyperparameters(kernel_of(kind), runs, unseen, prior, seed)
        held_out[kind], inner[kind] = _out_of_fold(kind, examples, means, unseen, folds, prior, hyper[kind].mode)
    kernels = [kind for kind in kinds if kind != "graph"]
    if len(kernels) > 1:
        best = {f: max((inner[kind][f], kind) for kind in kernels)[1] for f in numbers}
        held_out[SELECTED] = _composed(held_out, best, folds)
    return Validation(held_out, hyper)


def _unseen(means: dict[int, np.ndarray], folds: np.ndarray, examples: Examples) -> np.ndarray:
    """Take the mean of each diffusivity (u, 2) from the networks that did not see it."""
    average = np.mean([mean.mean(axis=0) for mean in means.values()], axis=0)
    for fold, mean in means.items():
        mine = np.unique(examples.runs.own[folds == fold])
        average[mine] = mean.mean(axis=0)[mine]
    return average


def _network_means(
    examples: Examples,
    graphs: Sequence[Graph],
    kept: dict[int, np.ndarray],
    training: NetworkTraining,
    prior: ArrheniusPrior,
    seed: int,
) -> dict[int, np.ndarray]:
    """Predict all diffusivities by networks that see the kept runs of each fold, fold -> (members, u, 2)."""
    from argyro.surrogates.models.gnn_training import network_coefficients, train_ensemble

    few = replace(training, members=min(FOLD_MEMBERS, training.members))
    sets = [network_targets(examples.runs.take(keep), examples.structure_of_run[keep], prior) for keep in kept.values()]
    ensemble = train_ensemble(graphs, sets, few, prior, seed)
    means = row_means(network_coefficients(ensemble, graphs, prior), examples.identities, examples.runs.rows, prior)
    return dict(zip(kept, np.split(means, len(kept)), strict=True))


def _out_of_fold(
    kind: str,
    examples: Examples,
    means: dict[int, np.ndarray],
    unseen: np.ndarray,
    folds: np.ndarray,
    prior: ArrheniusPrior,
    start: np.ndarray,
) -> tuple[HeldOut, dict[int, float]]:
    """Predict every run without its fold; also return the log density of the inner folds of each training part.

    The search for a fold's hyperparameters only starts at the mode of all runs.
    """
    runs = examples.runs
    mean, sigma, bounds = (np.full(len(runs), np.nan) for _ in range(3))
    new, inner = np.ones(len(runs), dtype=bool), {}
    pairs = Pairs(kernel_of(kind), runs.rows, runs.rows)
    for fold, fold_means in means.items():
        out = folds == fold
        fitted = most_probable(kernel_of(kind), runs.take(~out), unseen, prior, start)
        inner[fold] = fitted.likelihood.left_out(fitted.mode, folds[~out & ~runs.bounded])
        predicted = held_out_runs(kernel_of(kind), fitted.samples, runs, fold_means, prior, ~out, pairs)
        for array, column in zip((mean, sigma, bounds), predicted, strict=True):
            array[out] = column[out]
        new[out] = ~np.isin(runs.own[out], runs.own[~out])
    values = HeldOut(
        runs.log_values, runs.log_sigmas, mean, sigma, bounds, new, _cell_weights(examples.groups("key"), runs.bounded)
    )
    return values, inner


def held_out_runs(
    kernel: str,
    hyper: Sequence[Hyperparameters],
    runs: Runs,
    means: np.ndarray,
    prior: ArrheniusPrior,
    used: np.ndarray,
    pairs: Pairs | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predict all runs from some: mean and standard deviation of ln D, log probability of few jumps, (n,) each.

    Args:
        kernel: of the process.
        hyper: sets of hyperparameters, of which FOLD_SAMPLES are used.
        runs: n runs.
        means: coefficients of their diffusivities before conditioning, (members, u, 2).
        prior: scales of the coefficients.
        used: the runs to learn from, (n,).
        pairs: comparison of the diffusivities with themselves; None computes it.
    """
    found, pairs = [], pairs or Pairs(kernel, runs.rows, runs.rows)
    for number, one in enumerate(hyper[:: max(1, len(hyper) // FOLD_SAMPLES)]):
        process = Process.fit(kernel, one, runs, means[number % len(means)], prior, pairs, used=used)
        found.append(_predicted(process))
    centres, variances, few = (np.array(column) for column in zip(*found, strict=True))
    sigma = np.sqrt(variances.mean(axis=0) + centres.var(axis=0))
    return centres.mean(axis=0), sigma, logsumexp(few, axis=0) - np.log(len(few))


def _predicted(process: Process) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predict mean and variance of ln D of each run, and the log probability of its few jumps, (n,) each."""
    runs = process.runs
    pairs, covariance = process.latent_values()
    slope = run_likelihood.slopes(runs, pairs[:, 0], pairs[:, 1])
    apparent = run_likelihood.log_cell(runs, pairs[:, 0], pairs[:, 1])
    variance = np.einsum("ni,nij,nj->n", slope, covariance, slope)
    offset, scatter = run_likelihood.moments(replace(runs, log_sigmas=np.zeros(len(runs))), process.hyper)
    few = np.full(len(runs), np.nan)
    bounded = runs.bounded
    if bounded.any():
        nodes, weights = NODES
        at = apparent[bounded] + np.sqrt(variance[bounded]) * nodes[:, None] + np.log(runs.exposures[bounded])
        logs = run_likelihood.log_few_jumps(runs.counts[bounded], at)
        few[bounded] = logsumexp(logs, axis=0, b=weights[:, None] / weights.sum())
    return apparent + offset, variance + scatter, few


def _cell_weights(keys: np.ndarray, bounded: np.ndarray) -> np.ndarray:
    """Weight runs so that every cell, a material with a boundary, counts once in the mean over its values, (n,)."""
    _, index, counts = np.unique(keys[~bounded], return_inverse=True, return_counts=True)
    weights = np.zeros(len(keys))
    weights[~bounded] = 1 / counts[index]
    return weights


def _composed(held_out: dict[str, HeldOut], best: dict[int, str], folds: np.ndarray) -> HeldOut:
    """Take each fold's predictions from its own best candidate."""
    first = next(iter(held_out.values()))
    arrays = {name: getattr(first, name).copy() for name in ("means", "sigmas", "bound_densities")}
    for fold, kind in best.items():
        for name, array in arrays.items():
            array[folds == fold] = getattr(held_out[kind], name)[folds == fold]
    return replace(first, **arrays)
