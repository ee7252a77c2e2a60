"""Learns the potential of one family of compositions."""

from __future__ import annotations

import shutil
from pathlib import Path

from argyro.campaigns.stages import StageDefinition
from argyro.campaigns.stages.structure import read_structure
from argyro.platform.execution import StageContext

POTENTIAL, ACTIVE_SET, TRAINING_SET = "potential.mtp", "active_set.npz", "training_set.extxyz"


def run(context: StageContext) -> dict:
    """Inputs: labels (identity), options of the learning; settings: labels (how to run the reference). Parents: structures."""
    from argyro.platform.labels.labeller import Labeller
    from argyro.platform.labels.source import LabelSource
    from argyro.platform.learning.loop import learn
    from argyro.platform.learning.options import LearningOptions

    structures = [read_structure(folder) for folder in context.parents.values()]
    options = LearningOptions(**_tuples(context.inputs["options"]))
    with Labeller(LabelSource(**context.settings["labels"])) as labeller:
        learned = learn(structures, options, labeller, context.workdir / "rounds", progress=context.progress)
    for source, name in (
        (learned.mtp_path, POTENTIAL),
        (learned.active_set_path, ACTIVE_SET),
        (learned.training_set_path, TRAINING_SET),
    ):
        shutil.copy(source, context.workdir / name)
    shutil.rmtree(context.workdir / "rounds")
    return _result(learned.rounds, context.workdir)


def _tuples(options: dict) -> dict:
    """JSON knows no tuples, the options do."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def _result(rounds: list[dict], workdir: Path) -> dict:
    from argyro.campaigns.figures import learning_curve

    learning_curve(rounds, workdir / "learning_curve.png")
    last = rounds[-1]
    numbers = {name for name, value in last.items() if isinstance(value, (int, float)) and not isinstance(value, bool)}
    return {
        "rounds": rounds,
        "metrics": {name: last[name] for name in sorted(numbers)},
        "series": {name: [entry.get(name) for entry in rounds] for name in sorted(numbers)},
        "artifacts": ["learning_curve.png", POTENTIAL],
    }


LEARN = StageDefinition("learn", 1, run, hosted=True)
