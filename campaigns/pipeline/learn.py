"""Learns the potential of one family of compositions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from ase import Atoms

from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.pipeline.structure import read_structure
from argyro.campaigns.spec.label_source import TEACHER, TEACHER_REPORT, reference
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.task import StageContext

POTENTIAL, ACTIVE_SET = "potential.mtp", "potential.active_set.txt"
TRAINING_SET, EXPENSIVE = "training_set.extxyz", "expensive.extxyz"
CURVE, PARITY, GRADES = "learning.png", "parity.png", "grades.png"


def potential_file(member: int) -> str:
    """Name of the potential of a member of the ensemble; the first is the one that was learned."""
    return f"potential-{member}.mtp" if member else POTENTIAL


def active_set_file(member: int) -> str:
    """Name of its active set."""
    return f"potential-{member}.active_set.txt" if member else ACTIVE_SET


def run(context: StageContext) -> dict:
    """Learn, then fit the other members of the ensemble.

    Inputs: labels (identity), known (checksums), options, ensemble, target_ps, require. Settings: labels (how to run
    the reference, where known labels are). Parents: structures.
    """
    from argyro.platform.learning.ensemble import train_ensemble
    from argyro.platform.learning.round_store import read_frames
    from argyro.platform.potential.mtp.model import MTP

    structures = [read_structure(folder) for _, folder in sorted(context.parents.items())]
    options = learning_options(context.inputs["options"])

    def tell(summary: dict) -> None:
        words = f"round {summary['round']}, level {summary['level']}, {summary['labels']} labels"
        context.progress(summary["labels"] / options.max_labels, words)

    learn_it = _learn_taught if context.settings["labels"]["teacher"] else _learn
    learned, extra = learn_it(context, structures, options, tell)
    if learned.verdict.warning and context.inputs.get("require") == "converged":
        raise ArgyroError(f"{learned.verdict.warning} Raise that limit, or set potential.require: any.")
    frames = read_frames(learned.training_set_path)
    folder, members = context.unfinished / "ensemble", context.inputs["ensemble"] - 1
    others = train_ensemble(MTP.read(learned.mtp_path), frames, structures, options, members, folder)
    for member, (potential, active_set) in enumerate([(learned.mtp_path, learned.active_set_path), *others]):
        shutil.copy(potential, context.workdir / potential_file(member))
        shutil.copy(active_set, context.workdir / active_set_file(member))
    shutil.copy(learned.training_set_path, context.workdir / TRAINING_SET)
    _draw(learned, frames, options, context.workdir)
    return _result(learned, extra)


def learning_options(inputs: Mapping):
    """Options of the learning from an item's inputs; JSON knows no tuples, the options do."""
    from argyro.platform.learning.options import LearningOptions

    return LearningOptions(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in inputs.items()}
    )


def _learn(context: StageContext, structures: list[Atoms], options, tell: Callable[[dict], None]):
    from argyro.platform.labels.client import Labeller
    from argyro.platform.learning.existing_labels import read_known
    from argyro.platform.learning.loop import learn
    from argyro.platform.learning.target_property import TargetDiffusivity

    target, target_ps = None, context.inputs["target_ps"]
    if target_ps is not None:
        bulk = next(atoms for atoms in structures if atoms.info["boundary"] == "bulk")
        hottest_K = context.inputs["target_K"]
        target = TargetDiffusivity(bulk, hottest_K, target_ps, context.unfinished / "target", options.seed)
    elements = {symbol for atoms in structures for symbol in atoms.symbols}
    known = read_known(context.settings["labels"]["known"], elements)
    with Labeller(reference(context.settings["labels"])) as labeller:
        folder = context.unfinished / "rounds"
        return learn(structures, options, labeller, folder, tell, target, context.cores, known), {}


def _learn_taught(context: StageContext, structures: list[Atoms], options, tell: Callable[[dict], None]):
    """Learn from a teacher, which is kept with its expensive labels."""
    from argyro.platform.labels.client import Labeller
    from argyro.platform.labels.committee import TeacherOptions
    from argyro.platform.learning.teacher_loop import learn_taught

    asked = context.settings["labels"]["teacher"]
    names = ("foundation", "channels", "epochs", "max_force_error_meV_A")
    teaching = TeacherOptions(**{name: asked[name] for name in names}, seed=options.seed)
    with Labeller(reference(context.settings["labels"]), context.unfinished / "labels") as labeller:
        taught = learn_taught(
            structures, options, teaching, asked["frames"], labeller, context.unfinished, tell, context.cores
        )
    for member, model in enumerate(taught.teacher.models):
        shutil.copy(model, context.workdir / TEACHER.format(member))
    shutil.copy(taught.expensive, context.workdir / EXPENSIVE)
    report = taught.teacher.to_json() | {"members": len(taught.teacher.models)}
    (context.workdir / TEACHER_REPORT).write_text(json.dumps(report, indent=1))
    numbers = {f"teacher_{name}": value for name, value in report.items()}
    return taught.learned, {"teachers": taught.teachers, "metrics": numbers, "artifacts": [TEACHER_REPORT]}


def _draw(learned, frames: list[Atoms], options, workdir: Path) -> None:
    from argyro.platform.learning.plots import plot_grades, plot_parity, plot_rounds
    from argyro.platform.learning.round_store import RoundStore, read_traces
    from argyro.platform.potential.mtp.model import MTP

    folders = RoundStore(learned.training_set_path.parent).folders
    traces = [found for folder in folders if (found := read_traces(folder))]
    plot_rounds(learned.rounds, workdir / CURVE)
    plot_parity(MTP.read(learned.mtp_path), frames, workdir / PARITY)
    plot_grades(traces, options, workdir / GRADES)


def _result(learned, extra: Mapping) -> dict:
    series = round_series(learned.rounds)
    metrics = {name: _last(values) for name, values in series.items()} | learned.verdict.metrics
    return {
        "rounds": learned.rounds,
        "verdict": learned.verdict.to_json(),
        "notes": [learned.verdict.warning] if learned.verdict.warning else [],
        "params": {"converged": "yes" if learned.verdict.converged else "no"},
        **extra,
        "metrics": metrics | extra.get("metrics", {}),
        "series": {f"round_{name}": values for name, values in series.items()},
        "artifacts": [CURVE, PARITY, GRADES, POTENTIAL, ACTIVE_SET, *extra.get("artifacts", [])],
    }


def round_series(rounds: list[dict]) -> dict[str, list[float | None]]:
    """Name -> number of each round, None where a round has none: of grades each quantile, of times the shortest."""
    flat = [_flat(entry) for entry in rounds]
    return {name: [entry.get(name) for entry in flat] for name in sorted(set().union(*flat))}


def _flat(entry: dict) -> dict[str, float]:
    numbers = {name: value for name, value in entry.items() if type(value) in (int, float)}
    numbers |= {f"grade_{name}": value for name, value in entry["grades"].items()}
    if "target" in entry:
        numbers["target_cm2_s"] = entry["target"]["value"]
    times_ps = entry["exploration_ps_until_break"]
    return numbers | ({"shortest_exploration_ps": min(times_ps)} if times_ps else {})


def _last(values: list) -> float:
    """The last value there is: rounds of different kinds measure different things."""
    return next(value for value in reversed(values) if value is not None)


LEARN = StageDefinition("learn", 4, run, hosted=True)
