"""Run molecular dynamics; where the potential fails, extend the potential and repeat the run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ase import Atoms
from pydantic import ConfigDict, SerializerFunctionWrapHandler, model_serializer

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages.continued_run import TRAJECTORY, keep_state, restore_state
from argyro.campaigns.pipeline.stages.extend import Extension
from argyro.campaigns.pipeline.stages.learn import ACTIVE_SET, CURVE, LEARN, POTENTIAL, Round, members, potential_of
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, read_structure, structure_of
from argyro.campaigns.spec.material import Cell
from argyro.campaigns.spec.schema import Dynamics, Labels
from argyro.campaigns.workload.run_lengths import expected_ps
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.dynamics.md.continuation import Judgement, Until
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked, Unfinished

if TYPE_CHECKING:
    from argyro.platform.learning.loop import LearningResult

LEAST_SHARE = 0.25  # of the length asked for, from which a run that extrapolates for good still counts
SHARE_OF_LIMIT = 0.9  # of the item's time limit, after which a run saves itself for the next task


class MDInputs(Contract):
    """Decide a run.

    Args:
        conditions: cell, temperature and length.
        equilibrate_ps: before the production.
        timestep_fs: of the integration.
        frame_every_fs: between the frames of the trajectory.
        precision: of the potential.
        extensions: largest number of extensions of the potential on account of this run.
        member: of the potential's ensemble.
        seed: of the velocities.
        until: end of a run that lengthens itself; None for a fixed length.
    """

    conditions: RunConditions
    equilibrate_ps: float
    timestep_fs: float
    frame_every_fs: float
    precision: Literal["mixed", "double"] = "double"
    extensions: int
    member: int
    seed: int
    until: Until | None = None

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out an absent `until` and double precision, so that runs of a fixed length keep their keys."""
        absent = {"until": None, "precision": "double"}
        return {name: value for name, value in handler(self).items() if value != absent.get(name, ...)}

    @property
    def cell(self) -> Cell:
        """Simulated cell."""
        return self.conditions.cell


class LammpsSettings(Contract):
    """Name the `lmp` to use, and how to run the reference for extensions of the potential."""

    lammps: str | None = None
    pair_style: str | None = None
    launcher: str | None = None
    labels: Labels = Labels()


class Production(Contract):
    """Hold means over a whole production; see `dynamics.md.production.Production.summary`."""

    model_config = ConfigDict(extra="ignore")

    atoms: int
    temperature_K: float
    temperature_sigma_K: float
    kinetic_p_value: float | None
    pressure_GPa: float
    potential_energy_eV_atom: float
    conserved_drift_meV_atom_ns: float | None
    volume_A3: float
    density_g_cm3: float
    cell_A: tuple[tuple[float, float, float], ...]
    produced_ps: float
    pieces: int
    equilibrated: bool


class CutShort(Contract):
    """Hold the usable length of a run that its potential ended, and the error."""

    production_ps: float
    stopped: str


class MDResult(StageResult):
    """Hold what a run gave.

    Args:
        production: means of a whole run.
        cut_short: in their place for a run that its potential ended.
        judgements: of a run that lengthens itself, one for each length.
        extensions: number of extensions of the potential.
        rounds: of the last extension.
        notes: warnings.
    """

    production: Production | None
    cut_short: CutShort | None = None
    judgements: tuple[Judgement, ...] = ()
    extensions: int = 0
    rounds: tuple[Round, ...] = ()
    notes: tuple[Note, ...] = ()

    def tracked(self) -> Tracked:
        """Select the means and the number of extensions."""
        part = self.production or self.cut_short
        assert part is not None  # one of the two
        metrics = {name: value for name, value in part if type(value) in (int, float)}
        metrics["extensions"] = self.extensions
        if self.extensions:
            metrics["extension_labels"] = self.rounds[-1]["labels"]
        return Tracked(metrics, artifacts=[CURVE, POTENTIAL, ACTIVE_SET] if self.extensions else [])


def run(context: StageContext[MDInputs, LammpsSettings]) -> MDResult:
    """Run, and repeat with an extended potential after a break."""
    inputs, potential = context.inputs, context.parent("potential", LEARN)
    atoms, kelvin = read_structure(context.parent("structure", STRUCTURE).folder), inputs.conditions.temperature_K
    labels = context.settings.labels
    extension = Extension(context, potential, inputs.member, atoms, kelvin, inputs.extensions, labels)
    while True:
        folder, learned = context.unfinished / f"run-{extension.number}", extension.learned()
        if not extension.number and inputs.until:
            restore_state(context, folder)
        production, judgements, broken = _run(context, atoms, learned, folder)
        if broken is None or not extension.allowed:
            break
        extension.begin(folder)
    times, notes, cut_short = extension.number, [], None
    if times:
        notes.append(Note(code="potential-extended", detail=f"{times} time{'s' * (times > 1)}"))
    if broken is not None:
        cut_short, note = _cut_short(inputs.conditions.length_ps, folder / TRAJECTORY, broken)
        notes.append(note)
    elif inputs.until:
        notes += _lengthened(judgements, inputs.until)
        if not times:  # an extended potential starts again
            keep_state(folder, context.workdir)
    shutil.copy(folder / TRAJECTORY, context.workdir / TRAJECTORY)
    return MDResult(
        production=production,
        cut_short=cut_short,
        judgements=tuple(judgements),
        extensions=times,
        rounds=extension.keep(learned),
        notes=notes,
    )


