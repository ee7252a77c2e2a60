"""Learns the potential of one family of compositions."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from argyro.campaigns.stages import StageDefinition
from argyro.campaigns.stages.structure import read_structure
from argyro.platform.execution import StageContext

POTENTIAL, ACTIVE_SET = "potential.mtp", "potential.active_set.txt"
TRAINING_SET, CURVE, PARITY = "training_set.extxyz", "learning.png", "parity.png"


def run(context: StageContext) -> dict:
    """Inputs: labels (identity), options. Settings: labels (how to run the reference). Parents: structures."""
    from argyro.platform.labels.labeller import Labeller
    from argyro.platform.labels.source import LabelSource
    from argyro.platform.learning.loop import learn

    def tell(summary: dict) -> None:
        words = f"round {summary['round']}, level {summary['level']}, {summary['labels']} labels"
        context.progress(summary["labels"] / options.max_labels, words)

    structures = [read_structure(folder) for _, folder in sorted(context.parents.items())]
    options = learning_options(context.inputs["options"])
    with Labeller(LabelSource(**context.settings["labels"])) as labeller:
        learned = learn(structures, options, labeller, context.unfinished, progress=tell, cores=context.cores)
    shutil.copy(learned.mtp_path, context.workdir / POTENTIAL)
    shutil.copy(learned.active_set_path, context.workdir / ACTIVE_SET)
    shutil.copy(learned.training_set_path, context.workdir / TRAINING_SET)
    _draw(learned, context.workdir)
    return _result(learned.rounds)


def learning_options(inputs: Mapping):
    """Options of the learning from an item's inputs; JSON knows no tuples, the options do."""
    from argyro.platform.learning.options import LearningOptions

    return LearningOptions(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in inputs.items()}
    )


def _draw(learned, workdir: Path) -> None:
    from argyro.platform.learning.plots import plot_parity, plot_rounds
    from argyro.platform.learning.rounds import read_frames
    from argyro.platform.potential.potential import MTP

    plot_rounds(learned.rounds, workdir / CURVE)
    plot_parity(MTP.read(learned.mtp_path), read_frames(learned.training_set_path), workdir / PARITY)


def _result(rounds: list[dict]) -> dict:
    names = sorted({name for entry in rounds for name, value in entry.items() if type(value) in (int, float)})
    series = {name: [entry.get(name) for entry in rounds] for name in names}
    return {
        "rounds": rounds,
        "metrics": {name: _last(values) for name, values in series.items()},
        "series": {f"round_{name}": values for name, values in series.items()},
        "artifacts": [CURVE, PARITY, POTENTIAL, ACTIVE_SET],
    }


def _last(values: list) -> float:
    """The last value there is: rounds of different kinds measure different things."""
    return next(value for value in reversed(values) if value is not None)


LEARN = StageDefinition("learn", 1, run, hosted=True)
