"""Estimate the site disorder of a composition from known disorders of others, with its interval.

A Gaussian process of logit(d) over the composition's descriptors interpolates published disorders and those that a
campaign has predicted. Predictions are first judged where refined values exist: their mean offset is removed, and their
scatter widens them. Far from all known compositions the interval covers nearly everything. All values refer to anions
that freeze at `PUBLISHED_K`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np

from argyro.platform.common.estimate import Limits, Uncertain
from argyro.platform.structures.crystal.composition import Composition
from argyro.surrogates.data.descriptors import COMPOSITION_DESCRIPTORS, Identity, descriptors_of
from argyro.surrogates.data.published import published_values

# Descriptors that matter, in units that change the disorder noticeably.
USED = ("lithium content", "halide radius", "halide spread", "centre radius", "selenium content")
PRIOR_MEAN, PRIOR_SIGMA = -1.0, 2.0  # of logit(d): 27 %, 95 % between 1 and 95 %
PUBLISHED_SIGMA = 0.5  # of logit(d): cooling rates and refinements of laboratories differ
OFFSET_SIGMA = 1.0  # prior of the offset of predictions, and their scatter without any refined value beside them
LIMITS = (0.005, 0.995)  # disorders beyond these are not distinguished
PUBLISHED_K = 823.0  # at which the anions of published samples are taken to freeze


@dataclass(frozen=True)
class KnownDisorder:
    """Disorder of one composition.

    Args:
        composition: formula.
        disorder: fraction of the largest swap.
        logit_sigma: standard deviation of logit(d).
    """

    composition: str
    disorder: float
    logit_sigma: float = PUBLISHED_SIGMA

    @classmethod
    def predicted(cls, composition: str, disorder: Uncertain) -> KnownDisorder:
        """Take a prediction of a campaign; its interval gives the weight."""
        width = float(_logit(disorder.high) - _logit(disorder.low)) / (2 * 1.96)
        return cls(composition, disorder.value, max(width, 0.05))


def calibrated(predicted: Iterable[KnownDisorder], without: Collection[str] = ()) -> list[KnownDisorder]:
    """Remove the mean offset of predictions from refined disorders in logit(d), and add their scatter to their widths.

    The offset has a prior of zero mean, so that few pairs move little; the scatter is at least `PUBLISHED_SIGMA`.

    Args:
        predicted: disorders of a campaign.
        without: compositions whose refined disorders are not used.
    """
    given, refined = list(predicted), {one.composition: one for one in published_disorders(without)}
    pairs = [(one, refined[one.composition]) for one in given if one.composition in refined]
    shifts = np.array([float(_logit(one.disorder) - _logit(known.disorder)) for one, known in pairs])
    weights = np.array([1 / (one.logit_sigma**2 + known.logit_sigma**2) for one, known in pairs])
    offset = float(weights @ shifts / (weights.sum() + OFFSET_SIGMA**-2)) if pairs else 0.0
    freedom = max(len(pairs) - 1, 1)
    scatter = max(float(np.sqrt(((shifts - offset) ** 2).sum() / freedom)), PUBLISHED_SIGMA) if pairs else OFFSET_SIGMA
    moved = (1.0 / (1.0 + np.exp(offset - float(_logit(one.disorder)))) for one in given)
    return [
        KnownDisorder(one.composition, float(share), float(np.hypot(one.logit_sigma, scatter)))
        for one, share in zip(given, moved, strict=True)
    ]


def published_disorders(without: Collection[str] = ()) -> list[KnownDisorder]:
    """List the published disorders, except those of some compositions."""
    rows = (row for row in published_values() if row.composition not in without)
    return [KnownDisorder(row.composition, row.disorder) for row in rows if row.disorder is not None]


def best_disorder(composition: str, predicted: Mapping[str, Uncertain], without: Collection[str] = ()) -> Uncertain:
    """Estimate the disorder of a composition from refined disorders and predictions of one reference.

    The interval contains the bias of the reference; `given_reference` has the limits of the prediction itself.

    Args:
        composition: formula.
        predicted: composition -> predicted disorder.
        without: compositions whose refined disorders are not used.

    Raises:
        InputError: the formula is no argyrodite.
    """
    known = [KnownDisorder.predicted(name, predicted[name]) for name in sorted(predicted)]
    best = estimated_disorder(composition, calibrated(known, without), without)
    own = predicted.get(composition)
    return best if own is None else replace(best, given_reference=Limits(own.low, own.high))


def left_out_disorders(predicted: Mapping[str, Uncertain]) -> dict[str, Uncertain]:
    """Estimate each refined compound that was predicted, without its refined disorder: composition -> estimate."""
    refined = dict.fromkeys(one.composition for one in published_disorders())
    return {name: best_disorder(name, predicted, without=[name]) for name in refined if name in predicted}


def at_temperature(disorder: Uncertain, from_K: float, to_K: float) -> Uncertain:
    """Move a disorder from one temperature of freezing to another, by logit(d) ∝ 1/T.

    For an energy of exchange ΔE and ideal mixing on two sublattices, ln(d / (1 - d)) = -ΔE / 2kT.

    Args:
        disorder: at ``from_K``.
        from_K: temperature of freezing.
        to_K: other temperature of freezing.
    """
    if from_K == to_K:
        return disorder
    given = disorder.given_reference

    def moved(share: float) -> float:
        return share if share in (0.0, 1.0) else 1.0 / (1.0 + exp(from_K / to_K * log((1.0 - share) / share)))

    limits = None if given is None else Limits(moved(given.low), moved(given.high))
    return Uncertain(*map(moved, (disorder.value, disorder.low, disorder.high)), given_reference=limits)


def estimated_disorder(
    composition: str, known: Iterable[KnownDisorder] = (), without: Collection[str] = ()
) -> Uncertain:
    """Estimate the fraction of exchanged free anions of a composition, with its 95 % interval.

    Args:
        composition: formula.
        known: further disorders, for instance calibrated predictions of a campaign, beside the published ones.
        without: compositions whose published disorders are not used.

    Raises:
        InputError: the formula is no argyrodite.
    """
    parsed = Composition.parse(composition)
    if min(parsed.halides, 2.0 - parsed.halides) < 1e-6:
        return Uncertain(0.0, 0.0, 0.0)
    given = [*published_disorders(without), *known]
    places = np.array([_place(one.composition) for one in given])
    targets = _logit(np.array([one.disorder for one in given])) - PRIOR_MEAN
    noise = np.array([one.logit_sigma for one in given]) ** 2
    covariance, cross = _kernel(places, places) + np.diag(noise), _kernel(places, _place(parsed.formula)[None])[:, 0]
    weights = np.linalg.solve(covariance, cross)
    mean, variance = PRIOR_MEAN + weights @ targets, PRIOR_SIGMA**2 - weights @ cross
    half = 1.96 * float(np.sqrt(max(variance, 0.0) + PUBLISHED_SIGMA**2))
    value, low, high = (1.0 / (1.0 + np.exp(-logit)) for logit in (mean, mean - half, mean + half))
    return Uncertain(float(value), float(low), float(high))


def _place(composition: str) -> np.ndarray:
    values = dict(zip(COMPOSITION_DESCRIPTORS, descriptors_of(Identity.of(composition, 0.0)), strict=False))
    return np.array([values[name] for name in USED])


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    squares = ((first[:, None] - second[None]) ** 2).sum(axis=-1)
    return PRIOR_SIGMA**2 * np.exp(-0.5 * squares)


def _logit(share: np.ndarray | float) -> np.ndarray:
    inside = np.clip(share, *LIMITS)
    return np.log(inside / (1.0 - inside))
