"""Learning with a teacher: what it doubts goes back to the expensive reference, once, within the budget."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from ase.io import read

from argyro.platform.common.errors import ArgyroError
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.committee import Teacher, TeacherOptions
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning import teacher_loop
from argyro.platform.learning.options import LearningOptions
from argyro.platform.structures.crystal.bulk import build_bulk

HERE = Path(__file__).parent
EXPENSIVE = LabelSource(source="ase", factory=f"{HERE / 'mtp_reference.py'}:make")
BUDGET = 15
OPTIONS = LearningOptions(
    levels=(4,),
    temperatures_K=(600.0,),
    exploration_ps=0.2,
    first_exploration_ps=0.2,
    training_iterations=40,
    rounds_per_level=1,
    picks_per_round=3,
)


@dataclass(frozen=True)
class FakeTeacher(Teacher):
    """A committee that needs no training; only the first of them doubts frames."""

    share: float = 0.0

    def source(self) -> LabelSource:
        factory = f"{HERE / 'committee_reference.py'}:make"
        return LabelSource(source="ase", factory=factory, kwargs={"share": self.share}, doubt_eV_A=self.doubt_eV_A)


@pytest.fixture
def lessons(monkeypatch):
    """Numbers of frames that teachers were trained on, in turn."""
    seen = []

    def train(frames, options, workdir):
        seen.append(len(frames))
        return FakeTeacher((), 50.0, 1.0, 0.1, 0.2, len(frames), 2, share=0.16 if len(seen) == 1 else 0.001)

    monkeypatch.setattr(teacher_loop, "train_teacher", train)
    return seen


@pytest.fixture
def structures():
    return [build_bulk("Li6PS5Cl", 0.5, seed=1)]


def test_doubtful_frames_go_back_until_there_are_none(lessons, structures, tmp_path):
    with Labeller(EXPENSIVE) as labeller:
        result = teacher_loop.learn_taught(structures, OPTIONS, TeacherOptions(), BUDGET, labeller, tmp_path)
    expensive = read(result.expensive, index=":")
    assert 5 < lessons[0] <= 9 and lessons[-1] <= len(expensive) <= BUDGET  # implausible labels teach nothing
    assert result.teachers[0]["doubtful"] > 0 == result.teachers[-1]["doubtful"]
    assert {frame.info["label_source"] for frame in expensive} == {EXPENSIVE.label_source}
    (sources,) = {frame.info["label_source"] for frame in read(result.learned.training_set_path, index=":")}
    assert sources == result.teacher.source().label_source


@pytest.mark.slow
def test_no_expensive_label_is_taken_twice(lessons, structures, tmp_path):
    taken = []

    class Counting(Labeller):
        def label(self, frames, progress=None):
            if len(taken) == 5:
                raise KeyboardInterrupt
            taken.append(frames[0])
            return super().label(frames, progress)

    with Counting(EXPENSIVE) as labeller, pytest.raises(KeyboardInterrupt):
        teacher_loop.learn_taught(structures, OPTIONS, TeacherOptions(), BUDGET, labeller, tmp_path)
    with Labeller(EXPENSIVE) as labeller:
        result = teacher_loop.learn_taught(structures, OPTIONS, TeacherOptions(), BUDGET, labeller, tmp_path)
    first = len(read(result.expensive, index=":"))
    with Labeller(EXPENSIVE) as labeller:
        again = teacher_loop.learn_taught(structures, OPTIONS, TeacherOptions(), BUDGET, labeller, tmp_path)
        assert labeller.seconds_spent == 0.0
    assert len(read(again.expensive, index=":")) == first


def test_a_teacher_below_the_gate_ends_the_learning(structures, tmp_path, monkeypatch):
    def refuse(frames, options, workdir):
        raise ArgyroError("the teacher has a force error of 300 meV/Å")

    monkeypatch.setattr(teacher_loop, "train_teacher", refuse)
    with Labeller(EXPENSIVE) as labeller, pytest.raises(ArgyroError, match="300 meV"):
        teacher_loop.learn_taught(structures, OPTIONS, TeacherOptions(), BUDGET, labeller, tmp_path)
