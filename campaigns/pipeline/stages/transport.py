"""Combine all runs of a cell: one diffusivity per temperature, its Arrhenius law, the profile of the boundary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages import boundary_cell
from argyro.campaigns.pipeline.stages.diffusivity import (
    BULK,
    DIFFUSIVITY,
    PARALLEL,
    PERPENDICULAR,
    DiffusivityResult,
    Profile,
)
from argyro.campaigns.plots.series import Law, TransportPoint
from argyro.campaigns.spec.material import Cell
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.replicates import Ensemble
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked
from argyro.surrogates.data.excess import Excess

PICTURE = "transport.png"
WHOLE_CELL = {PARALLEL: "cell_parallel", PERPENDICULAR: "cell_perpendicular"}


class TransportInputs(Contract):
    """Decide how the runs of a cell are combined.

    Args:
        cell: of the runs.
        screening_temperature_K: to which the law is extrapolated.
        width_nm: of the boundary; None for the bulk.
        seed: of the campaign.
    """

    cell: Cell
    screening_temperature_K: float
    width_nm: float | None
    seed: int


class ProfileSummary(Contract):
    """Profile across a boundary at the highest temperature, with the width that it suggests."""

    temperature_K: float
    slabs: Profile
    suggested_width_nm: float | None


class MeanExcess(Contract):
    """Excess of a boundary: mean over runs and standard deviation between them."""

    volume_A: float
    energy_J_m2: float
    volume_A_sigma: float | None
    energy_J_m2_sigma: float | None


class TransportResult(StageResult):
    """Hold the transport of a cell from all its runs.

    Args:
        points: one for each target and temperature.
        laws: target -> law, None where fewer than two temperatures have a value.
        ions_per_A3: density of Li.
        profile: of a boundary.
        excess: of a boundary.
        notes: warnings.
    """

    points: list[TransportPoint]
    laws: dict[str, Law | None]
    ions_per_A3: float
    profile: ProfileSummary | None = None
    excess: MeanExcess | None = None
    notes: tuple[Note, ...] = ()

    def tracked(self) -> Tracked:
        """Select the activation energies."""
        laws = self.laws.items()
        metrics = {f"{name}_Ea_eV": law.activation_energy_eV.value for name, law in laws if law}
        return Tracked(metrics, artifacts=[PICTURE])


def run(context: StageContext[TransportInputs, None]) -> TransportResult:
    """Combine the runs of a bulk cell or of a cell with boundaries."""
    cells = [parent.result for parent in context.parents("runs", DIFFUSIVITY)]
    if not cells:
        raise ArgyroError("no run of this cell gave a diffusivity; see the errors of its md items")
    if context.inputs.cell.boundary.is_bulk:
        return _result(context, cells, {BULK: _ensembles(cells, BULK)})
    return _boundary(context, cells)


def _boundary(context: StageContext[TransportInputs, None], cells: Sequence[DiffusivityResult]) -> TransportResult:
    """Average the cell over its runs, and infer the boundary from all runs of the cell and its bulk together."""
    inputs = context.inputs
    assert inputs.width_nm is not None  # every boundary has one
    runs = [
        boundary_cell.CellRun(target, run, parent.inputs.conditions.realisation, parent.result.thickness_nm)
        for role in ("runs", "bulk_runs")
        for parent in context.parents(role, DIFFUSIVITY)
        for target, run in parent.result.runs.items()
    ]
    found = boundary_cell.diffusivities(inputs.cell, runs, inputs.width_nm)
    targets: dict[str, list[Ensemble]] = {}
    for target in (PARALLEL, PERPENDICULAR):
        ensembles = _ensembles(cells, target)
        inferred = [_inferred(ensemble, found[target, ensemble.temperature_K]) for ensemble in ensembles]
        targets |= {target: inferred, WHOLE_CELL[target]: ensembles}
    return _result(context, cells, targets, profile=_profile(context, cells), excess=_excess(cells))


def _inferred(cell: Ensemble, boundary: Uncertain) -> Ensemble:
    """Replace the cell's diffusivity by the boundary's; a cell with a bound gives the upper limit."""
    if cell.estimate is None:
        return replace(cell, upper_bound_cm2_s=boundary.high)
    return replace(cell, estimate=boundary, upper_bound_cm2_s=None)


def _ensembles(runs: Sequence[DiffusivityResult], target: str) -> list[Ensemble]:
    """Combine the runs' diffusivities at each temperature."""
    from argyro.platform.dynamics.diffusion.replicates import ensemble

    measured = [run.measured[target] for run in runs]
    groups = {
        value: [(run.estimate, run.upper_bound_cm2_s) for run in measured if run.temperature_K == value]
        for value in sorted({run.temperature_K for run in measured})
    }
    return [ensemble(value, group) for value, group in groups.items()]


def _haven(runs: Iterable[DiffusivityResult]) -> Uncertain | None:
    """Combine the Haven ratios of the runs long enough to give one."""
    from argyro.platform.dynamics.diffusion.replicates import combine

    ratios = [run.collective.haven_ratio for run in runs if run.collective.haven_ratio]
    return combine(ratios) if ratios else None


