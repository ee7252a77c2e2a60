"""Learn the potential of one family of compositions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase import Atoms

from argyro.campaigns.pipeline.draft import Draft, LabelIdentity
from argyro.campaigns.pipeline.families import family_of_composition
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, learning_cells, learning_name, read_structure
from argyro.campaigns.spec.label_source import TEACHER, TEACHER_REPORT, known_checksums, known_count, reference
from argyro.campaigns.spec.material import BULK, Material
from argyro.campaigns.spec.schema import Campaign, Labels
from argyro.campaigns.workload.atom_counts import bulk_atoms, md_atoms
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.atomic_files import write_json
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.verdict import Verdict, with_true_reason

if TYPE_CHECKING:
    from argyro.platform.labels.source import LabelSource
    from argyro.platform.learning.loop import LearningResult

POTENTIAL, ACTIVE_SET = "potential.mtp", "potential.active_set.txt"
TRAINING_SET, EXPENSIVE = "training_set.extxyz", "expensive.extxyz"
CURVE, PARITY, GRADES = "learning.png", "parity.png", "grades.png"
# The potential is learned above the hottest run, so that rare events of that run do not extrapolate.
HOTTER = 1.3

Round = dict[str, Any]  # summary of a round, see docs/learning.md for the keys


class LearnInputs(Contract):
    """Decide a potential.

    Args:
        labels: identity of the reference.
        known: checksums of the files of known labels.
        options: of the learning.
        ensemble: number of potentials.
        target_ps: length of the MD runs that end the ladder of levels; None for none.
        target_K: their temperature.
        require: converged, to fail without a converged potential, or any.
    """

    labels: LabelIdentity
    options: LearningOptions
    ensemble: int
    known: tuple[str, ...] = ()
    target_ps: float | None = None
    target_K: float | None = None
    require: str = "any"


class TeacherReport(Contract):
    """Hold the errors of a committee; see `labels.committee.Teacher`."""

    numbers: dict[str, float | int | None]
    rounds: list[dict[str, Any]]


class LearnResult(StageResult):
    """Hold the rounds of the learning, its verdict, and the report of a teacher if there was one."""

    rounds: list[Round]
    verdict: Verdict
    teacher: TeacherReport | None = None

    def tracked(self) -> Tracked:
        """Select the numbers of each round, and the last of each."""
        series = round_series(self.rounds)
        metrics: dict[str, float | None] = {name: _last(values) for name, values in series.items()}
        metrics |= self.verdict.metrics
        artifacts = [CURVE, PARITY, GRADES, POTENTIAL, ACTIVE_SET]
        if self.teacher:
            metrics |= {f"teacher_{name}": value for name, value in self.teacher.numbers.items()}
            artifacts.append(TEACHER_REPORT)
        named, params = {f"round_{name}": values for name, values in series.items()}, {"converged": "no"}
        if self.verdict.converged:
            params["converged"] = "yes"
        return Tracked(metrics, named, params, artifacts)

    @property
    def warning(self) -> str:
        """Say why the potential did not converge; empty if it did."""
        return with_true_reason(self.verdict, self.rounds).warning

    @property
    def labels(self) -> int:
        """Number of labels taken."""
        return self.rounds[-1].get("labels", 0)


def potential_file(member: int) -> str:
    """Name the potential of a member of the ensemble; the first is the one that was learned."""
    return f"potential-{member}.mtp" if member else POTENTIAL


def family_of(folder: Path) -> str:
    """Name the family of a potential by its elements: ``Cl-Li-P-S``."""
    from argyro.platform.potential.mtp.model import MTP

    return "-".join(sorted(MTP.read(folder / POTENTIAL).species))


def active_set_file(member: int) -> str:
    """Name the active set of a member."""
    return f"potential-{member}.active_set.txt" if member else ACTIVE_SET


def run(context: StageContext[LearnInputs, Labels]) -> LearnResult:
    """Learn the potential, then fit the other members of the ensemble."""
    from argyro.platform.learning.ensemble import train_ensemble
    from argyro.platform.learning.round_store import read_frames
    from argyro.platform.potential.mtp.model import MTP

    structures = [read_structure(parent.folder) for parent in context.parents("structures", STRUCTURE)]
    options = context.inputs.options

    def tell(summary: Round) -> None:
        words = f"round {summary['round']}, level {summary['level']}, {summary['labels']} labels"
        context.progress(summary["labels"] / options.max_labels, words)

    learn_it = _learn_taught if context.settings.teacher else _learn
    learned, teacher = learn_it(context, structures, tell)
    assert learned.verdict is not None  # only an adopted potential has none
    if learned.verdict.warning and context.inputs.require == "converged":
        raise ArgyroError(f"{learned.verdict.warning} Raise that limit, or set potential.require: any.")
    frames = read_frames(learned.training_set_path)
    folder, more = context.unfinished / "ensemble", context.inputs.ensemble - 1
    others = train_ensemble(MTP.read(learned.mtp_path), frames, structures, options, more, folder)
    for member, (potential, active_set) in enumerate([(learned.mtp_path, learned.active_set_path), *others]):
        shutil.copy(potential, context.workdir / potential_file(member))
        shutil.copy(active_set, context.workdir / active_set_file(member))
    shutil.copy(learned.training_set_path, context.workdir / TRAINING_SET)
    _draw(learned, frames, options, context.workdir)
    return LearnResult(rounds=learned.rounds, verdict=learned.verdict, teacher=teacher)


def labeller_source(labels: Labels) -> LabelSource:
    """Name the reference that a person asked for."""
    return reference(labels.model_dump(mode="json"))


def _learn(
    context: StageContext[LearnInputs, Labels], structures: list[Atoms], tell: Callable[[Round], None]
) -> tuple[LearningResult, TeacherReport | None]:
    from argyro.platform.labels.client import Labeller
    from argyro.platform.learning.existing_labels import read_known
    from argyro.platform.learning.loop import learn
    from argyro.platform.learning.target_property import TargetDiffusivity

    inputs, target = context.inputs, None
    if inputs.target_ps is not None and inputs.target_K is not None:
        bulk = next(atoms for atoms in structures if atoms.info["boundary"] == BULK)
        folder = context.unfinished / "target"
        target = TargetDiffusivity(bulk, inputs.target_K, inputs.target_ps, folder, inputs.options.seed)
    elements = {symbol for atoms in structures for symbol in atoms.symbols}
    known = read_known(_known_files(context), elements)
    with Labeller(labeller_source(context.settings), context.unfinished / "labels") as labeller:
        folder = context.unfinished / "rounds"
        return learn(structures, inputs.options, labeller, folder, tell, target, context.cores, known), None


def _known_files(context: StageContext[LearnInputs, Labels]) -> list[str]:
    """Return the files of known labels with which the learning began; a resumed learning takes the same."""
    first = context.unfinished / "known.json"
    if not first.exists():
        write_json(first, context.settings.known)
    return json.loads(first.read_text())


def _learn_taught(
    context: StageContext[LearnInputs, Labels], structures: list[Atoms], tell: Callable[[Round], None]
) -> tuple[LearningResult, TeacherReport | None]:
    """Learn from a teacher, which is stored with its expensive labels."""
    from argyro.platform.labels.client import Labeller
    from argyro.platform.labels.committee import TeacherOptions
    from argyro.platform.learning.teacher_loop import learn_taught

    asked, options = context.settings.teacher, context.inputs.options
    assert asked is not None  # `run` has checked it
    teaching = TeacherOptions(
        foundation=asked.foundation,
        channels=asked.channels,
        epochs=asked.epochs,
        max_force_error_meV_A=asked.max_force_error_meV_A,
        seed=options.seed,
    )
    with Labeller(labeller_source(context.settings), context.unfinished / "labels") as labeller:
        taught = learn_taught(
            structures, options, teaching, asked.frames, labeller, context.unfinished, tell, context.cores
        )
    for member, model in enumerate(taught.teacher.models):
        shutil.copy(model, context.workdir / TEACHER.format(member))
    shutil.copy(taught.expensive, context.workdir / EXPENSIVE)
    report = taught.teacher.to_json() | {"members": len(taught.teacher.models)}
    (context.workdir / TEACHER_REPORT).write_text(json.dumps(report, indent=1))
    return taught.learned, TeacherReport(numbers=report, rounds=taught.teachers)


def _draw(learned: LearningResult, frames: list[Atoms], options: LearningOptions, workdir: Path) -> None:
    from argyro.platform.learning.plots import plot_grades, plot_parity, plot_rounds
    from argyro.platform.learning.round_store import RoundStore, read_traces
    from argyro.platform.potential.mtp.model import MTP

    folders = RoundStore(learned.training_set_path.parent).folders
    traces = [found for folder in folders if (found := read_traces(folder))]
    plot_rounds(learned.rounds, workdir / CURVE)
    plot_parity(MTP.read(learned.mtp_path), frames, workdir / PARITY)
    plot_grades(traces, options, workdir / GRADES)


def round_series(rounds: list[Round]) -> dict[str, list[float | None]]:
    """List each number by round, None where a round has none: of grades each quantile, of times the shortest."""
    flat = [_flat(entry) for entry in rounds]
    return {name: [entry.get(name) for entry in flat] for name in sorted(set().union(*flat))}


def _flat(entry: Round) -> dict[str, float]:
    numbers = {name: value for name, value in entry.items() if type(value) in (int, float)}
    numbers |= {f"grade_{name}": value for name, value in entry["grades"].items()}
    if "target" in entry:
        numbers["target_cm2_s"] = entry["target"]["value"]
    times_ps = entry["exploration_ps_until_break"]
    return numbers | ({"shortest_exploration_ps": min(times_ps)} if times_ps else {})


def _last(values: list[float | None]) -> float:
    """Return the last value there is: rounds of different kinds measure different things."""
    return next(value for value in reversed(values) if value is not None)


LEARN = Stage("learn", 5, run, LearnInputs, LearnResult, hosted=True)


def potential_of(campaign: Campaign, material: Material) -> str:
    """Name the node that learns a material's potential."""
    return f"{LEARN.name}/{family_of_composition(campaign, material.composition)}"


