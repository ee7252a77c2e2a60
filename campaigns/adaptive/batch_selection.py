"""Batch selection: greedy choice of runs by expected gain of certainty per core-hour."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from argyro.campaigns.adaptive.objective import Score
from argyro.campaigns.adaptive.run_history import RunHistory
from argyro.campaigns.workload.run_space import ChosenRun, RunConditions, action_of, identity, partner
from argyro.platform.dynamics.diffusion.validity_checks import CAGE_A, LATE
from argyro.surrogates.acquisition.expected_gain import Prospect, Run
from argyro.surrogates.models.surrogate import Query, Surrogate

SAMPLES = 500
CONTENDERS = 60  # rows that could still be the best; the order of the others does not matter


@dataclass(frozen=True)
class Offer:
    """Possible run.

    Args:
        run: the run.
        bulk: bulk run beside a boundary run.
        bulk_at_hand: whether that bulk run is finished.
        lithium: number of ions.
        share: volume share of the boundaries in the cell, 0 in the bulk.
        begun_ps: length of a finished run that this one lengthens; 0 for none.
    """

    run: RunConditions
    bulk: RunConditions | None
    bulk_at_hand: bool
    lithium: int
    share: float
    begun_ps: float = 0.0

    @property
    def query(self) -> Query:
        """Query of the surrogate for the cell."""
        return Query(identity(self.run.cell))


def offers(space: Sequence[RunConditions], history: RunHistory, width_nm: float) -> list[Offer]:
    """List undecided runs: the first of equal runs in several arrangements, boundaries only with a bulk run.

    A longer run of an arrangement and temperature replaces the shorter one; its gain counts only what it adds.

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
        begun_ps = history.longest_ps(run)
        if begun_ps < run.length_ps:
            offer = Offer(run, bulk, at_hand, built.lithium, share, begun_ps)
            found.setdefault((run.cell, run.temperature_K, run.length_ps, begun_ps), offer)
    return list(found.values())


class Chooser:
    """Greedy selection of runs, each given the expected outcomes of those before it.

    Args:
        model: surrogate.
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
        left = {offer.run: offer for offer in offered if promises[offer.run] > 0}
        if not left:
            return []
        runs = {offer.run: self._measurement(offer) for offer in offered}
        queries, kelvin = self.score.queries, [self.score.kelvin]
        prospect = Prospect(self.model, list(runs.values()), self._contended, queries, kelvin, SAMPLES, self.seed)
        picked: dict[RunConditions, ChosenRun] = {}
        while left and len(picked) < batch:
            pending = [runs[run] for run in picked if run in runs]
            gains = dict(prospect.ranked([runs[run] for run in left], pending))
            worth = {
                run: promises[run] * self._per_hour(gains[runs[run]], offer, picked) for run, offer in left.items()
            }
            best = max(worth, key=lambda run: worth[run])
            if not worth[best] > 0:
                break
            offer = left.pop(best)
            if offer.bulk and not offer.bulk_at_hand and offer.bulk not in picked:
                hours = self.history.expected_core_hours(offer.bulk)
                made = action_of(offer.bulk, [*self.history.decided, *picked])
                picked[offer.bulk] = ChosenRun(offer.bulk, None, hours, needed_by=best, action=made)
                left.pop(offer.bulk, None)
            gain, hours = worth[best] / promises[best], self.history.expected_core_hours(best)
            added = action_of(best, [*self.history.decided, *picked])
            picked[best] = ChosenRun(best, offer.bulk, hours, None, gain, promises[best], added)
        return list(picked.values())

    def _per_hour(self, gain: float, offer: Offer, picked: Collection[RunConditions]) -> float:
        """Charge the gain also with the bulk run that the run needs."""
        hours = self.history.expected_core_hours(offer.run)
        needed = offer.bulk is not None and not offer.bulk_at_hand and offer.bulk not in picked
        return gain * hours / (hours + self.history.expected_core_hours(offer.bulk)) if needed and offer.bulk else gain

    def promise(self, offer: Offer) -> float:
        """Estimate the probability that the run gives a diffusivity.

        The cell's runs must succeed, and the ions must leave their cages in time.
        """
        run = offer.run
        prediction = self.model.predict(offer.query, [run.temperature_K], SAMPLES, self.seed)
        drawn = prediction.given_reference.samples[:, :, 0]
        cell_cm2_s = drawn[:, 0]
        if not run.is_bulk:
            cell_cm2_s = offer.share * drawn[:, 1] + (1 - offer.share) * cell_cm2_s
        squared_A2 = 6 * cell_cm2_s * 1e4 * LATE[1] * run.length_ps  # 1 cm²/s = 1e4 Å²/ps
        return self.history.reliability(run) * float((squared_A2 >= CAGE_A**2).mean())

    def _contended(self, predictions: list) -> np.ndarray:
        return self.score(predictions)[:, self.contenders]

    def _measurement(self, offer: Offer) -> Run:
        hours = self.history.expected_core_hours(offer.run)
        run = offer.run
        return Run(offer.query, run.temperature_K, run.length_ps, offer.lithium, hours, offer.share, offer.begun_ps)
