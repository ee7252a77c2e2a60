"""Accuracy table: errors in dex, coverage and calibration of every candidate on the same splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.observation import TARGETS, Observation
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.metrics import HeldOut, Score, noise_floor_dex, score, widening
from argyro.surrogates.models.training_arrays import examples_of
from argyro.surrogates.training.cross_validation import cross_validate, fold_of
from argyro.surrogates.training.train import SurrogateOptions, network_training, seen_by_networks

SPLITS = {
    "leave-one-composition-out": "composition",
    "leave-one-boundary-out": "boundary",
    "leave-one-temperature-out": "temperature",
    "random": None,
}
LEVELS = np.linspace(0.05, 0.95, 19)


@dataclass(frozen=True)
class SplitResult:
    """Held-out predictions and scores of each candidate on one split.

    Noise floor of the labels, number of groups and target of each observation are included.
    """

    split: str
    held_out: dict[str, HeldOut]
    scores: dict[str, Score]
    noise_floor_dex: float
    groups: int
    targets: np.ndarray

    @property
    def best(self) -> str:
        """Candidate with the lowest negative log density."""
        return min(self.scores, key=lambda kind: self.scores[kind].negative_log_density)

    def to_json(self) -> dict:
        """Return the scores by candidate; None without values."""
        scores = {kind: score.to_json() for kind, score in self.scores.items()}
        plain = {kind: {n: v if np.isfinite(v) else None for n, v in s.items()} for kind, s in scores.items()}
        return {"split": self.split, "groups": self.groups, "best": self.best, "scores": plain}


def evaluate(
    observations: Sequence[Observation], options: SurrogateOptions | None = None, seed: int = 0, most_folds: int = 10
) -> list[SplitResult]:
    """Cross-validate all candidates by composition, boundary and temperature and at random, where these splits exist.

    Without its boundary, a diffusivity is predicted from all other boundaries and the bulk, including those of its own
    material.

    Args:
        observations: results of molecular dynamics.
        options: training options.
        seed: random seed of folds and networks.
        most_folds: limit of folds; more compositions or boundaries share folds.

    Raises:
        InputError: there are fewer than two observations.
    """
    if len(observations) < 2:
        raise InputError("an accuracy table needs at least two observations")
    options, prior = options or SurrogateOptions(), ArrheniusPrior()
    examples = examples_of(observations)
    graphs, _ = seen_by_networks(examples, options)
    training = network_training(options)
    floor = noise_floor_dex(examples.runs.log_sigmas[~examples.runs.bounded])
    results = []
    for split, by in SPLITS.items():
        groups = np.arange(len(observations)).astype(str) if by is None else examples.groups(by)
        left_out = len(set(groups) - {"bulk"})
        if len(set(groups)) < 2:
            continue
        folds = fold_of(groups, seed, most_folds if by else 5)
        validation = cross_validate(examples, graphs, folds, training, prior, seed, options.candidates)
        scores = {kind: score(held_out) for kind, held_out in validation.held_out.items()}
        targets = np.array(TARGETS)[examples.runs.targets]
        results.append(SplitResult(split, validation.held_out, scores, floor, left_out, targets))
    return results


def calibration_curve(held_out: HeldOut, factor: float = 1.0) -> np.ndarray:
    """Compute the share of held-out values inside central intervals of the nominal LEVELS, (19,)."""
    values = held_out.values
    sigma = np.hypot(held_out.sigmas * widening(factor, held_out.new), held_out.label_sigmas)[values]
    z = np.abs(held_out.log_values - held_out.means)[values] / sigma
    return np.array([(z <= ndtri(0.5 + level / 2)).mean() for level in LEVELS])


def markdown_table(results: Sequence[SplitResult]) -> str:
    """Write the scores as a Markdown table."""
    lines = [
        "| split | model | MAE dex | MAE of runs | RMSE dex | 95 % interval covers | -ln density | best |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        for kind, s in result.scores.items():
            best = "yes" if kind == result.best else ""
            lines.append(
                f"| {result.split} | {kind} | {s.mae_dex:.3f} | {s.run_mae_dex:.3f} | {s.rmse_dex:.3f} | "
                f"{100 * s.coverage_95:.0f} % | "
                f"{s.negative_log_density:.2f} | {best} |"
            )
    return "\n".join(lines) + f"\n\nNoise floor of the labels: {results[0].noise_floor_dex:.3f} dex.\n"
