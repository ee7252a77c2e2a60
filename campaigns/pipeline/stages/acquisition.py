"""Decide on the next runs of an adaptive campaign: those that make the ranking most certain per core-hour.

The kernels of the surrogate are trained on the runs so far; graph networks join at the end of the campaign.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from argyro.campaigns.pipeline.draft import Draft, LabelIdentity
from argyro.campaigns.pipeline.stages.design import DESIGN
from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY
from argyro.campaigns.pipeline.stages.homogenize import conductivity_factors
from argyro.campaigns.pipeline.stages.md import MD
from argyro.campaigns.pipeline.stages.microstructure import polycrystals
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, StructureItem, read_structure, structure_name
from argyro.campaigns.pipeline.stages.surrogate import observations_of, run_parents
from argyro.campaigns.spec.material import Cell
from argyro.campaigns.workload.run_space import ChosenRun, Decided, DecidedRun, RunConditions, candidates_of, cells_of
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked
from argyro.surrogates.acquisition.ranking_certainty import Certainty

if TYPE_CHECKING:
    from argyro.campaigns.adaptive.objective import Score
    from argyro.campaigns.adaptive.run_history import RunHistory

KERNELS = ("mean", "ridge", "gp")


class AcquisitionInputs(Contract):
    """Decide a round.

    Args:
        round: its number.
        decided: all runs so far.
        batch: number of runs to add.
        grain_sizes_nm: of the ranking.
        width_nm: of the boundaries.
        screening_temperature_K: of the ranking.
        equilibrate_ps: before each production.
        labels: identity of the reference of all potentials.
        seed: of the samples.
    """

    round: int
    decided: tuple[DecidedRun, ...]
    batch: int
    grain_sizes_nm: tuple[float, ...]
    width_nm: float
    screening_temperature_K: float
    equilibrate_ps: float
    labels: LabelIdentity
    seed: int


class Leader(Contract):
    """The best candidate so far."""

    cell: Cell
    grain_size_nm: float


class AcquisitionResult(StageResult):
    """Hold the state of the ranking and the next batch.

    Args:
        observations: number of diffusivities and bounds.
        core_hours: spent on MD.
        runs: number of runs decided on.
        without_result: runs that failed, or whose bulk run did.
        certainty: of the ranking.
        leader: best candidate.
        leader_bulk_values: number of diffusivities of its bulk.
        leader_boundary_values: number of diffusivities of its boundary.
        chosen: next batch.
    """

    observations: int
    core_hours: float
    runs: int
    without_result: tuple[RunConditions, ...]
    certainty: Certainty
    leader: Leader
    leader_bulk_values: int
    leader_boundary_values: int
    chosen: tuple[ChosenRun, ...]

    def tracked(self) -> Tracked:
        """Select the cost and the certainty."""
        return Tracked(self.metrics)

    @property
    def metrics(self) -> dict[str, float | None]:
        """Cost and certainty by name."""
        return {
            "md_core_hours": self.core_hours,
            "md_runs": self.runs,
            "probability_best": self.certainty.probability_best,
            "regret_dex": self.certainty.regret_dex,
            "wrong_pairs": self.certainty.wrong_pairs,
        }


def run(context: StageContext[AcquisitionInputs, int]) -> AcquisitionResult:
    """Rank by the runs so far and select the next ones; the settings are the cores of an MD run."""
    from argyro.campaigns.adaptive.batch_selection import Chooser, offers
    from argyro.surrogates.acquisition.ranking_certainty import certainty
    from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

    inputs = context.inputs
    observations = list(observations_of(context, inputs.labels))
    if not observations:
        raise ArgyroError("no run so far gave a diffusivity or a bound, so the next runs cannot be selected")
    structures = context.parents("structures", STRUCTURE)
    history = _history(context, structures)
    model = train_surrogate(observations, SurrogateOptions(candidates=KERNELS), inputs.seed)
    chooser = Chooser(model, _score(context, structures), history, inputs.seed)
    now = certainty(chooser.scores)
    space = context.parent("design", DESIGN).inputs.runs
    leader = chooser.score.rows[now.leader]
    return AcquisitionResult(
        observations=len(observations),
        core_hours=history.core_hours,
        runs=len(history.decided),
        without_result=tuple(history.without_result),
        certainty=now,
        leader=Leader(cell=leader[0], grain_size_nm=leader[1]),
        leader_bulk_values=history.values_of(leader[0].bulk),
        leader_boundary_values=history.values_of(leader[0]),
        chosen=tuple(chooser.choose(offers(space, history, inputs.width_nm), inputs.batch)),
    )


def _history(context: StageContext[AcquisitionInputs, int], structures: Sequence[StructureItem]) -> RunHistory:
    """Collect the cost and the results of the runs so far."""
    from argyro.campaigns.adaptive.run_history import BuiltCell, RunHistory

    results = {
        parent.inputs.conditions: {seen.target for seen in parent.result.observations if seen.diffusivity_cm2_s}
        for parent in context.parents("diffusivities", DIFFUSIVITY)
    }
    core_s = {parent.inputs.conditions: context.settings * parent.seconds for parent in context.parents("runs", MD)}
    cells = {}
    for parent in structures:
        atoms, built = read_structure(parent.folder), parent.result
        thickness_nm = built.thickness_nm if built.boundaries else None
        cells[parent.inputs.cell, parent.inputs.number] = BuiltCell(len(atoms), atoms.symbols.count("Li"), thickness_nm)
    decided = [run.conditions for run in context.inputs.decided]
    return RunHistory(decided, results, core_s, cells, context.inputs.equilibrate_ps)


def _score(context: StageContext[AcquisitionInputs, int], structures: Sequence[StructureItem]) -> Score:
    """Rank every boundary cell whose bulk could be built; without boundaries the bulk cells."""
    from argyro.campaigns.adaptive.objective import Score

    inputs = context.inputs
    atoms = {parent.inputs.cell: read_structure(parent.folder) for parent in structures if parent.inputs.number == 0}
    boundaries = [cell for cell in atoms if not cell.boundary.is_bulk]
    candidates = [cell for cell in sorted(boundaries or atoms) if cell.bulk in atoms]
    factors = [conductivity_factors(atoms[cell.bulk], [inputs.screening_temperature_K])[0] for cell in candidates]
    meshes = polycrystals(context) if boundaries else []
    kelvin, sizes_nm = inputs.screening_temperature_K, inputs.grain_sizes_nm
    return Score(candidates, factors, meshes, kelvin, sizes_nm, inputs.width_nm, inputs.seed)


ACQUISITION = Stage("acquisition", 3, run, AcquisitionInputs, AcquisitionResult)


def add_acquisition(
    draft: Draft,
    decided: Decided,
    design: str,
    measured: Mapping[RunConditions, str],
    microstructures: Sequence[str],
) -> None:
    """Add the next decision, by the results of all runs so far; failed runs are left out.

    Args:
        draft: with the runs.
        decided: so far.
        design: name of the first decision's node.
        measured: run -> name of its diffusivity's node.
        microstructures: names of the polycrystals' nodes.
    """
    campaign = draft.campaign
    asked = campaign.acquisition
    assert asked is not None  # only adaptive campaigns decide
    inputs = AcquisitionInputs(
        round=decided.round,
        decided=decided.runs,
        batch=asked.batch,
        grain_sizes_nm=tuple(sorted(campaign.grain_sizes_nm)),
        width_nm=campaign.boundary_width_nm,
        screening_temperature_K=campaign.screening_temperature_K,
        equilibrate_ps=campaign.md.equilibrate_ps,
        labels=draft.labels,
        seed=campaign.seed,
    )
    numbers = range(campaign.md.realisations)
    cells = [structure_name(cell, number) for cell in cells_of(campaign) for number in numbers]
    cells += [structure_name(cell, 0) for cell in candidates_of(campaign)]
    draft.add(
        ACQUISITION,
        str(decided.round),
        inputs,
        parents={
            **run_parents(measured),
            "design": [design],
            "structures": list(dict.fromkeys(cells)),
            "runs": [f"{MD.name}/{draft.label(run)}" for run in sorted(measured)],
            "microstructures": microstructures,
        },
        tolerant=True,
        decision=True,
        params={"round": decided.round, "runs": len(decided.runs)},
        settings=campaign.resources.md.cpu,
    )
