"""From the specification to the graph of work items; its parts stand in `nodes/`, a file each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.pipeline.nodes.decisions import add_acquisition, add_design
from argyro.campaigns.pipeline.nodes.draft import Draft
from argyro.campaigns.pipeline.nodes.polycrystals import (
    add_homogenization,
    add_microstructures,
    add_posterior,
    add_ranking,
    add_surrogate,
)
from argyro.campaigns.pipeline.nodes.potentials import add_potential, families
from argyro.campaigns.pipeline.nodes.runs import add_run, add_transport, runs_with_bulk
from argyro.campaigns.pipeline.nodes.structures import add_structures
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.atom_counts import BULK
from argyro.campaigns.workload.costs import Costs
from argyro.campaigns.workload.run_space import Decided, cells_of, run_space


def build_graph(campaign: Campaign, costs: Costs | None = None, found: Sequence[str] = ()) -> Graph:
    """All work items of a campaign, parents first; of an adaptive one those that stand before any result.

    Args:
        campaign: what to compute.
        costs: expected core seconds; rough constants if not measured.
        found: cases of an adaptive campaign that the store holds already.
    """
    return decided_graph(campaign, Decided() if campaign.acquisition else None, costs, found)


def decided_graph(
    campaign: Campaign, decided: Decided | None, costs: Costs | None = None, found: Sequence[str] = ()
) -> Graph:
    """All work items once an adaptive campaign has decided on some runs; with None, those of every possible run."""
    draft, space = Draft(campaign, costs or Costs()), run_space(campaign)
    add_structures(draft)
    runs = list(runs_with_bulk(space, decided))
    for family, materials in families(campaign).items():
        if any(run.cell.material in materials for run, _ in runs):
            add_potential(draft, family, materials)
    measured = {add_run(draft, run, bulk): run.structure for run, bulk in runs}
    microstructures = add_microstructures(draft)
    if decided is None or decided.final:
        _conclude(draft, measured, microstructures)
        return draft.graph
    design = add_design(draft, space, found)
    if decided.runs:
        add_acquisition(draft, decided, design, measured, microstructures)
    return draft.graph


def _conclude(draft: Draft, measured: Mapping[str, str], microstructures: Sequence[str]) -> None:
    """What follows when all runs are decided."""
    cells = list(cells_of(draft.campaign))
    for cell in cells:
        add_transport(draft, cell)
    candidates = [cell for cell in cells if cell.boundary != BULK or not draft.campaign.boundaries]
    surrogate = add_surrogate(draft, measured, microstructures[0])
    posterior = add_posterior(draft, surrogate, candidates)
    for cell in candidates:
        add_homogenization(draft, cell, surrogate, posterior, microstructures)
    add_ranking(draft)
