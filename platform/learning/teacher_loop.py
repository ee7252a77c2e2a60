"""Learning with a teacher: a committee trained on few expensive labels then labels for the potential.

1. The expensive reference labels seeds of the family; large cells are replaced by boxes.
2. A committee is trained on all expensive labels; its error on held-out labels must pass a limit.
3. The potential is learned with any number of the committee's labels.
4. The expensive reference labels frames with large committee disagreement. Steps 2 to 4 are repeated from the start,
   since labels of two teachers cannot be mixed. The loop ends without such frames or when the labels are used up.
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

FIRST_SHARE = 0.6  # share of the expensive labels for seeds; the rest is for frames with large disagreement
SHARE_AT_ONCE = 0.2


@dataclass(frozen=True)
class TaughtResult:
    """The result of learning with a teacher.

    Args:
        learned: the potential.
        teacher: the last committee.
        expensive: file of the expensive labels.
        teachers: errors of all committees in order, with ``doubtful``, the number of frames with large disagreement.
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
    """Learn a potential with few expensive labels; an interrupted call resumes at the last label, model and round.

    Args:
        structures: cells of the family.
        options: learning options of the potential.
        teacher_options: options of the committee.
        most_expensive: largest number of expensive labels.
        expensive: labeller of the expensive reference, open or not.
        workdir: folder of the run.
        progress: callback for the summary of every round of the potential.
        cores: number of parallel exploration runs.

    Raises:
        ArgyroError: the error of a teacher exceeds its limit, or all labels of a round failed.
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


def _learn(
    structures: Sequence[Atoms],
    options: LearningOptions,
    teacher: Teacher,
    folder: Path,
    progress: Callable[[dict], None] | None,
    cores: int,
) -> tuple[LearningResult | None, ArgyroError | None]:
    """Learn a potential from one teacher; return None and the reason if a round had no certain label."""
    try:
        with Labeller(teacher.source()) as labeller:
            return learn(structures, options, labeller, folder, progress, cores=cores), None
    except ArgyroError as error:
        return None, error


def _first_frames(structures: Sequence[Atoms], options: LearningOptions, count: int) -> list[Atoms]:
    """Return seeds of all structures in turn, from small to large amplitudes; large structures give boxes."""
    each = -(-count // len(structures))
    frames = seed_frames(structures, replace(options, seeds_per_structure=each, small_cell_atoms=10**9))
    return labelable(frames, options, mtp=None, seed=0, most=count)


def _doubtful(folder: Path, options: LearningOptions) -> list[Atoms]:
    """Return plausible frames with large committee disagreement, largest first."""
    rejected = [frame for path in sorted(folder.glob(f"round*/{REJECTED}")) for frame in read_frames(path)]
    doubtful = [
        frame
        for frame in rejected
        if frame.info["status"] == "doubtful" and min_distance_A(frame) >= options.sanity.min_distance_A
    ]
    return sorted(doubtful, key=lambda frame: -frame.info["disagreement_eV_A"])


class _Expensive:
    """A store of the expensive labels, saved one by one."""

    def __init__(self, path: Path, labeller: Labeller, most: int, options: LearningOptions):
        self.path, self.labeller, self.most, self.options = path, labeller, most, options
        path.parent.mkdir(parents=True, exist_ok=True)

    @property
    def left(self) -> int:
        """The number of remaining labels."""
        return self.most - len(read_frames(self.path))

    @property
    def accepted(self) -> list[Atoms]:
        """The converged labels with plausible geometry."""
        return accept(read_frames(self.path), [], self.options.sanity)[0]

    def label(self, frames: Sequence[Atoms], after: str = "seeds") -> None:
        """Label the frames of one request that are not yet labelled."""
        known = sum(frame.info["asked"] == after for frame in read_frames(self.path))
        for frame in frames[known:]:
            (labelled,) = self.labeller.label([frame])
            labelled.info["asked"] = after
            append_frame(self.path, labelled)
