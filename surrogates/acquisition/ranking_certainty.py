"""How sure a ranking is, from joint posterior samples of what it ranks by."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from argyro.surrogates.acquisition.expected_gain import ranking_uncertainty

DEX = 1 / np.log(10)


@dataclass(frozen=True)
class Certainty:
    """How sure it is which candidate is best.

    Args:
        leader: index of the candidate of highest mean.
        probability_best: share of the samples in which the leader is the highest.
        regret_dex: expected loss in log10 of choosing the leader, E[max_j s_j] - E[s_leader]; insensitive to
            candidates that hardly differ, which share the probability of being the best.
        wrong_pairs: expected share of pairs in the wrong order.
    """

    leader: int
    probability_best: float
    regret_dex: float
    wrong_pairs: float

    def to_json(self) -> dict:
        """Plain numbers by name."""
        return asdict(self)


def certainty(log_scores: np.ndarray) -> Certainty:
    """Certainty of the order of candidates by natural logarithms of their scores, joint samples (n, candidates)."""
    leader = int(np.argmax(log_scores.mean(axis=0)))
    best = log_scores.max(axis=1)
    pairs = log_scores.shape[1] * (log_scores.shape[1] - 1) / 2
    return Certainty(
        leader,
        float((log_scores[:, leader] >= best).mean()),
        float((best - log_scores[:, leader]).mean() * DEX),
        ranking_uncertainty(log_scores) / pairs if pairs else 0.0,
    )
