"""Closed learning loop: exploration, grading, selection, labelling, refit, increase of the level."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.execution.atomic_files import write_json
from argyro.platform.labels.client import Labeller
from argyro.platform.learning.existing_labels import require_same_source
from argyro.platform.learning.learner import Learner
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.round_store import (
    ACCEPTED,
    ACTIVE_SET,
    HELD_OUT,
    POTENTIAL,
    RoundStore,
    read_frames,
    write_frames,
)
from argyro.platform.learning.verdict import Verdict, judge
from argyro.platform.potential.fitting.training_frames import distinct

TRAINING_SET, VERDICT = "training_set.extxyz", "verdict.json"


@dataclass(frozen=True)
class LearningResult:
    """The result of a finished learning run.

    Args:
        mtp_path: file of the potential of the last level.
        active_set_path: file of its active set.
        training_set_path: file of all accepted labels, extended xyz.
        rounds: summary of every round; docs/learning.md lists the keys.
        verdict: convergence of the potential; None for an adopted potential.
    """

    mtp_path: Path
    active_set_path: Path
    training_set_path: Path
    rounds: list[dict]
    verdict: Verdict | None = None


def learn(
    structures: Sequence[Atoms],
    options: LearningOptions,
    labeller: Labeller,
    workdir: Path,
    progress: Callable[[dict], None] | None = None,
    target: Callable[[Path], Uncertain | None] | None = None,
    cores: int = 1,
    known: Sequence[Atoms] = (),
) -> LearningResult:
    """Learn one potential for a family of structures; an interrupted call resumes at the last complete round.

    Args:
        structures: bulk and boundary cells of all compositions of the potential.
        options: options that determine the result.
        labeller: an open labeller.
        workdir: folder of the run.
        progress: callback for the summary of every complete round.
        target: target property as a function of the potential's path. Levels are raised until the property stays within
            the interval of the previous level. See `target_property.TargetDiffusivity`.
        cores: number of parallel exploration runs; it does not change the result.
        known: initial frames labelled by the same reference, in place of seeds.

    Raises:
        InputError: there are no structures, `workdir` belongs to other inputs, or known labels have another reference.
        ArgyroError: all labels of a round failed, or LAMMPS did not start.
    """
    require_same_source(known, labeller.source.label_source)
    inputs = {"known": _frames_hash(known)} if known else {}
    learner = open_learner(structures, options, labeller, workdir, progress, target, cores, **inputs)
    learner.known = known
    learner.run()
    return finished(learner.store, options)


def open_learner(
    structures: Sequence[Atoms],
    options: LearningOptions,
    labeller: Labeller,
    workdir: Path,
    progress: Callable[[dict], None] | None = None,
    target: Callable[[Path], Uncertain | None] | None = None,
    cores: int = 1,
    **inputs: str,
) -> Learner:
    """Open a learner in a folder bound to these inputs; further inputs are given by name and hash."""
    if not structures:
        raise InputError("learning needs at least one structure")
    structures = distinct(structures)  # small cells with little disorder can equal the ordered cell
    store = RoundStore(Path(workdir))
    identity = {
        "options": options.hash(),
        "label_source": labeller.source.label_source,
        "structures": _structures_hash(structures),
        **inputs,
    }
    store.claim(identity)
    return Learner(structures, options, labeller, store, progress or (lambda summary: None), target, cores)


def finished(store: RoundStore, options: LearningOptions) -> LearningResult:
    """Return the potential and verdict of the last round; write all training frames to one file."""
    from argyro.platform.potential.mtp.model import MTP

    training_set = store.workdir / TRAINING_SET
    write_frames(training_set, store.frames(ACCEPTED))
    last = store.folders[-1]
    rounds = store.summaries
    verdict = judge(rounds, read_frames(last / HELD_OUT), MTP.read(last / POTENTIAL), options)
    write_json(store.workdir / VERDICT, verdict.to_json())
    return LearningResult(last / POTENTIAL, last / ACTIVE_SET, training_set, rounds, verdict)


def _frames_hash(frames: Sequence[Atoms]) -> str:
    return hashlib.sha256("".join(_structures_hash([frame]) for frame in frames).encode()).hexdigest()[:16]


def _structures_hash(structures: Sequence[Atoms]) -> str:
    digest = hashlib.sha256()
    for atoms in structures:
        for array in (atoms.numbers, atoms.positions.round(6), atoms.cell.array.round(6)):
            digest.update(array.tobytes())
    return digest.hexdigest()[:16]
