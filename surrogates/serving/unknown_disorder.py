"""Answers for a material whose site disorder is not given: a mixture over its estimated disorder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit, ndtri

from argyro.platform.common.estimate import Uncertain
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.data.disorder_estimate import LIMITS, best_disorder
from argyro.surrogates.models.prediction import Prediction
from argyro.surrogates.models.surrogate import Query
from argyro.surrogates.serving.population import MixedQuery

NODES = 5
Z95 = 1.959964


@dataclass(frozen=True)
class SpreadQuery:
    """Prepared queries of one material at several disorders of equal probability, the middle one the median."""

    parts: tuple[Query | MixedQuery, ...]
    disorder: Uncertain

    @property
    def identity(self) -> Identity:
        """Material with the median disorder."""
        return self.parts[len(self.parts) // 2].identity


def expected_disorder(composition: str, predicted: dict[str, dict[str, float]]) -> Uncertain:
    """Estimate the disorder of a composition from refined disorders and those that the campaign predicted.

    Args:
        composition: formula.
        predicted: value, low and high by composition.

    Raises:
        InputError: the formula is no argyrodite.
    """
    return best_disorder(composition, {name: Uncertain.from_json(found) for name, found in predicted.items()})


def disorder_nodes(disorder: Uncertain) -> list[float]:
    """Return disorders of equal probability of a logit-normal distribution; one if the disorder is certain."""
    if disorder.low >= disorder.high:
        return [disorder.value]
    middle, low, high = (
        float(logit(np.clip(share, *LIMITS))) for share in (disorder.value, disorder.low, disorder.high)
    )
    shifts = ndtri((np.arange(NODES) + 0.5) / NODES) * (high - low) / (2 * Z95)
    return [round(float(share), 3) for share in expit(middle + shifts)]


def spread_prediction(predictions: Sequence[Prediction]) -> Prediction:
    """Take the samples of the disorders in turn, so that each contributes equally many."""
    middle = predictions[len(predictions) // 2]
    warnings = tuple(dict.fromkeys(warning for each in predictions for warning in each.warnings))
    spread = replace(
        middle,
        samples=_in_turn([each.samples for each in predictions]),
        activation_energy_samples_eV=_in_turn([each.activation_energy_samples_eV for each in predictions]),
        warnings=warnings,
    )
    free = [each.without_rule for each in predictions if each.without_rule is not None]
    if free:
        barriers = _in_turn([each.activation_energy_samples_eV for each in free])
        spread = replace(spread, free=(_in_turn([each.samples for each in free]), barriers))
    if middle.unbiased is None:
        return spread
    given = [each.given_reference for each in predictions]
    barriers = _in_turn([each.activation_energy_samples_eV for each in given])
    return replace(spread, unbiased=(_in_turn([each.samples for each in given]), barriers))


def _in_turn(samples: Sequence[np.ndarray]) -> np.ndarray:
    """Take sample i from entry i modulo their number; (n, ...) each."""
    together = np.stack(samples)
    rows = np.arange(together.shape[1])
    return together[rows % len(samples), rows]
