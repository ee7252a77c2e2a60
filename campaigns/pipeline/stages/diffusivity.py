"""Measure the diffusivities of one run; for a boundary cell also those of the boundary, with a bulk run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from ase import Atoms
from pydantic import BeforeValidator, Field, PlainSerializer

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages import boundary_cell
from argyro.campaigns.pipeline.stages.md import MD, TRAJECTORY, run_params, seed_of, share_of_usual
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, read_structure, structure_of
from argyro.campaigns.spec.material import Cell
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import NM_IN_A
from argyro.platform.dynamics.boundaries.slab_profile import SlabProfile
from argyro.platform.dynamics.diffusion.haven_ratio import Collective
from argyro.platform.dynamics.diffusion.run_length_bias import StretchPair
from argyro.platform.dynamics.diffusion.run_observation import RunObservation
from argyro.platform.dynamics.diffusion.tracer import Diffusivity
from argyro.platform.dynamics.sites.jump_rates import JumpRates
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked
from argyro.surrogates.data.excess import Excess

MSD_PICTURE = "msd.png"
DENSITY_CUBE, DENSITY_PICTURE = "density.cube", "density.png"
PARALLEL, PERPENDICULAR, BULK = "parallel", "perpendicular", "bulk"

Profile = Annotated[
    SlabProfile,
    BeforeValidator(lambda value: value if isinstance(value, SlabProfile) else SlabProfile.from_json(value)),
    PlainSerializer(lambda profile: profile.to_json()),
]


class DiffusivityInputs(Contract):
    """Decide a measurement: the run, the width of its boundary (None for the bulk) and the seed of the sampler."""

    conditions: RunConditions
    width_nm: float | None
    seed: int

    @property
    def cell(self) -> Cell:
        """Simulated cell."""
        return self.conditions.cell


class Observation(Contract):
    """A diffusivity of the bulk or of a boundary, or an upper bound of it.

    Args:
        target: bulk, parallel or perpendicular.
        width_nm: of the boundary.
        diffusivity_cm2_s: with its 95 % interval.
        upper_bound_cm2_s: where there is no value.
    """

    target: str
    width_nm: float | None = None
    diffusivity_cm2_s: Uncertain | None
    upper_bound_cm2_s: float | None


class DiffusivityResult(StageResult):
    """Hold what a run says about diffusion.

    Args:
        measured: direction -> diffusivity of the whole cell.
        runs: direction -> the same, as a statistical model observes it.
        stretches: direction -> first parts of the run against the whole run.
        advice: direction -> recommended length of the run.
        observations: of the bulk or, given a bulk run, of the boundary.
        collective: charge transport.
        jumps: of the bulk.
        thickness_nm: length of cell per boundary.
        excess: volume and energy of the boundary.
        profile: across the boundary.
        notes: warnings.
    """

    measured: dict[str, Diffusivity]
    runs: dict[str, RunObservation] = Field(default_factory=dict)
    stretches: dict[str, list[StretchPair]] = Field(default_factory=dict)
    advice: dict[str, str]
    observations: list[Observation]
    collective: Collective
    jumps: JumpRates | None = None
    thickness_nm: float | None = None
    excess: Excess | None = None
    profile: Profile | None = None
    notes: tuple[Note, ...] = ()

    @property
    def temperature_K(self) -> float:
        """Temperature of the run."""
        return self.any_direction.temperature_K

    @property
    def any_direction(self) -> Diffusivity:
        """One of the directions, for what they have in common."""
        return next(iter(self.measured.values()))

    def value(self, target: str) -> Uncertain | None:
        """Return the diffusivity of a target; None without a value."""
        return next((found.diffusivity_cm2_s for found in self.observations if found.target == target), None)

    def tracked(self) -> Tracked:
        """Select values and bounds of the bulk or the boundary."""
        metrics: dict[str, float | None] = {}
        for found in self.observations:
            name, value = "bulk" if found.target == BULK else f"boundary_{found.target}", found.diffusivity_cm2_s
            if value:
                metrics |= {f"{name}_{limit}_cm2_s": number for limit, number in value.columns().items()}
            else:
                metrics[f"{name}_upper_bound_cm2_s"] = found.upper_bound_cm2_s
        return Tracked(metrics, artifacts=[MSD_PICTURE, *([DENSITY_PICTURE] if self.jumps else [])])


def run(context: StageContext[DiffusivityInputs, None]) -> DiffusivityResult:
    """Measure the run of a bulk cell or of a cell with boundaries."""
    trajectory = Trajectory.read(context.parent("run", MD).folder / TRAJECTORY)
    atoms = read_structure(context.parent("structure", STRUCTURE).folder)
    measure = _bulk if context.inputs.conditions.is_bulk else _boundary
    return measure(context, trajectory, atoms)


def _bulk(context: StageContext[DiffusivityInputs, None], trajectory: Trajectory, atoms: Atoms) -> DiffusivityResult:
    from argyro.platform.dynamics.diffusion.tracer import measure_run

    cell = measure_run(trajectory, context.inputs.conditions.temperature_K, ("xyz",), context.inputs.seed)
    measured = cell["xyz"][0]
    bound = None if measured.estimate else measured.upper_bound_cm2_s
    seen = Observation(target=BULK, diffusivity_cm2_s=measured.estimate, upper_bound_cm2_s=bound)
    jumps, notes = _jumps(context, trajectory, atoms)
    common = _common(context, {BULK: cell["xyz"]}, trajectory)
    return DiffusivityResult(**common, observations=[seen], jumps=jumps, notes=notes)


def _boundary(
    context: StageContext[DiffusivityInputs, None], trajectory: Trajectory, atoms: Atoms
) -> DiffusivityResult:
    from argyro.platform.dynamics.diffusion.tracer import measure_run

    inputs, width_nm = context.inputs, context.inputs.width_nm
    assert width_nm is not None  # every boundary has one
    cell = measure_run(trajectory, inputs.conditions.temperature_K, ("xy", "z"), inputs.seed)
    bulk = context.parent("bulk", DIFFUSIVITY)
    thickness_nm = float(trajectory.cell_A[2, 2]) / atoms.info["boundaries"] / NM_IN_A
    directions = {PARALLEL: cell["xy"][1], PERPENDICULAR: cell["z"][1]}
    number = inputs.conditions.realisation
    runs = [boundary_cell.CellRun(target, run, number, thickness_nm) for target, run in directions.items()]
    runs.append(boundary_cell.CellRun(BULK, bulk.result.runs[BULK], bulk.inputs.conditions.realisation))
    found = boundary_cell.diffusivities(inputs.cell, runs, width_nm)
    observations = [
        _of_boundary(target, found[target, run.temperature_K], run, width_nm) for target, run in directions.items()
    ]
    return DiffusivityResult(
        **_common(context, {PARALLEL: cell["xy"], PERPENDICULAR: cell["z"]}, trajectory),
        observations=observations,
        thickness_nm=thickness_nm,
        excess=_excess(context, trajectory, atoms),
        profile=boundary_cell.profile(trajectory, atoms, width_nm, context.workdir),
    )


def _of_boundary(target: str, value: Uncertain, run: RunObservation, width_nm: float) -> Observation:
    """State the diffusivity of a boundary; only its upper limit where the run shows no diffusion."""
    if run.standing == "bound":
        return Observation(target=target, width_nm=width_nm, diffusivity_cm2_s=None, upper_bound_cm2_s=value.high)
    return Observation(target=target, width_nm=width_nm, diffusivity_cm2_s=value, upper_bound_cm2_s=None)


def _common(
    context: StageContext, cell: Mapping[str, tuple[Diffusivity, RunObservation]], trajectory: Trajectory
) -> dict:
    """Describe what all runs give, and draw the mean-square displacement."""
    from argyro.platform.dynamics.diffusion.report import charge_transport, plot_diffusion
    from argyro.platform.dynamics.diffusion.run_length import advice
    from argyro.platform.dynamics.diffusion.stretch_pairs import stretch_pairs

    measured = {target: one for target, (one, _) in cell.items()}
    first = next(iter(measured.values()))
    plot_diffusion(trajectory, first.to_json(), context.workdir / MSD_PICTURE)
    return {
        "measured": measured,
        "runs": {target: seen for target, (_, seen) in cell.items()},
        "stretches": {target: stretch_pairs(trajectory, one.axes) for target, one in measured.items()},
        "advice": {target: advice(one) for target, one in measured.items()},
        "collective": charge_transport(trajectory, first),
    }


def _jumps(context: StageContext, trajectory: Trajectory, atoms: Atoms) -> tuple[JumpRates | None, list[Note]]:
    """Count jumps, and map the ions with all crystal cells folded into one; a failure leaves the column empty."""
    from argyro.platform.dynamics.sites.jump_rates import jump_rates
    from argyro.platform.dynamics.sites.li_sites import crystal_cells, occupied_sites
    from argyro.platform.dynamics.sites.report import write_density

    try:
        cells = crystal_cells(trajectory)
        framework = _first_cell(atoms, cells, trajectory.species)
        for name in (DENSITY_CUBE, DENSITY_PICTURE):
            write_density(trajectory, context.workdir / name, framework, cells)
        return jump_rates(trajectory, occupied_sites(trajectory)), []
    except InputError as error:  # frames too far apart, a melt, or a cell that is no supercell
        return None, [Note(code="no-jump-rates", detail=str(error))]


def _first_cell(atoms: Atoms, cells: tuple[int, int, int], mobile: str) -> Atoms:
    """Select the framework of the crystal cell at the origin."""
    inside = ((atoms.get_scaled_positions() * cells + 1e-6) % cells < 1).all(axis=1)
    framework = atoms[[bool(kept) and element != mobile for kept, element in zip(inside, atoms.symbols, strict=True)]]
    framework.set_cell(atoms.cell.array / [[number] for number in cells])
    return framework


def _excess(context: StageContext, trajectory: Trajectory, atoms: Atoms) -> Excess | None:
    """Compute excess volume and energy of the boundary; None where a run was cut short or compositions differ."""
    cell, bulk = context.parent("run", MD).result.production, context.parent("bulk_run", MD)
    if cell is None or bulk.result.production is None:
        return None
    counts = Trajectory.read(bulk.folder / TRAJECTORY).counts
    return boundary_cell.excess(cell, trajectory.counts, bulk.result.production, counts, int(atoms.info["boundaries"]))


DIFFUSIVITY: Stage[DiffusivityInputs, DiffusivityResult] = Stage(
    "diffusivity", 5, run, DiffusivityInputs, DiffusivityResult
)


def add_diffusivity(draft: Draft, run: RunConditions, bulk: RunConditions | None, md: str) -> str:
    """Add the measurement of a run; returns the name of its node.

    Args:
        draft: with the runs.
        run: measured.
        bulk: run of the bulk beside a boundary.
        md: name of the run's node.
    """
    campaign = draft.campaign
    width_nm = campaign.boundary_width_nm if bulk else None
    parents, params = {"run": [md], "structure": [structure_of(run)]}, run_params(run)
    if bulk:
        parents |= {"bulk": [f"{DIFFUSIVITY.name}/{draft.label(bulk)}"], "bulk_run": [f"{MD.name}/{draft.label(bulk)}"]}
        params["boundary_width_nm"] = width_nm
    cost = share_of_usual(campaign.md, run) * draft.costs.diffusivity(campaign, run.cell)
    inputs = DiffusivityInputs(conditions=run, width_nm=width_nm, seed=seed_of(draft, run))
    return draft.add(DIFFUSIVITY, draft.label(run), inputs, parents=parents, params=params, cost=cost)
