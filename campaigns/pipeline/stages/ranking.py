"""Rank material, boundary and grain size by the conductivity of the polycrystal at the screening temperature.

The samples include the bias of the reference, which differs between halides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.stages.homogenize import HOMOGENIZE, SAMPLES, WITHOUT, Polycrystal
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked


class RankingInputs(Contract):
    """Decide the temperature of the ranking."""

    screening_temperature_K: float


class RankedPolycrystal(Polycrystal):
    """A candidate with the share of samples in which it is the best, also without the Meyer-Neldel prior."""

    probability_best: float
    probability_best_without_meyer_neldel: float | None = None


class RankingResult(StageResult):
    """Hold the candidates, best first."""

    ranking: list[RankedPolycrystal]

    def tracked(self) -> Tracked:
        """Select the best candidate."""
        best = self.ranking[0]
        value = best.conductivity_mS_cm.value
        return Tracked({"best_conductivity_mS_cm": value, "best_probability": best.probability_best})


def run(context: StageContext[RankingInputs, None]) -> RankingResult:
    """Compare the candidates sample by sample."""
    rows: list[Polycrystal] = []
    samples: list[np.ndarray] = []
    free: list[np.ndarray] = []
    for parent in context.parents("candidates", HOMOGENIZE):
        rows += parent.result.screening
        drawn = np.load(parent.folder / SAMPLES)
        samples += list(drawn["conductivity_mS_cm"].T)
        free += list(drawn[WITHOUT].T) if WITHOUT in drawn else []
    best = _best(samples)
    without = _best(free) if len(free) == len(rows) else [None] * len(rows)
    ranked = [
        RankedPolycrystal(**dict(row), probability_best=one, probability_best_without_meyer_neldel=other)
        for row, one, other in zip(rows, best, without, strict=True)
    ]
    return RankingResult(ranking=sorted(ranked, key=lambda row: -row.conductivity_mS_cm.value))


def _best(samples: list[np.ndarray]) -> list[float]:
    """Compute the share of samples in which each candidate has the highest conductivity; equal ones share it."""
    together = np.stack(samples)
    highest = together == together.max(axis=0)
    return (highest / highest.sum(axis=0)).mean(axis=1).tolist()


RANKING = Stage("ranking", 4, run, RankingInputs, RankingResult)


def add_ranking(draft: Draft, homogenized: Sequence[str]) -> None:
    """Add the ranking of all candidates that succeed.

    Args:
        draft: with the candidates.
        homogenized: names of their nodes.
    """
    inputs = RankingInputs(screening_temperature_K=draft.campaign.screening_temperature_K)
    draft.add(RANKING, "", inputs, parents={"candidates": homogenized}, tolerant=True, params=dict(inputs))
