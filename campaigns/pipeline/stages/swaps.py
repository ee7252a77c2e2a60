"""Sample the anion sites by hybrid Monte Carlo, as a check of the predicted disorder."""

from __future__ import annotations

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages.enthalpy import pair_lines
from argyro.campaigns.pipeline.stages.learn import potential_of
from argyro.campaigns.spec.material import Material
from argyro.platform.common.estimate import Uncertain
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked

STARTS = (0.25, 0.75)  # of two runs that must meet


class SwapsInputs(Contract):
    """Decide a run.

    Args:
        composition: of the cell.
        start: disorder of the first frame.
        supercell: in conventional cells.
        temperature_K: at which the anions are in equilibrium.
        stretches: of MD between exchanges.
        timestep_fs: of the integration.
        seed: of the arrangement, the velocities and the exchanges.
    """

    composition: str
    start: float
    supercell: tuple[int, int, int]
    temperature_K: float
    stretches: int
    timestep_fs: float
    seed: int


class SwapsResult(StageResult):
    """Hold the sampled disorder, or the reason why there is none.

    Args:
        disorder: with its interval from independent samples.
        acceptance: share of accepted exchanges.
        notes: warnings.
    """

    disorder: Uncertain | None = None
    acceptance: float | None = None
    notes: tuple[Note, ...] = ()

    def tracked(self) -> Tracked:
        """Select the disorder and the acceptance."""
        return Tracked({"disorder": self.disorder.value if self.disorder else None, "acceptance": self.acceptance})


def run(context: StageContext[SwapsInputs, None]) -> SwapsResult:
    """Sample the sites; a run that its potential ends gives nothing."""
    from argyro.platform.dynamics.disorder.swap_run import SwapSettings, sample_sites
    from argyro.platform.dynamics.md.run_monitor import PotentialFailedError
    from argyro.platform.dynamics.md.settings import MDSettings
    from argyro.platform.structures.crystal.bulk import build_bulk

    inputs = context.inputs
    atoms = build_bulk(inputs.composition, inputs.start, inputs.supercell, inputs.seed)
    swaps = SwapSettings(stretches=inputs.stretches)
    settings = MDSettings(
        temperature_K=inputs.temperature_K,
        equilibrate_ps=0.0,
        production_ps=swaps.steps * inputs.timestep_fs / 1000,
        timestep_fs=inputs.timestep_fs,
        frame_every_fs=swaps.stretch_steps * inputs.timestep_fs,
        seed=inputs.seed,
    )
    try:
        lines = pair_lines(context, atoms, 0, graded=False)  # trial exchanges extrapolate and are rejected
        found = sample_sites(atoms, lines, settings, swaps, context.unfinished / "run")
    except PotentialFailedError as error:
        return SwapsResult(notes=(Note(code="enthalpy-left-out", detail=str(error)),))
    return SwapsResult(disorder=found.disorder, acceptance=found.acceptance)


SWAPS = Stage("swaps", 1, run, SwapsInputs, SwapsResult)


def add_swaps(draft: Draft, material: Material) -> list[str]:
    """Add hybrid Monte Carlo runs from two starts, if the campaign asks for them; returns the names of their nodes."""
    campaign, asked, names = draft.campaign, draft.campaign.disorder, []
    for start in STARTS if asked.swap_stretches else ():
        inputs = SwapsInputs(
            composition=material.composition,
            start=start,
            supercell=asked.supercell,
            temperature_K=asked.temperature_K,
            stretches=asked.swap_stretches,
            timestep_fs=campaign.md.timestep_fs,
            seed=campaign.seed + 1,
        )
        label, parents = (
            f"{material.composition}/from {100 * start:g} %",
            {"potential": [potential_of(campaign, material)]},
        )
        params = {"composition": material.composition, "start": start}
        cost = draft.costs.swaps(campaign, material.composition)
        names.append(draft.add(SWAPS, label, inputs, parents=parents, params=params, cost=cost))
    return names
