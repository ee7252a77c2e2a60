"""Chooses the next batch of runs: the largest expected gain of certainty per core-hour, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from argyro.campaigns.adaptive.objective import Score
from argyro.campaigns.adaptive.run_history import Experience
from argyro.campaigns.workload.atom_counts import BULK
from argyro.campaigns.workload.run_space import PossibleRun, partner
from argyro.platform.dynamics.diffusion.validity_checks import CAGE_A, LATE
from argyro.surrogates.acquisition.expected_gain import Run, rank_runs
from argyro.surrogates.acquisition.pending_runs import anticipate
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.models.surrogate import Query, Surrogate

SAMPLES = 500
CONTENDERS = 60  # rows that could still be the best; the order of the others is nobody's concern


@dataclass(frozen=True)
class Offer:
    """A run that could be made now.

    Args:
        run: itself.
        bulk: the bulk run that a boundary run is inverted with.
        bulk_at_hand: whether that one is made already.
        lithium: ions that carry the information: of a boundary cell those within the boundaries' width.
        share: volume share of the boundaries in the cell, 0 in the bulk.
    """

    run: PossibleRun
    bulk: PossibleRun | None
    bulk_at_hand: bool
    lithium: int
    share: float

    @property
    def query(self) -> Query:
        """Its cell as the surrogate sees it."""
        return Query(Identity.of(self.run.composition, self.run.disorder, self.run.boundary))


def offers(
    space: Sequence[PossibleRun], experience: Experience, lithium: dict[str, int], shares: dict[str, float]
) -> list[Offer]:
    """Runs not decided yet; of equal runs of several arrangements the first, boundaries only where a bulk run serves.

    Args:
        space: possible runs.
        experience: what was made.
        lithium: structure item -> number of Li ions; cells that do not stand there could not be built.
        shares: structure item -> volume share of boundaries.
    """
    decided = {run.case for run in experience.decided}
    left = [run for run in space if run.case not in decided and run.structure in lithium]
    found: dict[tuple, Offer] = {}
    for run in left:
        bulk, at_hand, share = None, True, shares[run.structure]
        if run.boundary != BULK:
            bulk = experience.bulk_for(run)
            at_hand = bulk is not None
            bulk = bulk or partner(run, [other for other in left if other.length_ps == run.length_ps])
            if bulk is None:
                continue
        carriers = lithium[run.structure] * (share or 1.0)
        found.setdefault(
            (run.cell.label, run.temperature_K, run.length_ps), Offer(run, bulk, at_hand, round(carriers), share)
        )
    return list(found.values())


class Chooser:
    """Picks runs one after the other, each as if those before it were made.

    Args:
        model: surrogate without graph networks.
        score: what is ranked.
        experience: what the runs made so far cost and gave.
        seed: of posterior samples.
    """

    def __init__(self, model: Surrogate, score: Score, experience: Experience, seed: int):
        self.model, self.score, self.experience, self.seed = model, score, experience, seed
        drawn = model.predict(score.queries, [score.kelvin], SAMPLES, seed, joint=True)
        self.scores = score(drawn)
        self.contenders = np.argsort(-np.quantile(self.scores, 0.975, axis=0), kind="stable")[:CONTENDERS]

    def choose(self, offered: Sequence[Offer], batch: int) -> list[dict]:
        """At least as many runs as asked for, fewer if nothing more is gained; a bulk run comes before who needs it."""
        promises = {offer.run.case: self.promise(offer) for offer in offered}
        picked: dict[str, dict] = {}
        while len(picked) < batch:
            best = self._best([offer for offer in offered if offer.run.case not in picked], picked, promises)
            if best is None:
                break
            offer, gain = best
            if offer.bulk and not offer.bulk_at_hand and offer.bulk.case not in picked:
                picked[offer.bulk.case] = self._entry(offer.bulk, None, needed_by=offer.run.case)
                self._anticipate(offer.bulk, offered)
            picked[offer.run.case] = self._entry(
                offer.run, offer.bulk, gain_per_core_hour=gain, value_probability=promises[offer.run.case]
            )
            self._anticipate(offer.run, offered)
        return list(picked.values())

    def promise(self, offer: Offer) -> float:
        """Probability that the run gives a diffusivity: its cell's runs end well, its ions leave their cages in time,
        and its bulk run gave one.
        """
        run = offer.run
        if offer.bulk and offer.bulk_at_hand and not self.experience.has_value(offer.bulk.case):
            return 0.0
        drawn = self.model.predict(offer.query, [run.temperature_K], SAMPLES, self.seed).samples[:, :, 0]
        cell_cm2_s = drawn[:, 0]
        if run.boundary != BULK:
            cell_cm2_s = offer.share * drawn[:, 1] + (1 - offer.share) * cell_cm2_s
        squared_A2 = 6 * cell_cm2_s * 1e4 * LATE[1] * run.length_ps  # 1 cm²/s = 1e4 Å²/ps
        return self.experience.reliability(run) * float((squared_A2 >= CAGE_A**2).mean())

    def _best(
        self, offered: Sequence[Offer], picked: Collection[str], promises: dict[str, float]
    ) -> tuple[Offer, float] | None:
        """The offer of largest gain per core-hour, if any gains."""
        runs = {self._measurement(offer, picked): offer for offer in offered if promises[offer.run.case] > 0}
        if not runs:
            return None
        queries, kelvin = self.score.queries, [self.score.kelvin]
        ranked = rank_runs(self.model, list(runs), self._contended, queries, kelvin, SAMPLES, self.seed)
        worth = [(promises[runs[run].run.case] * gain, runs[run]) for run, gain in ranked]
        gain, offer = max(worth, key=lambda pair: pair[0])
        return (offer, gain) if gain > 0 else None

    def _contended(self, predictions: list) -> np.ndarray:
        return self.score(predictions)[:, self.contenders]

    def _measurement(self, offer: Offer, picked: Collection[str]) -> Run:
        hours = self.experience.expected_core_hours(offer.run)
        if offer.bulk and not offer.bulk_at_hand and offer.bulk.case not in picked:
            hours += self.experience.expected_core_hours(offer.bulk)
        return Run(offer.query, offer.run.temperature_K, offer.run.length_ps, offer.lithium, hours)

    def _anticipate(self, run: PossibleRun, offered: Sequence[Offer]) -> None:
        same = [o for o in offered if (o.run.cell.label, o.run.length_ps) == (run.cell.label, run.length_ps)]
        offer = next(o for o in same if o.run.temperature_K == run.temperature_K)
        self.model = anticipate(self.model, self._measurement(offer, ()))

    def _entry(self, run: PossibleRun, bulk: PossibleRun | None, **why) -> dict:
        hours = self.experience.expected_core_hours(run)
        return {"case": run.case, "bulk": bulk and bulk.case, "core_hours": hours, **why}
