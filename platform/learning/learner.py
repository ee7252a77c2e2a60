"""A learning run: rounds of exploration, grading, labelling and refitting at increasing levels."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase import Atoms
from threadpoolctl import threadpool_limits

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.labels.client import Labeller, failure
from argyro.platform.labels.frame_filters import accept
from argyro.platform.learning.explore import Exploration, Sampler, explore, samplers
from argyro.platform.learning.frame_selection import grade_quantiles, pick
from argyro.platform.learning.initial_frames import hot_frames, seed_frames
from argyro.platform.learning.label_cells import labelable
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import Fit, fit, rmse, untrained
from argyro.platform.learning.round_store import (
    ACCEPTED,
    ACTIVE_SET,
    HELD_OUT,
    POTENTIAL,
    REJECTED,
    RoundStore,
    write_frames,
    write_traces,
)
from argyro.platform.learning.stopwatch import EXPLORATION, LABELS, SELECTION, Stopwatch
from argyro.platform.learning.validation_frames import frames_hold

if TYPE_CHECKING:
    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.mtp.model import MTP

LONGER = 3  # factor on the exploration time after a round without extrapolation


@dataclass
class Learner:
    """A learning run whose only state is the complete rounds of its store.

    Args:
        structures: cells of the family.
        options: options that determine the result.
        labeller: an open labeller.
        store: store of the rounds.
        progress: callback for every summary.
        target: target property of a potential. Levels are raised until a level does not change it. None where a
            potential gives no value.
        cores: number of parallel exploration runs, each in its own process.
        known: initial labelled frames, in place of seeds of structures with their elements.

    Attributes:
        watch: stopwatch of the current round.
    """

    structures: list[Atoms]
    options: LearningOptions
    labeller: Labeller
    store: RoundStore
    progress: Callable[[dict], None]
    target: Callable[[Path], Uncertain | None] | None = None
    cores: int = 1
    known: Sequence[Atoms] = ()
    watch: Stopwatch = field(default_factory=Stopwatch, init=False)

    def run(self) -> None:
        """Make rounds until the last level explores without extrapolation or reaches its limits."""
        while not (rounds := self.store.summaries) or not rounds[-1]["finished"]:
            self._store(self._continue if rounds else self._begin)

    def adopt(self, mtp: MTP, active_set: ActiveSet, frames: list[Atoms]) -> None:
        """Make one round from a finished potential and its training set, without labels or refit."""
        self._store(lambda scratch: self._adopt(mtp, active_set, frames, scratch))

    def absorb(self, frames: list[Atoms]) -> None:
        """Make one round from given frames: label those that enlarge the active set, and refit the potential.

        The round is the last one if a label was accepted.
        """
        self._store(lambda scratch: self._absorb(frames, scratch))

    def _store(self, make: Callable[[Path], dict]) -> None:
        self.watch = Stopwatch()
        start, cpu, scratch = time.monotonic(), self._cpu_s(), self.store.scratch()
        with threadpool_limits(
            1, user_api="blas"
        ):  # the number of BLAS threads changes the rounding, and with it the picks
            summary = {"round": len(self.store.folders), "finished": False} | make(scratch)
        summary |= {"seconds": round(time.monotonic() - start, 2), "cpu_seconds": round(self._cpu_s() - cpu, 2)}
        summary["profile_s"] = self.watch.rounded()
        self.store.complete(scratch, summary)
        self.progress(summary)

    def _cpu_s(self) -> float:
        """Return the CPU time of this process, LAMMPS and the reference."""
        return sum(os.times()[:4]) + self.labeller.cpu_seconds_spent

    def _begin(self, scratch: Path) -> dict:
        labels, frames = _Labels([], [], 0.0, 0.0), list(self.known)
        if seeds := self._seeds():
            labels = self._label(seeds, scratch, None)
            frames += labels.accepted
        made = fit(frames, untrained(self.structures, self.options), self.options, self.watch)
        write_frames(scratch / ACCEPTED, frames)
        kind = "known" if self.known else "seeds"
        return {"kind": kind, "exploration_ps": 0.0} | self._summary(made, labels, [], scratch)

    def _seeds(self) -> list[Atoms]:
        """Make seed frames of the structures with elements that no known label has: of all without known labels."""
        covered = {symbol for frame in self.known for symbol in frame.symbols}
        new = [n for n, atoms in enumerate(self.structures) if not set(atoms.symbols) <= covered]
        frames = seed_frames([self.structures[n] for n in new], self.options)
        for frame in frames:
            frame.info["structure"] = new[frame.info["structure"]]
        return frames

    def _adopt(self, mtp: MTP, active_set: ActiveSet, frames: list[Atoms], scratch: Path) -> dict:
        write_frames(scratch / ACCEPTED, frames)
        made = Fit(mtp, active_set, rmse(mtp, frames))
        return {"kind": "adopted", "exploration_ps": 0.0} | self._summary(made, _Labels([], [], 0.0, 0.0), [], scratch)

    def _absorb(self, frames: list[Atoms], scratch: Path) -> dict:
        mtp, active_set = self._current()
        with self.watch.time(SELECTION):
            chosen = [frames[index] for index in active_set.select(mtp, frames)] if frames else []
        labels = self._label(chosen[: self.options.picks_per_round], scratch, mtp)
        write_frames(scratch / ACCEPTED, labels.accepted)
        made = fit(self.store.frames(ACCEPTED) + labels.accepted, mtp, self.options, self.watch, trained=True)
        summary = {"kind": "extension", "exploration_ps": 0.0, "finished": bool(labels.accepted)}
        return summary | self._summary(made, labels, [], scratch)

    def _continue(self, scratch: Path) -> dict:
        """Explore, label new frames and the last frames of the runs, and decide the next step."""
        rounds = self.store.summaries
        mtp, active_set = self._current()
        ps = self._length_ps(rounds[-1])
        runs = self._explore_all(ps, scratch, len(rounds))
        write_traces(scratch, runs)
        new = any(run.extrapolated for run in runs)
        fresh = [run.last for run in runs if run.last is not None and not run.candidates]
        picks = self._picks(runs, mtp, active_set, len(fresh)) if new and self._may_label(rounds) else []
        if new and not picks and not fresh:  # all runs exploded between two gradings
            picks = hot_frames(self.structures, self.options, self.options.picks_per_round, seed=len(rounds))
        labels = self._label([*picks, *fresh], scratch, mtp, asked_last=len(fresh))
        holds = frames_hold(mtp, labels.fresh, rounds[-1]["train_rmse_force_meV_A"], self.options)
        summary = {"exploration_ps": ps, "extrapolation_free": not new, "fresh_frames_hold": holds}
        summary |= _named("picks_rmse", rmse(mtp, labels.picked)) | _named("validation_rmse", rmse(mtp, labels.fresh))
        step = self._next_step(rounds, ps, settled=not new and holds and not labels.rejected)
        return summary | step(mtp, active_set, labels, runs, scratch)

    def _next_step(self, rounds: list[dict], ps: float, settled: bool) -> Callable[..., dict]:
        if settled:
            return self._lengthen if ps < self.options.exploration_ps else self._climb
        return self._refit if self._may_label(rounds) else self._climb

    def _refit(self, mtp: MTP, active_set: ActiveSet, labels: _Labels, runs: list[Exploration], scratch: Path) -> dict:
        write_frames(scratch / ACCEPTED, labels.accepted)
        made = fit(self.store.frames(ACCEPTED) + labels.accepted, mtp, self.options, self.watch, trained=True)
        return {"kind": "labels"} | self._summary(made, labels, runs, scratch)

    def _lengthen(self, *state: Any) -> dict:
        """Add the accurate fresh frames to the training set and extend the next exploration."""
        return self._refit(*state) | {"kind": "longer"}

    def _climb(self, mtp: MTP, active_set: ActiveSet, labels: _Labels, runs: list[Exploration], scratch: Path) -> dict:
        """Keep the fresh frames for validation and raise the level, or finish at the last level."""
        write_frames(scratch / HELD_OUT, labels.accepted)
        above = [level for level in self.options.levels if level > mtp.level]
        summary: dict[str, object] = {}
        value = self.target(self.store.folders[-1] / POTENTIAL) if above and self.target is not None else None
        if value is not None:
            earlier = [entry["target"] for entry in self.store.summaries if "target" in entry]
            if earlier and earlier[-1]["low"] <= value.value <= earlier[-1]["high"]:
                above = []
            summary["target"] = value.to_json()
        made = Fit(mtp, active_set, rmse(mtp, self.store.frames(ACCEPTED)))
        if above:
            made = fit(self.store.frames(ACCEPTED), mtp.upconvert(above[0]), self.options, self.watch)
        summary |= {"kind": "raise" if above else "finish", "finished": not above}
        return summary | self._summary(made, labels, runs, scratch)

    def _length_ps(self, last: dict) -> float:
        if last["kind"] in ("seeds", "known"):
            return min(self.options.first_exploration_ps, self.options.exploration_ps)
        if last["kind"] == "longer":
            longer = LONGER * last["exploration_ps"]
            return longer if longer < self.options.exploration_ps / 2 else self.options.exploration_ps
        return last["exploration_ps"] if last["kind"] == "labels" else self.options.exploration_ps

    def _explore_all(self, ps: float, scratch: Path, round_number: int) -> list[Exploration]:
        with (
            self.watch.time(EXPLORATION),
            ThreadPoolExecutor(self.cores) as pool,
        ):  # threads suffice because each waits for a process
            tried = samplers(self.structures, self.options, round_number)
            return list(pool.map(lambda sampler: self._explore(sampler, ps, scratch), tried))

    def _explore(self, sampler: Sampler, ps: float, scratch: Path) -> Exploration:
        last = self.store.folders[-1]
        folder = scratch / "exploration" / f"structure-{sampler.structure}-{sampler.temperature_K:g}K"
        structure = self.structures[sampler.structure]
        return explore(structure, sampler, last / POTENTIAL, last / ACTIVE_SET, ps, self.options, folder)

    def _picks(self, runs: list[Exploration], mtp: MTP, active_set: ActiveSet, fresh: int) -> list[Atoms]:
        left = self._limits()[1] - self._asked() - fresh
        most = max(1, min(self.options.picks_per_round, left))
        with self.watch.time(SELECTION):
            return pick(runs, mtp, active_set, self.options.sanity, most)

    def _label(self, frames: list[Atoms], scratch: Path, mtp: MTP | None, asked_last: int = 0) -> _Labels:
        """Label frames; the last ones are fresh frames of runs without a high grade."""
        number = len(self.store.folders)
        wall, cpu = self.labeller.seconds_spent, self.labeller.cpu_seconds_spent
        for index, frame in enumerate(frames):
            frame.info |= {"round": number, "fresh": index >= len(frames) - asked_last}
        with self.watch.time(LABELS):
            labelled = self.labeller.label(labelable(frames, self.options, mtp, number))
        accepted, rejected = accept(labelled, self.store.frames(ACCEPTED), self.options.sanity)
        write_frames(scratch / REJECTED, rejected)
        if labelled and not any(frame.info["status"] == "converged" for frame in labelled):
            raise ArgyroError(
                f"all {len(labelled)} labels of round {number} failed; check {self.labeller.source.source}, "
                f"whose last error is: {failure(rejected[-1])}"
            )
        return _Labels(accepted, rejected, self.labeller.seconds_spent - wall, self.labeller.cpu_seconds_spent - cpu)

    def _current(self) -> tuple[MTP, ActiveSet]:
        from argyro.platform.potential.extrapolation.active_set import ActiveSet
        from argyro.platform.potential.mtp.model import MTP

        last = self.store.folders[-1]
        return MTP.read(last / POTENTIAL), ActiveSet.read(last / ACTIVE_SET)

    def _asked(self) -> int:
        return sum(entry["new_labels"] + entry["rejected"] for entry in self.store.summaries)

    def _may_label(self, rounds: list[dict]) -> bool:
        at_level = [entry for entry in rounds if entry["level"] == rounds[-1]["level"] and entry["kind"] == "labels"]
        most_rounds, most_labels = self._limits()
        return len(at_level) < most_rounds and self._asked() < most_labels

    def _limits(self) -> tuple[int, int]:
        """Return the limits of rounds and labels, which are higher at the last level for convergence."""
        options = self.options
        extra = options.extra_rounds if self.store.summaries[-1]["level"] == options.levels[-1] else 0
        return options.rounds_per_level + extra, options.max_labels + extra * options.picks_per_round

    def _summary(self, made: Fit, labels: _Labels, runs: Sequence[Exploration], scratch: Path) -> dict:
        made.mtp.write(scratch / POTENTIAL)
        made.active_set.write(scratch / ACTIVE_SET)
        earlier = self.store.summaries
        asked = len(labels.accepted) + len(labels.rejected)
        return {
            "level": made.mtp.level,
            "labels": asked + (earlier[-1]["labels"] if earlier else 0),
            "new_labels": len(labels.accepted),
            "rejected": len(labels.rejected),
            "failures": [_failure(frame) for frame in labels.rejected],
            "label_seconds": round(labels.seconds, 2),
            "label_cpu_seconds": round(labels.cpu_seconds, 2),
            "grades": grade_quantiles(runs),
            "exploration_ps_until_break": [run.ps for run in runs],
            "broken_runs": sum(run.broke for run in runs),
            "swollen_runs": sum(run.swollen for run in runs),
            **_named("train_rmse", made.train_rmse),
        }


@dataclass(frozen=True)
class _Labels:
    accepted: list[Atoms]
    rejected: list[Atoms]
    seconds: float
    cpu_seconds: float

    @property
    def fresh(self) -> list[Atoms]:
        """The accepted last frames of runs without a high grade."""
        return [frame for frame in self.accepted if frame.info["fresh"]]

    @property
    def picked(self) -> list[Atoms]:
        """The accepted frames that were picked for their grade."""
        return [frame for frame in self.accepted if not frame.info["fresh"]]


def _failure(frame: Atoms) -> dict:
    keys = ("status", "objections", "log", "made_by", "structure")
    return {key: frame.info[key] for key in keys if key in frame.info}


def _named(prefix: str, errors: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in errors.items()}
