"""Batch selection: greedy choice of runs by expected gain of certainty per core-hour."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from argyro.campaigns.adaptive.objective import Score
from argyro.campaigns.adaptive.run_history import RunHistory
from argyro.campaigns.workload.run_space import ChosenRun, RunConditions, identity, partner
from argyro.platform.dynamics.diffusion.validity_checks import CAGE_A, LATE
from argyro.surrogates.acquisition.expected_gain import Run, rank_runs
from argyro.surrogates.acquisition.pending_runs import anticipate
from argyro.surrogates.models.surrogate import Query, Surrogate

SAMPLES = 500
CONTENDERS = 60  # rows that could still be the best; the order of the others does not matter


@dataclass(frozen=True)
class Offer:
    """Possible run.

    Args:
        run: the run.
        bulk: run for the inversion of a boundary run.
        bulk_at_hand: whether that bulk run is finished.
        lithium: number of informative ions; in a boundary cell those within the boundaries' width.
        share: volume share of the boundaries in the cell, 0 in the bulk.
    """

    run: RunConditions
    bulk: RunConditions | None
    bulk_at_hand: bool
    lithium: int
    share: float

    @property
    def query(self) -> Query:
        """Query of the surrogate for the cell."""
        return Query(identity(self.run.cell))


def offers(space: Sequence[RunConditions], history: RunHistory, width_nm: float) -> list[Offer]:
    """List undecided runs: the first of equal runs in several arrangements, boundaries only with a bulk run.

    Args:
        space: possible runs.
        history: history of the runs so far.
        width_nm: boundary width.
    """
    decided = set(history.decided)
    left = [run for run in space if run not in decided and (run.cell, run.realisation) in history.cells]
    found: dict[tuple, Offer] = {}
    for run in left:
        bulk, at_hand, built = None, True, history.cells[run.cell, run.realisation]
        share = built.boundary_share(width_nm)
        if not run.is_bulk:
            bulk = history.bulk_for(run)
            at_hand = bulk is not None
            bulk = bulk or partner(run, [other for other in left if other.length_ps == run.length_ps])
            if bulk is None:
                continue
        carriers = round(built.lithium * (share or 1.0))
        found.setdefault((run.cell, run.temperature_K, run.length_ps), Offer(run, bulk, at_hand, carriers, share))
    return list(found.values())


class Chooser:
    """Greedy selection of runs, each given the expected outcomes of those before it.

    Args:
        model: surrogate without graph networks.
        score: score of the candidates.
        history: cost and results of the runs so far.
        seed: random seed of posterior samples.
    """

    def __init__(self, model: Surrogate, score: Score, history: RunHistory, seed: int):
        self.model, self.score, self.history, self.seed = model, score, history, seed
        self.scores = score(model.predict(score.queries, [score.kelvin], SAMPLES, seed, joint=True))
        self.contenders = np.argsort(-np.quantile(self.scores, 0.975, axis=0), kind="stable")[:CONTENDERS]

    def choose(self, offered: Sequence[Offer], batch: int) -> list[ChosenRun]:
        """Choose a batch, or fewer runs without further gain; a bulk run precedes the run that needs it."""
        promises = {offer.run: self.promise(offer) for offer in offered}
        picked: dict[RunConditions, ChosenRun] = {}
        while len(picked) < batch:
            best = self._best([offer for offer in offered if offer.run not in picked], picked, promises)
            if best is None:
                break
            offer, gain = best
            if offer.bulk and not offer.bulk_at_hand and offer.bulk not in picked:
                hours = self.history.expected_core_hours(offer.bulk)
                picked[offer.bulk] = ChosenRun(offer.bulk, None, hours, needed_by=offer.run)
                self._anticipate(offer.bulk, offered)
            hours, promise = self.history.expected_core_hours(offer.run), promises[offer.run]
            picked[offer.run] = ChosenRun(
                offer.run, offer.bulk, hours, gain_per_core_hour=gain, value_probability=promise
            )
            self._anticipate(offer.run, offered)
        return list(picked.values())

    def promise(self, offer: Offer) -> float:
        """Estimate the probability that the run gives a diffusivity.

        The cell's runs must succeed, the ions must leave their cages in time, and the bulk run must give a value.
        """
        run = offer.run
        if offer.bulk and offer.bulk_at_hand and not self.history.has_value(offer.bulk):
            return 0.0
        prediction = self.model.predict(offer.query, [run.temperature_K], SAMPLES, self.seed)
        drawn = prediction.samples[:, :, 0]
        cell_cm2_s = drawn[:, 0]
        if not run.is_bulk:
            cell_cm2_s = offer.share * drawn[:, 1] + (1 - offer.share) * cell_cm2_s
        squared_A2 = 6 * cell_cm2_s * 1e4 * LATE[1] * run.length_ps  # 1 cm²/s = 1e4 Å²/ps
        return self.history.reliability(run) * float((squared_A2 >= CAGE_A**2).mean())

    def _best(
        self, offered: Sequence[Offer], picked: Collection[RunConditions], promises: dict[RunConditions, float]
    ) -> tuple[Offer, float] | None:
        """Find the offer with the largest gain per core-hour; None without any gain."""
        runs = {self._measurement(offer, picked): offer for offer in offered if promises[offer.run] > 0}
        if not runs:
            return None
        queries, kelvin = self.score.queries, [self.score.kelvin]
        ranked = rank_runs(self.model, list(runs), self._contended, queries, kelvin, SAMPLES, self.seed)
        worth = [(promises[runs[run].run] * gain, runs[run]) for run, gain in ranked]
        gain, offer = max(worth, key=lambda pair: pair[0])
        return (offer, gain) if gain > 0 else None

    def _contended(self, predictions: list) -> np.ndarray:
        return self.score(predictions)[:, self.contenders]

    def _measurement(self, offer: Offer, picked: Collection[RunConditions]) -> Run:
        hours = self.history.expected_core_hours(offer.run)
        if offer.bulk and not offer.bulk_at_hand and offer.bulk not in picked:
            hours += self.history.expected_core_hours(offer.bulk)
        return Run(offer.query, offer.run.temperature_K, offer.run.length_ps, offer.lithium, hours)

    def _anticipate(self, run: RunConditions, offered: Sequence[Offer]) -> None:
        same = [o for o in offered if (o.run.cell, o.run.length_ps) == (run.cell, run.length_ps)]
        offer = next(o for o in same if o.run.temperature_K == run.temperature_K)
        self.model = anticipate(self.model, self._measurement(offer, ()))
