"""Certainty of a ranking from joint posterior samples of its scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from argyro.surrogates.acquisition.expected_gain import ranking_uncertainty

DEX = 1 / np.log(10)


@dataclass(frozen=True)
class Certainty:
    """Certainty about the best candidate.

    Args:
        leader: index of the candidate with the highest mean.
        probability_best: share of the samples in which the leader is the highest.
        regret_dex: expected loss in log10 from the choice of the leader, E[max_j s_j] - E[s_leader]; insensitive to
            nearly equal candidates, which share probability_best.
        wrong_pairs: expected share of pairs in the wrong order.
    """

    leader: int
    probability_best: float
    regret_dex: float
    wrong_pairs: float

    def to_json(self) -> dict:
        """Return plain numbers by name."""
        return asdict(self)


def certainty(log_scores: np.ndarray) -> Certainty:
    """Compute the certainty of an order from natural logarithms of the scores, joint samples (n, candidates)."""
    leader = int(np.argmax(log_scores.mean(axis=0)))
    best = log_scores.max(axis=1)
    pairs = log_scores.shape[1] * (log_scores.shape[1] - 1) / 2
    return Certainty(
        leader,
        float((log_scores[:, leader] >= best).mean()),
        float((best - log_scores[:, leader]).mean() * DEX),
        ranking_uncertainty(log_scores) / pairs if pairs else 0.0,
    )