def _run(
    context: StageContext[MDInputs, LammpsSettings], atoms: Atoms, learned: LearningResult, folder: Path
) -> tuple[Production | None, list[Judgement], ArgyroError | None]:
    """Return the means of a whole run with its judgements, or the error of a run that its potential ended."""
    from argyro.platform.dynamics.md.continuation import run_until
    from argyro.platform.dynamics.md.run_monitor import PotentialFailedError
    from argyro.platform.dynamics.md.settings import MDSettings
    from argyro.platform.dynamics.md.simulation import run_md

    inputs, here = context.inputs, context.settings
    settings = MDSettings(
        temperature_K=inputs.conditions.temperature_K,
        equilibrate_ps=inputs.equilibrate_ps,
        production_ps=inputs.conditions.length_ps,
        timestep_fs=inputs.timestep_fs,
        frame_every_fs=inputs.frame_every_fs,
        precision=inputs.precision,
        seed=inputs.seed,
        lammps=here.lammps,
        launcher=here.launcher,
        wall_time_s=context.limit_s and SHARE_OF_LIMIT * context.limit_s,
        ranks=1 if here.lammps else context.cores,  # another lmp brings its own MPI, and so its launcher
    )
    potential = learned.mtp_path
    other = here.pair_style and _other_pair_style(here.pair_style, potential, atoms)
    how: dict[str, Any] = {"active_set_path": learned.active_set_path, "pair_commands": other}
    judgements: list[Judgement] = []
    try:
        if inputs.until is None:
            finished = run_md(atoms, potential, settings, folder, **how)
        else:
            axes = ("xyz",) if inputs.conditions.is_bulk else ("xy", "z")
            finished, judgements = run_until(atoms, potential, settings, folder, inputs.until, axes, **how)
    except PotentialFailedError as error:
        return None, [], error
    if not finished.complete:
        raise Unfinished(f"saved in time: {finished.summary}")
    return Production(**finished.summary), judgements, None


def _lengthened(judgements: Sequence[Judgement], until: Until) -> list[Note]:
    """Describe how a run was lengthened; nothing for one whose first length was enough."""
    first, last = judgements[0], judgements[-1]
    lengths = f"{first.length_ps:g} to {last.length_ps:g} ps"
    if last.satisfies(until):
        return [Note(code="run-lengthened", detail=lengths)] if len(judgements) > 1 else []
    error = "" if last.relative_error is None else f", relative error {last.relative_error:.0%}"
    return [Note(code="run-budget-ended", detail=f"{lengths}, {last.standing}{error}")]


def _cut_short(asked_ps: float, trajectory: Path, error: ArgyroError) -> tuple[CutShort, Note]:
    """Describe a run that its potential ended, if it is long enough to be used.

    Raises:
        PotentialFailedError: the given error, if it is too short, or if it ended otherwise.
    """
    from argyro.platform.potential.native.lammps_commands import BREAK_MARKER

    done_ps = _recorded_ps(trajectory)
    if BREAK_MARKER not in str(error) or done_ps < LEAST_SHARE * asked_ps:
        raise error
    note = Note(code="run-cut-short", detail=f"{done_ps:.0f} of {asked_ps:g} ps")
    return CutShort(production_ps=done_ps, stopped=str(error)), note


def _recorded_ps(trajectory: Path) -> float:
    """Return the length of a trajectory; 0 for a run that ended before its first frame."""
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory

    try:
        return Trajectory.read(trajectory).duration_ps
    except (InputError, FileNotFoundError):
        return 0.0


def _other_pair_style(pair_style: str, potential: Path, atoms: Atoms) -> list[str]:
    """Write the LAMMPS lines for a pair style of the user's own `lmp` that reads the same potential file."""
    from argyro.platform.dynamics.md.lammps_input import species_order

    return [f"pair_style {pair_style}", f"pair_coeff * * {potential} {' '.join(species_order(atoms))}"]


MD = Stage("md", 5, run, MDInputs, MDResult)


def share_of_usual(md: Dynamics, run: RunConditions) -> float:
    """Compute the expected length of a run relative to production_ps, equilibration included."""
    return (md.equilibrate_ps + expected_ps(md, run.length_ps)) / (md.equilibrate_ps + md.production_ps)


def seed_of(draft: Draft, run: RunConditions) -> int:
    """Derive the seed of a run; runs of different lengths are independent."""
    usual = run.length_ps == draft.campaign.md.production_ps
    return 1 + draft.campaign.seed + 1000 * run.realisation + (0 if usual else round(run.length_ps))


def add_md(draft: Draft, run: RunConditions) -> str:
    """Add a run; returns the name of its node."""
    campaign = draft.campaign
    md = campaign.md
    inputs = MDInputs(
        conditions=run,
        equilibrate_ps=md.equilibrate_ps,
        timestep_fs=md.timestep_fs,
        frame_every_fs=md.frame_every_fs,
        precision=md.precision,
        extensions=md.extensions,
        member=run.realisation % members(campaign),
        seed=seed_of(draft, run),
        until=Until(md.until.relative_error, md.until.max_ps) if md.until else None,
    )
    return draft.add(
        MD,
        draft.label(run),
        inputs,
        parents={"structure": [structure_of(run)], "potential": [potential_of(campaign, run.cell.material)]},
        params={**run_params(run), "production_ps": run.length_ps},
        settings=LammpsSettings(
            lammps=md.lammps, pair_style=md.pair_style, launcher=md.launcher, labels=campaign.labels
        ),
        cost=share_of_usual(md, run) * draft.costs.dynamics(campaign, run.cell),
    )


def run_params(run: RunConditions) -> dict[str, object]:
    """Return the columns that describe a run in MLflow."""
    return {**run.cell.facts, "temperature_K": run.temperature_K, "realisation": run.realisation}