def _jumps(runs: Iterable[DiffusivityResult]) -> float | None:
    rates = [run.jumps.between.value for run in runs if run.jumps]
    return sum(rates) / len(rates) if rates else None


def _profile(context: StageContext[TransportInputs, None], runs: Sequence[DiffusivityResult]) -> ProfileSummary | None:
    """Average the profiles at the highest temperature, the sharpest, and draw the mean."""
    from argyro.campaigns.plots.figures import boundary_profile
    from argyro.platform.dynamics.boundaries.slab_profile import mean_profile, suggested_width_nm

    given = [(run.temperature_K, run.profile) for run in runs if run.profile]
    if not given:
        return None
    hottest = max(temperature for temperature, _ in given)
    slabs = [profile for temperature, profile in given if temperature == hottest]
    mean = mean_profile([profile for profile in slabs if len(profile.distance_A) == len(slabs[0].distance_A)])
    assert context.inputs.width_nm is not None  # every boundary has one
    boundary_profile(mean, context.inputs.width_nm, context.workdir / boundary_cell.PROFILE_PICTURE)
    width_nm = suggested_width_nm(mean.distance_A, mean.parallel_cm2_s, mean.parallel_half_cm2_s)
    return ProfileSummary(temperature_K=hottest, slabs=mean, suggested_width_nm=width_nm)


def _excess(runs: Sequence[DiffusivityResult]) -> MeanExcess | None:
    """Average over runs, with the spread between them: arrangements of a disordered crystal differ."""
    import numpy as np

    found = [run.excess for run in runs if run.excess]
    if not found:
        return None
    mean = Excess.mean(found)
    table = np.array([[entry.volume_A, entry.energy_J_m2] for entry in found])
    volume, energy = table.std(axis=0, ddof=1).tolist() if len(found) > 1 else (None, None)
    return MeanExcess(
        volume_A=mean.volume_A, energy_J_m2=mean.energy_J_m2, volume_A_sigma=volume, energy_J_m2_sigma=energy
    )


def _law(ensembles: Sequence[Ensemble], temperature_K: float) -> Law | None:
    """Fit the Arrhenius law; None where fewer than two temperatures give a value."""
    from argyro.platform.dynamics.diffusion.arrhenius_fit import arrhenius

    try:
        fit = arrhenius(ensembles)
    except InputError:
        return None
    there = fit.at(temperature_K)
    return Law(**fit.to_json(), screening_temperature_K=temperature_K, screening_cm2_s=there)


def _result(
    context: StageContext[TransportInputs, None],
    runs: Sequence[DiffusivityResult],
    targets: Mapping[str, list[Ensemble]],
    notes: Sequence[Note] = (),
    **boundary: Any,
) -> TransportResult:
    from argyro.campaigns.plots.figures import transport_plot

    inputs = context.inputs
    laws = {name: _law(ensembles, inputs.screening_temperature_K) for name, ensembles in targets.items()}
    points = [_point(inputs, name, ensemble, runs) for name, ensembles in targets.items() for ensemble in ensembles]
    transport_plot(points, laws, context.workdir / PICTURE)
    density = runs[0].any_direction.ions_per_A3
    return TransportResult(points=points, laws=laws, ions_per_A3=density, notes=tuple(notes), **boundary)


def _point(
    inputs: TransportInputs, target: str, ensemble: Ensemble, runs: Sequence[DiffusivityResult]
) -> TransportPoint:
    if target != BULK:
        width_nm = inputs.width_nm if target in WHOLE_CELL else None
        return TransportPoint(target=target, width_nm=width_nm, combined=ensemble)
    alike = [run for run in runs if run.temperature_K == ensemble.temperature_K]
    return TransportPoint(
        target=target, combined=ensemble, haven_ratio=_haven(alike), between_cages_per_ns=_jumps(alike)
    )


TRANSPORT = Stage("transport", 5, run, TransportInputs, TransportResult)


def add_transport(draft: Draft, cell: Cell, measured: Mapping[RunConditions, str]) -> None:
    """Add all runs of a cell together, and for a boundary those of its bulk; nothing for a cell without runs.

    Args:
        draft: with the runs.
        cell: of the runs.
        measured: run -> name of its diffusivity's node.
    """
    own = [name for run, name in sorted(measured.items()) if run.cell == cell]
    if not own:
        return
    campaign, width_nm, params, parents = draft.campaign, None, cell.facts, {"runs": own}
    if not cell.boundary.is_bulk:
        width_nm = campaign.boundary_width_nm
        params["boundary_width_nm"] = width_nm
        parents["bulk_runs"] = [name for run, name in sorted(measured.items()) if run.cell == cell.bulk]
    inputs = TransportInputs(
        cell=cell,
        screening_temperature_K=campaign.screening_temperature_K,
        width_nm=width_nm,
        seed=campaign.seed,
    )
    draft.add(TRANSPORT, cell.label, inputs, parents=parents, tolerant=True, needs_any=["runs"], params=params)
