"""The closed loop: explore, grade, select, label, refit, climb the level ladder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ase import Atoms

from argyro.platform.errors import ArgyroError, InputError
from argyro.platform.labels.labeller import Labeller
from argyro.platform.labels.sanity import accept
from argyro.platform.learning.explore import Exploration, explore, samplers
from argyro.platform.learning.fit import Fit, fit, rmse, untrained
from argyro.platform.learning.local import labelable
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.rounds import (
    ACCEPTED,
    ACTIVE_SET,
    HELD_OUT,
    POTENTIAL,
    REJECTED,
    RoundStore,
    write_frames,
)
from argyro.platform.learning.seeds import hot_frames, seed_frames
from argyro.platform.learning.select import grade_quantiles, pick

if TYPE_CHECKING:
    from argyro.platform.potential.active_set import ActiveSet
    from argyro.platform.potential.potential import MTP

TRAINING_SET = "training_set.extxyz"


@dataclass(frozen=True)
class LearningResult:
    """What a finished learning run leaves.

    Args:
        mtp_path: the potential of the last level.
        active_set_path: its active set.
        training_set_path: all accepted labels, extended xyz.
        rounds: summary of every round, see docs/learning.md for the keys.
    """

    mtp_path: Path
    active_set_path: Path
    training_set_path: Path
    rounds: list[dict]


def learn(
    structures: Sequence[Atoms],
    options: LearningOptions,
    labeller: Labeller,
    workdir: Path,
    progress: Callable[[dict], None] | None = None,
) -> LearningResult:
    """Learn one potential for a family of structures; resumes in `workdir` at the last complete round.

    Args:
        structures: bulk and boundary cells of all compositions that the potential is to serve.
        options: everything that decides the result.
        labeller: an open labeller.
        workdir: folder of the run.
        progress: called with the summary of every round when it is complete.

    Raises:
        InputError: no structures, or `workdir` belongs to other inputs.
        ArgyroError: all labels of a round failed, or LAMMPS did not start.
    """
    return _learner(structures, options, labeller, workdir, progress).run()


def extend(
    structures: Sequence[Atoms],
    options: LearningOptions,
    labeller: Labeller,
    workdir: Path,
    frames: Sequence[Atoms],
    progress: Callable[[dict], None] | None = None,
) -> LearningResult:
    """Take up a finished learning run with frames on which its potential extrapolated, and finish it anew.

    This is what a production run that met a grade above the break asks for: its frames are labelled, the potential is
    refitted and explores again; the run is then repeated with the new potential.

    Args:
        structures: as given to `learn`.
        options: as given to `learn`; the limits on rounds and labels hold for what is added.
        labeller: an open labeller of the same source.
        workdir: folder of the finished run.
        frames: the frames, with the array ``grade`` where they are large.
        progress: called with the summary of every round.

    Raises:
        InputError: there is no finished run in `workdir`, or it belongs to other inputs.
        ArgyroError: all labels failed.
    """
    learner = _learner(structures, options, labeller, workdir, progress)
    if not learner.store.folders:
        raise InputError(
            f"{workdir} holds no learning run to extend; run learn first", path="workdir", given=str(workdir)
        )
    learner.absorb(list(frames))
    return learner.run()


def _learner(structures, options, labeller, workdir, progress) -> Learner:
    if not structures:
        raise InputError("learning needs at least one structure", path="structures", given=0, accepted="Atoms")
    store = RoundStore(Path(workdir))
    identity = {
        "options": options.hash(),
        "label_source": labeller.source.label_source,
        "structures": _structures_hash(structures),
    }
    store.claim(identity)
    return Learner(list(structures), options, labeller, store, progress or (lambda summary: None))


@dataclass
class Learner:
    """One learning run; its state is the complete rounds of its store, nothing else."""

    structures: list[Atoms]
    options: LearningOptions
    labeller: Labeller
    store: RoundStore
    progress: Callable[[dict], None]

    def run(self) -> LearningResult:
        """Make rounds until the last level explores without extrapolation, or its limits are reached."""
        while not (rounds := self.store.summaries) or not rounds[-1]["finished"]:
            self.progress(self.round(rounds))
        training_set = self.store.workdir / TRAINING_SET
        partial = training_set.with_name(training_set.name + ".partial")
        write_frames(partial, self.store.frames(ACCEPTED))
        partial.replace(training_set)
        last = self.store.folders[-1]
        return LearningResult(last / POTENTIAL, last / ACTIVE_SET, training_set, self.store.summaries)

    def absorb(self, frames: list[Atoms]) -> None:
        """Make one round of given frames: those that enlarge the active set are labelled and the potential refitted."""
        mtp, active_set = self._current()
        start, scratch = time.monotonic(), self.store.scratch()
        number = len(self.store.folders)
        chosen = [frames[index] for index in active_set.select(mtp, frames)][: self.options.picks_per_round]
        labels = self._label(labelable(chosen, self.options, mtp, number), scratch, number)
        made = fit(self.store.frames(ACCEPTED) + labels.accepted, mtp, self.options)
        summary = {"round": number, "kind": "extension", "finished": False, "exploration_ps": 0.0}
        summary |= self._summary(made, labels, [], scratch) | {"seconds": round(time.monotonic() - start, 2)}
        self.store.complete(scratch, summary)
        self.progress(summary)

    def round(self, rounds: list[dict]) -> dict:
        """Make the next round and store it.

        Returns:
            Its summary.
        """
        start = time.monotonic()
        scratch = self.store.scratch()
        summary = {"round": len(rounds), **(self._continue(rounds, scratch) if rounds else self._begin(scratch))}
        summary["seconds"] = round(time.monotonic() - start, 2)
        self.store.complete(scratch, summary)
        return summary

    def _begin(self, scratch: Path) -> dict:
        frames = labelable(seed_frames(self.structures, self.options), self.options, mtp=None, seed=0)
        labels = self._label(frames, scratch, round_number=0)
        made = fit(
            self.store.frames(ACCEPTED) + labels.accepted, untrained(self.structures, self.options), self.options
        )
        return {"kind": "seeds", "finished": False} | self._summary(made, labels, [], scratch)

    def _continue(self, rounds: list[dict], scratch: Path) -> dict:
        mtp, active_set = self._current()
        ps, explorations = self._explore(rounds, scratch)
        extend = self._may_label(rounds) and any(run.extrapolated for run in explorations)
        step = self._extend if extend else self._climb
        return step(mtp, active_set, explorations, len(rounds), scratch) | {"exploration_ps": ps}

    def _extend(
        self, mtp: MTP, active_set: ActiveSet, explorations: list[Exploration], number: int, scratch: Path
    ) -> dict:
        """Label what the exploration met and refit."""
        most = min(self.options.picks_per_round, self.options.max_labels - self._asked())
        picks = pick(explorations, mtp, active_set, self.options.sanity, most)
        if not picks:  # runs that blew up between two gradings leave nothing fit to label
            picks = hot_frames(self.structures, self.options, most, seed=number)
        labels = self._label(labelable(picks, self.options, mtp, number, most), scratch, number)
        before = rmse(mtp, labels.accepted)
        made = fit(self.store.frames(ACCEPTED) + labels.accepted, mtp, self.options)
        summary = {"kind": "labels", "finished": False, **_named("picks_rmse", before)}
        return summary | self._summary(made, labels, explorations, scratch)

    def _climb(
        self, mtp: MTP, active_set: ActiveSet, explorations: list[Exploration], number: int, scratch: Path
    ) -> dict:
        """Hold the level's potential against fresh frames, then raise the level, or finish at the last."""
        ends = [run.last for run in explorations if run.last is not None and not run.broke]
        labels = self._label(labelable(ends, self.options, mtp, number), scratch, number, file=HELD_OUT)
        held_out = self.store.frames(HELD_OUT) + labels.accepted
        above = [level for level in self.options.levels if level > mtp.level]
        made = Fit(mtp, active_set, rmse(mtp, self.store.frames(ACCEPTED)))
        summary = {"kind": "raise" if above else "finish", "finished": not above}
        summary |= {"extrapolation_free": not any(run.extrapolated for run in explorations)}
        summary |= _named("validation_rmse", rmse(mtp, held_out)) | {"validation_frames": len(held_out)}
        if above:
            made = fit(self.store.frames(ACCEPTED), mtp.upconvert(above[0]), self.options)
        return summary | self._summary(made, labels, explorations, scratch)

    def _explore(self, rounds: list[dict], scratch: Path) -> tuple[float, list[Exploration]]:
        """Run all samplers, ever longer until one extrapolates or the required length is reached."""
        mine = [entry for entry in rounds if entry["level"] == rounds[-1]["level"] and entry["kind"] == "labels"]
        ps = mine[-1]["exploration_ps"] if mine else self.options.first_exploration_ps
        last = self.store.folders[-1]
        while True:
            ps = min(ps, self.options.exploration_ps)
            runs = [
                explore(
                    self.structures[sampler.structure],
                    sampler,
                    last / POTENTIAL,
                    last / ACTIVE_SET,
                    ps,
                    self.options,
                    scratch / "exploration" / f"{ps:g}ps-{sampler.structure}-{sampler.temperature_K:g}K",
                )
                for sampler in samplers(self.structures, self.options, len(rounds))
            ]
            if ps >= self.options.exploration_ps or any(run.extrapolated for run in runs):
                return ps, runs
            ps *= 2

    def _label(self, frames: list[Atoms], scratch: Path, round_number: int, file: str = ACCEPTED) -> _Labels:
        spent = self.labeller.seconds_spent
        labelled = self.labeller.label(frames)
        accepted, rejected = accept(labelled, self.store.frames(ACCEPTED), self.options.sanity)
        if frames and not any(frame.info["status"] == "converged" for frame in labelled):
            raise ArgyroError(
                f"all {len(frames)} labels of round {round_number} failed; {self.labeller.source.source} "
                f"said: {rejected[-1].info['log'][-800:]}"
            )
        for frame in accepted:
            frame.info["round"] = round_number
        write_frames(scratch / file, accepted)
        write_frames(scratch / REJECTED, rejected)
        return _Labels(accepted, rejected, self.labeller.seconds_spent - spent)

    def _current(self) -> tuple[MTP, ActiveSet]:
        from argyro.platform.potential.active_set import ActiveSet
        from argyro.platform.potential.potential import MTP

        last = self.store.folders[-1]
        return MTP.read(last / POTENTIAL), ActiveSet.read(last / ACTIVE_SET)

    def _asked(self) -> int:
        """Labels asked for since the beginning, or since the last extension."""
        return sum(entry["new_labels"] + entry["rejected"] for entry in _since_extension(self.store.summaries))

    def _may_label(self, rounds: list[dict]) -> bool:
        entries = _since_extension(rounds)
        at_level = [entry for entry in entries if entry["level"] == rounds[-1]["level"] and entry["kind"] == "labels"]
        return len(at_level) < self.options.rounds_per_level and self._asked() < self.options.max_labels

    def _summary(self, made: Fit, labels: _Labels, explorations: list[Exploration], scratch: Path) -> dict:
        made.mtp.write(scratch / POTENTIAL)
        made.active_set.write(scratch / ACTIVE_SET)
        earlier = self.store.summaries
        return {
            "level": made.mtp.level,
            "labels": (earlier[-1]["labels"] if earlier else 0) + len(labels.accepted) + len(labels.rejected),
            "new_labels": len(labels.accepted),
            "rejected": len(labels.rejected),
            "failures": [_failure(frame) for frame in labels.rejected],
            "label_seconds": round(labels.seconds, 2),
            "grades": grade_quantiles(explorations),
            "exploration_ps_until_break": [run.ps for run in explorations],
            "broken_runs": sum(run.broke for run in explorations),
            **_named("train_rmse", made.train_rmse),
        }


@dataclass(frozen=True)
class _Labels:
    accepted: list[Atoms]
    rejected: list[Atoms]
    seconds: float


def _since_extension(rounds: list[dict]) -> list[dict]:
    last = max((entry["round"] for entry in rounds if entry["kind"] == "extension"), default=0)
    return rounds[last:]


def _failure(frame: Atoms) -> dict:
    keys = ("status", "objections", "log", "made_by", "structure")
    return {key: frame.info[key] for key in keys if key in frame.info}


def _named(prefix: str, errors: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in errors.items()}


def _structures_hash(structures: Sequence[Atoms]) -> str:
    digest = hashlib.sha256()
    for atoms in structures:
        for array in (atoms.numbers, atoms.positions.round(6), atoms.cell.array.round(6)):
            digest.update(array.tobytes())
    return digest.hexdigest()[:16]
