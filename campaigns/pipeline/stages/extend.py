"""Extend the potential of one MD item by the frames on which its run extrapolated."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase import Atoms

from argyro.campaigns.pipeline.stages.learn import (
    ACTIVE_SET,
    CURVE,
    POTENTIAL,
    TRAINING_SET,
    LearnInputs,
    LearnResult,
    Round,
    active_set_file,
    labeller_source,
    potential_file,
)
from argyro.campaigns.spec.label_source import taught_source
from argyro.campaigns.spec.schema import Labels
from argyro.platform.execution.stage import Parent, StageContext

if TYPE_CHECKING:
    from argyro.platform.labels.client import Labeller
    from argyro.platform.learning.loop import LearningResult

FRAMES = "frames.extxyz"


@dataclass
class Extension:
    """Extend the potential by the frames that broke the run; all state is on disk, so a killed item resumes.

    Extended potentials are stored with the item: runs of one family are independent of each other and of their order.

    Args:
        context: of the MD item.
        potential: of the family.
        member: of its ensemble.
        structure: cell of the run.
        temperature_K: of the run.
        most: largest number of extensions.
        labels: section of the campaign file, for the reference.
    """

    context: StageContext[Any, Any]
    potential: Parent[LearnInputs, LearnResult]
    member: int
    structure: Atoms
    temperature_K: float
    most: int
    labels: Labels
    number: int = field(init=False)

    def __post_init__(self) -> None:
        self.number = len(list(self.context.unfinished.glob(f"extension-*/{FRAMES}")))

    @property
    def allowed(self) -> bool:
        """Whether the potential may be extended once more."""
        return self.number < self.most

    def begin(self, run: Path) -> None:
        """Store the frames on which a run extrapolated, for the next extension.

        A run may fail at low grades and give no frames. The extension explores the run's cell all the same.
        """
        from argyro.platform.dynamics.md.extrapolating_frames import EXTRAPOLATING
        from argyro.platform.learning.explore import graded_frames
        from argyro.platform.learning.round_store import write_frames

        _, frames = graded_frames(self.structure, run / EXTRAPOLATING)
        for frame in frames:
            frame.info |= {"structure": 0, "made_by": f"production at {self.temperature_K:g} K"}
        folder = self._folder(self.number + 1)
        folder.mkdir(exist_ok=True)
        write_frames(folder / FRAMES, frames)
        (folder / FRAMES).touch()  # without frames, too, the file marks the begin of the extension
        self.number += 1

    def learned(self) -> LearningResult:
        """Return the potential for the next run: the family's, extended as often as was needed so far."""
        from argyro.platform.labels.client import Labeller
        from argyro.platform.learning.loop import LearningResult

        parent, member = self.potential.folder, self.member
        learned = LearningResult(
            parent / potential_file(member), parent / active_set_file(member), parent / TRAINING_SET, []
        )
        if self.number:
            with Labeller(taught_source(parent) or labeller_source(self.labels)) as labeller:
                for number in range(1, self.number + 1):
                    learned = self._extend(learned, number, labeller)
        return learned

    def _extend(self, learned: LearningResult, number: int, labeller: Labeller) -> LearningResult:
        from argyro.platform.learning.extend import extend, extension_options
        from argyro.platform.learning.round_store import read_frames

        folder = self._folder(number)
        return extend(
            learned,
            read_frames(folder / FRAMES),
            [self.structure],
            extension_options(self.potential.inputs.options, self.temperature_K),
            labeller,
            folder / "learning",
            lambda summary: self.context.progress(0.0, f"extension {number}, {summary['labels']} labels"),
            self.context.cores,
        )

    def keep(self, learned: LearningResult) -> list[Round]:
        """Copy the last extended potential, its training set and curve to the item; returns the rounds."""
        from argyro.platform.learning.plots import plot_rounds

        if not self.number:
            return []
        for path, name in (
            (learned.mtp_path, POTENTIAL),
            (learned.active_set_path, ACTIVE_SET),
            (learned.training_set_path, TRAINING_SET),
        ):
            shutil.copy(path, self.context.workdir / name)
        plot_rounds(learned.rounds, self.context.workdir / CURVE)
        return learned.rounds

    def _folder(self, number: int) -> Path:
        return self.context.unfinished / f"extension-{number}"
