"""The potentials of one MD item: its family's, and those extended on account of this run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from argyro.campaigns.pipeline.learn import (
    ACTIVE_SET,
    CURVE,
    POTENTIAL,
    TRAINING_SET,
    active_set_file,
    learning_options,
    potential_file,
)
from argyro.campaigns.pipeline.structure import read_structure
from argyro.campaigns.spec.label_source import reference, taught_source
from argyro.platform.execution.task import StageContext

FRAMES = "frames.extxyz"


class Extension:
    """Extends the potential by the frames that broke the run; what it knows is on disk, so a killed item goes on.

    Extended potentials stay with the item: runs of one family stay independent of each other and of their order.

    Args:
        context: of the MD item.
    """

    def __init__(self, context: StageContext):
        self.context = context
        self.number = len(list(context.unfinished.glob(f"extension-*/{FRAMES}")))

    @property
    def allowed(self) -> bool:
        """Whether the potential may be extended once more."""
        return self.number < int(self.context.inputs["extensions"])

    def begin(self, run: Path) -> None:
        """Take up the frames on which a run extrapolated, for the next extension.

        There need not be any: a run may fail at low grades. The extension then explores the run's cell all the same.
        """
        from argyro.platform.dynamics.md.simulation import EXTRAPOLATING
        from argyro.platform.learning.explore import graded_frames
        from argyro.platform.learning.round_store import write_frames

        _, frames = graded_frames(self._structure, run / EXTRAPOLATING)
        for frame in frames:
            frame.info |= {"structure": 0, "made_by": f"production at {self._temperature_K:g} K"}
        folder = self._folder(self.number + 1)
        folder.mkdir(exist_ok=True)
        write_frames(folder / FRAMES, frames)
        (folder / FRAMES).touch()  # without frames, too, the file says that the extension has begun
        self.number += 1

    def learned(self):
        """Potential for the next run: the family's, extended as often as was needed so far."""
        from argyro.platform.labels.client import Labeller
        from argyro.platform.learning.loop import LearningResult

        parent = self.context.parents["potential"]
        member = int(self.context.inputs["member"])
        learned = LearningResult(
            parent / potential_file(member), parent / active_set_file(member), parent / TRAINING_SET, []
        )
        if self.number:
            with Labeller(taught_source(parent) or reference(self.context.settings["labels"])) as labeller:
                for number in range(1, self.number + 1):
                    learned = self._extend(learned, number, labeller)
        return learned

    def _extend(self, learned, number: int, labeller):
        from argyro.platform.learning.extend import extend, extension_options
        from argyro.platform.learning.round_store import read_frames

        asked = json.loads((self.context.parents["potential"] / "item.json").read_text())["inputs"]["options"]
        options = extension_options(learning_options(asked), self._temperature_K)
        folder = self._folder(number)
        return extend(
            learned,
            read_frames(folder / FRAMES),
            [self._structure],
            options,
            labeller,
            folder / "learning",
            lambda summary: self.context.progress(0.0, f"extension {number}, {summary['labels']} labels"),
            self.context.cores,
        )

    def keep(self, learned) -> dict:
        """Copy the last extended potential, its training set and curve to the item; returns what its result says."""
        from argyro.platform.learning.plots import plot_rounds

        if not self.number:
            return {"metrics": {"extensions": 0}, "artifacts": []}
        for path, name in (
            (learned.mtp_path, POTENTIAL),
            (learned.active_set_path, ACTIVE_SET),
            (learned.training_set_path, TRAINING_SET),
        ):
            shutil.copy(path, self.context.workdir / name)
        plot_rounds(learned.rounds, self.context.workdir / CURVE)
        metrics = {"extensions": self.number, "extension_labels": learned.rounds[-1]["labels"]}
        return {
            "rounds": learned.rounds,
            "metrics": metrics,
            "artifacts": [CURVE, POTENTIAL, ACTIVE_SET],
        }

    def _folder(self, number: int) -> Path:
        return self.context.unfinished / f"extension-{number}"

    @property
    def _temperature_K(self) -> float:
        return float(self.context.inputs["temperature_K"])

    @property
    def _structure(self):
        return read_structure(self.context.parents["structure"])
