"""Molecular dynamics runs, the diffusivity of each, and the transport of a cell from all its runs together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from argyro.campaigns.pipeline.diffusivity import BOUNDARY_DIFFUSIVITY, BULK_DIFFUSIVITY
from argyro.campaigns.pipeline.md import MD
from argyro.campaigns.pipeline.nodes.draft import Draft
from argyro.campaigns.pipeline.nodes.potentials import potential_of
from argyro.campaigns.pipeline.transport import BOUNDARY_TRANSPORT, BULK_TRANSPORT
from argyro.campaigns.workload.atom_counts import BULK
from argyro.campaigns.workload.run_space import Cell, Decided, PossibleRun


def runs_with_bulk(
    space: Sequence[PossibleRun], decided: Decided | None
) -> Iterator[tuple[PossibleRun, PossibleRun | None]]:
    """Runs to make, each with the bulk run that a boundary's diffusivity is inverted with.

    Args:
        space: every run the campaign could make.
        decided: which of them an adaptive campaign has decided on; None for all.
    """
    if decided is None:
        alike = {(run.boundary, run.place): run for run in space}
        for run in space:
            yield run, None if run.boundary == BULK else alike[BULK, run.place]
        return
    by_case = {run.case: run for run in space}
    for case, bulk in decided.runs:
        yield by_case[case], by_case[bulk] if bulk else None


def add_run(draft: Draft, run: PossibleRun, bulk: PossibleRun | None) -> str:
    """A run and its diffusivity, for a boundary with that of a bulk run; returns the name of the diffusivity."""
    md, cell, case = draft.campaign.md, run.cell, run.case
    facts = {**cell.facts, "temperature_K": run.temperature_K, "realisation": run.realisation}
    inputs = md.model_dump(include={"equilibrate_ps", "timestep_fs", "frame_every_fs", "extensions"})
    inputs |= {"production_ps": run.length_ps, "temperature_K": run.temperature_K}
    seed = 1 + draft.campaign.seed + 1000 * run.realisation
    if run.length_ps != md.production_ps:
        seed += round(run.length_ps)  # runs of several lengths are independent of each other
    share = (md.equilibrate_ps + run.length_ps) / (md.equilibrate_ps + md.production_ps)
    simulation = draft.add(
        f"md/{case}",
        MD,
        {**inputs, "seed": seed, "member": run.realisation % min(draft.campaign.potential.ensemble, md.realisations)},
        parents={"structure": run.structure, "potential": potential_of(draft.campaign, cell.material)},
        facts={**facts, "production_ps": run.length_ps},
        settings=md.model_dump(include={"lammps", "pair_style", "launcher"})
        | {"labels": draft.campaign.labels.model_dump(mode="json")},
        cost=share * draft.costs.dynamics(draft.campaign, run.composition, run.boundary),
    )
    asked = {"temperature_K": run.temperature_K, "seed": seed}
    cost = share * draft.costs.diffusivity(draft.campaign, run.composition, run.boundary)
    own = {"run": simulation, "structure": run.structure}
    if bulk is None:
        return draft.add(f"diffusivity/{case}", BULK_DIFFUSIVITY, asked, parents=own, facts=facts, cost=cost)
    width = draft.campaign.boundary_width_nm
    return draft.add(
        f"diffusivity/{case}",
        BOUNDARY_DIFFUSIVITY,
        {**asked, "width_nm": width},
        parents={**own, "bulk": f"diffusivity/{bulk.case}", "bulk_run": f"md/{bulk.case}"},
        facts={**facts, "boundary_width_nm": width},
        cost=cost,
    )


def add_transport(draft: Draft, cell: Cell) -> None:
    """All runs of a cell together, and for a boundary those of its bulk; nothing for a cell without runs."""
    measured = _measured(draft, cell)
    if not measured:
        return
    inputs: dict[str, object] = {"screening_temperature_K": draft.campaign.screening_temperature_K}
    own = {f"cell:{name}": name for name in measured}
    parents = dict(own)
    stage, facts = BULK_TRANSPORT, cell.facts
    if cell.boundary != BULK:
        parents |= {f"bulk:{name}": name for name in _measured(draft, Cell(cell.material, BULK))}
        width_nm = draft.campaign.boundary_width_nm
        inputs |= {"width_nm": width_nm, "seed": draft.campaign.seed}
        stage, facts = BOUNDARY_TRANSPORT, {**facts, "boundary_width_nm": width_nm}
    draft.add(f"transport/{cell.label}", stage, inputs, parents=parents, tolerant=True, lives_on=list(own), facts=facts)


def _measured(draft: Draft, cell: Cell) -> list[str]:
    return draft.named(f"diffusivity/{cell.label}")
