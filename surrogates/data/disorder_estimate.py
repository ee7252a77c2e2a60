"""Estimate the site disorder of a composition from known disorders of others, with its interval.

A Gaussian process of logit(d) over the composition's descriptors interpolates published disorders and those that a
campaign has predicted. Predictions are first judged where refined values exist: their mean offset is removed, and their
scatter widens them. Far from all known compositions the interval covers nearly everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from argyro.platform.common.estimate import Uncertain
from argyro.platform.structures.crystal.composition import Composition
from argyro.surrogates.data.descriptors import COMPOSITION_DESCRIPTORS, Identity, descriptors_of
from argyro.surrogates.data.published import published_values

# Descriptors that matter, in units that change the disorder noticeably.
USED = ("lithium content", "halide radius", "halide spread", "centre radius", "selenium content")
PRIOR_MEAN, PRIOR_SIGMA = -1.0, 2.0  # of logit(d): 27 %, 95 % between 1 and 95 %
PUBLISHED_SIGMA = 0.5  # of logit(d): cooling rates and refinements of laboratories differ
OFFSET_SIGMA = 1.0  # prior of the offset of predictions, and their scatter without any refined value beside them
LIMITS = (0.005, 0.995)  # disorders beyond these are not distinguished


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


def calibrated(predicted: Iterable[KnownDisorder]) -> list[KnownDisorder]:
    """Remove the mean offset of predictions from refined disorders in logit(d), and add their scatter to their widths.

    The offset has a prior of zero mean, so that few pairs move little; the scatter is at least `PUBLISHED_SIGMA`.
    """
    given, refined = list(predicted), {one.composition: one for one in published_disorders()}
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


def published_disorders() -> list[KnownDisorder]:
    """List the published disorders."""
    return [KnownDisorder(row.composition, row.disorder) for row in published_values() if row.disorder is not None]


def estimated_disorder(composition: str, known: Iterable[KnownDisorder] = ()) -> Uncertain:
    """Estimate the fraction of exchanged free anions of a composition, with its 95 % interval.

    Args:
        composition: formula.
        known: further disorders, for instance calibrated predictions of a campaign, beside the published ones.

    Raises:
        InputError: the formula is no argyrodite.
    """
    parsed = Composition.parse(composition)
    if min(parsed.halides, 2.0 - parsed.halides) < 1e-6:
        return Uncertain(0.0, 0.0, 0.0)
    given = [*published_disorders(), *known]
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
