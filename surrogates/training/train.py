"""Training: cross-validation of all candidates, selection and calibration of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from argyro.platform.common.errors import InputError
from argyro.platform.labels.source import LabelSource
from argyro.surrogates.data.foundation_descriptors import FrozenDescriptors
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameter_posterior import fit_hyperparameters
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import labels_of
from argyro.surrogates.forward.reference_discrepancy import Discrepancy
from argyro.surrogates.models.applicability_domain import Domain
from argyro.surrogates.models.candidates import CANDIDATES, fit_candidate, kernel_of, prior_means, row_means
from argyro.surrogates.models.metrics import (
    HeldOut,
    Score,
    advantage,
    calibration_factor,
    negative_log_densities,
    noise_floor_dex,
    score,
)
from argyro.surrogates.models.network_targets import network_targets
from argyro.surrogates.models.network_weights import NetworkWeights
from argyro.surrogates.models.surrogate import Surrogate
from argyro.surrogates.models.training_arrays import Examples, examples_of

if TYPE_CHECKING:
    from torch_geometric.data import Data as Graph

    from argyro.surrogates.models.gnn_training import NetworkTraining


@dataclass(frozen=True)
class SurrogateOptions:
    """Training options.

    Args:
        members: networks in the deep ensemble.
        steps: steps of Adam for each of them.
        candidates: candidate models, of ``mean``, ``ridge``, ``gp`` and ``graph``.
        foundation: foundation model of frozen atomic descriptors for the networks; None for none.
        reference_model: model of the reference of the labels, if it has several; selects its measured bias.
    """

    members: int = 5
    steps: int = 200
    candidates: tuple[str, ...] = CANDIDATES
    foundation: LabelSource | None = None
    reference_model: str = ""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.candidates) - set(CANDIDATES))
        if unknown or not self.candidates:
            raise InputError(f"candidates {unknown} do not exist; choose from {', '.join(CANDIDATES)}")
        if self.members < 1 or self.steps < 1:
            raise InputError("a surrogate needs at least one member and one step")


@threadpool_limits.wrap(limits=1)  # matrices of a few hundred rows: a second thread costs more than it gives
def train_surrogate(
    observations: Sequence[Observation], options: SurrogateOptions | None = None, seed: int = 0
) -> Surrogate:
    """Fit all candidates, select by held-out log density, calibrate on held-out errors, refit on all data.

    The held-out groups are materials, or boundaries for a single material. A single group cannot be held out: then
    ``gp`` is selected if it is among the candidates, else the first candidate.

    Args:
        observations: runs of molecular dynamics.
        options: how to train.
        seed: random seed of networks and folds.

    Raises:
        InputError: there are no observations, or their boundary widths differ.
    """
    options, prior, examples = options or SurrogateOptions(), ArrheniusPrior(), examples_of(observations)
    training = network_training(options)
    graphs, frozen = seen_by_networks(examples, options)
    choice = _choose(examples, graphs, options, training, prior, seed)
    weights, known, means = None, {}, prior_means(len(examples.runs.rows), prior)
    if training is not None and choice.kind == "graph":
        from argyro.surrogates.models.gnn_training import network_coefficients, train_ensemble

        targets = network_targets(examples.runs, examples.structure_of_run, prior)
        ensemble = train_ensemble(graphs, [targets], training, prior, seed)
        coefficients = network_coefficients(ensemble, graphs, prior)
        means = row_means(coefficients, examples.identities, examples.runs.rows, prior)
        known, weights = _known(examples, means), NetworkWeights.of(ensemble)
    candidate = fit_candidate(choice.kind, choice.hyper, examples.runs, means, prior, seed)
    sources = ", ".join(sorted({o.label_source for o in observations if o.label_source}))
    discrepancy = Discrepancy.of(sources, options.reference_model)
    report = _report(examples, choice, seed) | {
        "label_source": sources,
        "reference_stretch": discrepancy.to_json(),
        "sampling": candidate.posterior.diagnostics,
        "run_scatter": _scatter(choice.hyper),
    }
    known_of = (Domain.of(examples), examples.width_nm, examples.excess)
    return Surrogate(
        candidate, weights, known, choice.factor, *known_of, report, prior, discrepancy, frozen if weights else None
    )


def network_training(options: SurrogateOptions) -> NetworkTraining | None:
    """Describe the training of the networks; None without a graph candidate, which leaves torch unloaded."""
    if "graph" not in options.candidates:
        return None
    from argyro.surrogates.models.gnn_training import NetworkTraining

    return NetworkTraining(members=options.members, steps=options.steps)


def seen_by_networks(examples: Examples, options: SurrogateOptions) -> tuple[list[Graph], FrozenDescriptors | None]:
    """Build the graphs and fit the frozen descriptors of all structures; return none without a graph candidate."""
    if "graph" not in options.candidates:
        return [], None
    frozen = FrozenDescriptors.fit(options.foundation, examples.structures) if options.foundation else None
    return examples.graphs(frozen), frozen


@dataclass(frozen=True)
class _Choice:
    """Selected candidate and its validation results."""

    kind: str
    hyper: list[Hyperparameters]
    factor: float
    scores: dict[str, Score]
    split: str | None


def _choose(
    examples: Examples, graphs: list, options: SurrogateOptions, training: Any, prior: ArrheniusPrior, seed: int
) -> _Choice:
    """Hold out each material, or each boundary of a single one, and select a candidate."""
    from argyro.surrogates.training.cross_validation import cross_validate, fold_of

    split = next((by for by in ("material", "key") if len(set(examples.groups(by))) > 1), None)
    if split is None:
        kind = "gp" if "gp" in options.candidates else options.candidates[0]
        means = prior_means(len(examples.runs.rows), prior)[0]
        hyper = fit_hyperparameters(kernel_of(kind), examples.runs, means, prior, seed)
        return _Choice(kind, hyper.samples, 1.0, {}, None)
    groups = examples.groups(split)
    validation = cross_validate(examples, graphs, fold_of(groups, seed), training, prior, seed, options.candidates)
    factors = {kind: calibration_factor(h) for kind, h in validation.held_out.items()}
    scores = {kind: score(h, factors[kind]) for kind, h in validation.held_out.items()}
    best = best_candidate(validation.held_out, factors, list(validation.hyper), examples.groups("key"))
    return _Choice(best, validation.hyper[best].samples, factors[best], scores, split)


def best_candidate(held_out: dict[str, HeldOut], factors: dict[str, float], kinds: list[str], cells: np.ndarray) -> str:
    """Select the candidate of highest log density; networks only if they predict better than the best kernel.

    A network reads the structure of a new material, which takes seconds where a kernel takes milliseconds. Its lead
    must exceed the standard error, and its mean absolute error must be smaller: a lead in density alone is one of
    interval widths.

    Source: Breiman et al., Classification and Regression Trees (1984), section 3.4.3 (one standard error).
    """
    losses = {kind: negative_log_densities(held_out[kind], factors[kind]) for kind in kinds}
    ranked = sorted(kinds, key=lambda kind: float(np.nanmean(losses[kind])))
    if ranked[0] != "graph" or len(ranked) == 1:
        return ranked[0]
    lead, error = advantage(losses["graph"], losses[ranked[1]], cells)
    closer = score(held_out["graph"]).mae_dex < score(held_out[ranked[1]]).mae_dex
    return "graph" if lead > error and closer else ranked[1]


def _known(examples: Examples, means: np.ndarray) -> dict[str, np.ndarray]:
    rows = examples.runs.rows
    return {label: means[:, row] for row, label in enumerate(labels_of(rows))}


def _report(examples: Examples, choice: _Choice, seed: int) -> dict:
    runs, keys = examples.runs, examples.groups("key")
    return {
        "shipped": choice.kind,
        "split": f"leave-one-{choice.split}-out" if choice.split else "none possible",
        "scores": {kind: value.to_json() for kind, value in choice.scores.items()},
        "calibration_factor": choice.factor,
        "noise_floor_dex": noise_floor_dex(runs.log_sigmas[~runs.bounded]),
        "values": int((~runs.bounded).sum()),
        "bounds": int(runs.bounded.sum()),
        "materials": sorted(set(examples.groups("material"))),
        "arrangements": {key: len(set(runs.arrangements[keys == key].tolist())) for key in sorted(set(keys.tolist()))},
        "boundaries": sorted(set(examples.groups("boundary"))),
        "temperatures_K": sorted(set(runs.temperatures_K.tolist())),
        "seed": seed,
    }


def _scatter(hyper: list[Hyperparameters]) -> dict[str, float]:
    """Average the scatter between arrangements and between runs, and the size of the run-length bias, in ln D."""
    return {name: float(np.mean([getattr(one, name) for one in hyper])) for name in ("scatter", "jitter", "bias")}
