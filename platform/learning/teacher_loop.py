"""Learning with a teacher: few expensive labels, a committee trained on them, a potential learned from the committee.

1. Seeds of the family are labelled by the expensive reference, boxes of the cells that are too large.
2. A committee is trained on all expensive labels; its error on those held out is a gate.
3. The potential is learned with the committee's labels, as many as the ladder wants.
4. Frames that the committee was in doubt about go back to the expensive reference; from 2. with a fresh start, since
   labels of two teachers do not mix. Ends when there are none, or the expensive labels are spent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.committee import Teacher, TeacherOptions, train_teacher
from argyro.platform.labels.frame_filters import accept, min_distance_A
from argyro.platform.learning.initial_frames import seed_frames
from argyro.platform.learning.label_cells import labelable
from argyro.platform.learning.loop import LearningResult, learn
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.round_store import REJECTED, append_frame, read_frames

FIRST_SHARE = 0.6  # of the expensive labels go to the seeds, the rest to what the first teachers do not know
SHARE_AT_ONCE = 0.2


@dataclass(frozen=True)
class TaughtResult:
    """What learning with a teacher leaves.

    Args:
        learned: the potential.
        teacher: the last committee.
        expensive: file of the expensive labels.
        teachers: errors of all committees in turn, with ``doubtful``, the number of frames each was in doubt about.
    """

    learned: LearningResult
    teacher: Teacher
    expensive: Path
    teachers: list[dict]


def learn_taught(
    structures: Sequence[Atoms],
    options: LearningOptions,
    teacher_options: TeacherOptions,
    most_expensive: int,
    expensive: Labeller,
    workdir: Path,
    progress: Callable[[dict], None] | None = None,
    cores: int = 1,
) -> TaughtResult:
    """Learn a potential with few expensive labels; resumes in `workdir` at the last label, model and round.

    Args:
        structures: cells of the family.
        options: of the potential's learning.
        teacher_options: of the committee.
        most_expensive: expensive labels to spend.
        expensive: labeller of the expensive reference; it need not be open yet.
        workdir: folder of the run.
        progress: called with the summary of every round of the potential.
        cores: exploring runs at a time.

    Raises:
        ArgyroError: a teacher fails its gate, or all labels of a round failed.
    """
    store = _Expensive(workdir / "expensive.extxyz", expensive, most_expensive, options)
    store.label(_first_frames(structures, options, round(FIRST_SHARE * most_expensive)))
    teachers: list[dict] = []
    while True:
        number = len(teachers)
        teacher = train_teacher(store.accepted, teacher_options, workdir / f"teacher-{number}")
        folder = workdir / f"student-{number}"
        learned, error = _learn(structures, options, teacher, folder, progress, cores)
        doubtful = _doubtful(folder, options)
        teachers.append(teacher.to_json() | {"doubtful": len(doubtful)})
        asked = min(store.left, max(1, round(SHARE_AT_ONCE * most_expensive)))
        if not doubtful or not asked:
            if learned is None:
                raise ArgyroError(str(error))
            return TaughtResult(learned, teacher, store.path, teachers)
        store.label(doubtful[:asked], after=f"teacher {number}")


def _learn(structures, options, teacher, folder, progress, cores) -> tuple[LearningResult | None, ArgyroError | None]:
    """Potential from one teacher; None and the reason if a round had no label that the teacher was sure of."""
    try:
        with Labeller(teacher.source()) as labeller:
            return learn(structures, options, labeller, folder, progress, cores=cores), None
    except ArgyroError as error:
        return None, error


def _first_frames(structures: Sequence[Atoms], options: LearningOptions, count: int) -> list[Atoms]:
    """Seeds of all structures in turn, boxes of the large ones, from those near rest to the hottest."""
    each = -(-count // len(structures))
    frames = seed_frames(structures, replace(options, seeds_per_structure=each, small_cell_atoms=10**9))
    return labelable(frames, options, mtp=None, seed=0, most=count)


def _doubtful(folder: Path, options: LearningOptions) -> list[Atoms]:
    """Frames of possible geometry that the teacher was in doubt about, the gravest first."""
    rejected = [frame for path in sorted(folder.glob(f"round*/{REJECTED}")) for frame in read_frames(path)]
    doubtful = [
        frame
        for frame in rejected
        if frame.info["status"] == "doubtful" and min_distance_A(frame) >= options.sanity.min_distance_A
    ]
    return sorted(doubtful, key=lambda frame: -frame.info["disagreement_eV_A"])


class _Expensive:
    """The expensive labels, kept one by one as they come."""

    def __init__(self, path: Path, labeller: Labeller, most: int, options: LearningOptions):
        self.path, self.labeller, self.most, self.options = path, labeller, most, options
        path.parent.mkdir(parents=True, exist_ok=True)

    @property
    def left(self) -> int:
        """Labels that may still be asked for."""
        return self.most - len(read_frames(self.path))

    @property
    def accepted(self) -> list[Atoms]:
        """Converged labels of possible geometry."""
        return accept(read_frames(self.path), [], self.options.sanity)[0]

    def label(self, frames: Sequence[Atoms], after: str = "seeds") -> None:
        """Label what is not there yet of frames that are asked for on one occasion."""
        known = sum(frame.info["asked"] == after for frame in read_frames(self.path))
        for frame in frames[known:]:
            (labelled,) = self.labeller.label([frame])
            labelled.info["asked"] = after
            append_frame(self.path, labelled)
