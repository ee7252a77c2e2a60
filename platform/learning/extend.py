"""Extension of a learned potential by extrapolating frames of a production run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ase import Atoms

from argyro.platform.labels.client import Labeller
from argyro.platform.learning.loop import LearningResult, finished, open_learner
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.round_store import read_frames

# An extension covers one untrained region; a potential that needs more was not learned completely.
MOST_ROUNDS, MOST_LABELS = 4, 24


def extension_options(options: LearningOptions, temperature_K: float) -> LearningOptions:
    """Return the options of an extension: the last level, the temperature of the run and the highest one.

    Args:
        options: options of the original learning run.
        temperature_K: temperature of the production run.
    """
    return replace(
        options,
        levels=options.levels[-1:],
        temperatures_K=tuple(sorted({temperature_K, max(options.temperatures_K)})),
        rounds_per_level=MOST_ROUNDS,
        max_labels=MOST_LABELS,
    )


def extend(
    learned: LearningResult,
    frames: Sequence[Atoms],
    structures: Sequence[Atoms],
    options: LearningOptions,
    labeller: Labeller,
    workdir: Path,
    progress: Callable[[dict], None] | None = None,
    cores: int = 1,
) -> LearningResult:
    """Continue learning from a finished potential and extrapolating frames; an interrupted call resumes in `workdir`.

    The frames that enlarge the active set are labelled, and the potential is refitted once to the old training set with
    the new frames. The caller then repeats the production run, which is the longest exploration there is. Without new
    labels the potential explores the structures as in learning.

    Args:
        learned: potential, active set and training set.
        frames: frames of the run with the array ``grade``; empty if it failed at low grades.
        structures: cells to explore without new labels, including that of the run.
        options: options, see `extension_options`; limits apply to additions.
        labeller: an open labeller of the same source.
        workdir: folder of this extension only.
        progress: callback for the summary of every round.
        cores: number of parallel exploration runs.

    Raises:
        InputError: `workdir` belongs to other inputs, or the labels are of another reference.
        ArgyroError: all labels of a round failed.
    """
    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.mtp.model import MTP

    parent = hashlib.sha256(learned.mtp_path.read_bytes()).hexdigest()[:16]
    learner = open_learner(structures, options, labeller, workdir, progress, cores=cores, potential=parent)
    if not learner.store.folders:
        mtp, active_set = MTP.read(learned.mtp_path), ActiveSet.read(learned.active_set_path)
        learner.adopt(mtp, active_set, read_frames(learned.training_set_path))
    if len(learner.store.folders) == 1:
        learner.absorb(list(frames))
    learner.run()
    return finished(learner.store, options)