def known_labels(campaign: Campaign, materials: list[Material]) -> int:
    """Count the known labels that a family begins with."""
    from argyro.platform.structures.crystal.composition import Composition

    elements = {element for material in materials for element in Composition.parse(material.composition).elements}
    return known_count(campaign.labels.model_dump(), elements)


def add_potential(draft: Draft, family: str, materials: list[Material]) -> None:
    """Add the learning of a family's potential in its bulk cells and boundaries."""
    campaign = draft.campaign
    potential, labels, supercell = campaign.potential, campaign.labels, campaign.structures.learning_supercell
    cells = learning_cells(campaign, materials)
    names = [learning_name(campaign, cell) for cell in cells]
    atoms = [
        bulk_atoms(cell.material.composition, supercell) if cell.boundary.is_bulk else md_atoms(campaign, cell)
        for cell in cells
    ]
    inputs = LearnInputs(
        labels=draft.labels,
        options=_options(campaign),
        ensemble=members(campaign),
        require=potential.require,
        known=tuple(known_checksums(labels.model_dump())),
        target_ps=potential.target_ps,
        target_K=max(campaign.temperatures_K) if potential.target_ps else None,
    )
    draft.add(
        LEARN,
        family,
        inputs,
        parents={"structures": sorted(set(names))},
        params={"family": family, "label_source": labels.source, "levels": potential.levels},
        settings=labels,
        cost=draft.costs.learning(campaign, atoms, known_labels(campaign, materials)),
    )


def members(campaign: Campaign) -> int:
    """Number of potentials of a family: more than realisations of the MD would serve no run."""
    return min(campaign.potential.ensemble, campaign.md.realisations)


def _options(campaign: Campaign) -> LearningOptions:
    potential = campaign.potential
    synthesis_K = [campaign.disorder.synthesis_temperature_K] if campaign.predicted else []
    range_K = (min(campaign.temperatures_K), HOTTER * max([*campaign.temperatures_K, *synthesis_K]))
    return LearningOptions(
        levels=tuple(potential.levels),
        cutoff_A=potential.cutoff_A,
        temperatures_K=potential.temperatures_K or range_K,
        exploration_ps=potential.explore_ps,
        max_labels=potential.max_labels,
        rounds_per_level=potential.max_rounds,
        seed=campaign.seed,
    )
