"""Extending a learned potential by frames on which a production run found it extrapolating."""

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

# An extension mends one hole; a potential that needs more than this was not learned to its end.
MOST_ROUNDS, MOST_LABELS = 4, 24


def extension_options(options: LearningOptions, temperature_K: float) -> LearningOptions:
    """Options for the extension on account of one run: the last level only, its temperature and the hottest.

    Args:
        options: with which the potential was learned.
        temperature_K: of the run.
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
    """Learn on from a finished potential and frames on which it extrapolated; resumes in `workdir`.

    The frames that enlarge the active set are labelled, the potential is refitted to the old training set and them, and
    explores the structures anew; the run that met the frames is then repeated with the new potential.

    Args:
        learned: potential, active set and training set.
        frames: what the run met, with the array ``grade``; none where it failed at low grades.
        structures: cells to explore, that of the run at least.
        options: see `extension_options`; limits hold for what is added.
        labeller: an open labeller of the same source.
        workdir: folder of this extension alone.
        progress: called with the summary of every round.
        cores: exploring runs at a time.

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
