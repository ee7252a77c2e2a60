"""Build the graph of work items from the specification; each stage adds its own nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.families import families
from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.pipeline.stages.acquisition import add_acquisition
from argyro.campaigns.pipeline.stages.design import add_design
from argyro.campaigns.pipeline.stages.diffusivity import add_diffusivity
from argyro.campaigns.pipeline.stages.disorder import DisorderResult, add_disorder
from argyro.campaigns.pipeline.stages.homogenize import add_homogenization, mixtures
from argyro.campaigns.pipeline.stages.learn import add_potential
from argyro.campaigns.pipeline.stages.md import add_md
from argyro.campaigns.pipeline.stages.microstructure import add_microstructures
from argyro.campaigns.pipeline.stages.posterior import add_posterior
from argyro.campaigns.pipeline.stages.ranking import add_ranking
from argyro.campaigns.pipeline.stages.reference_check import add_reference_check
from argyro.campaigns.pipeline.stages.structure import add_structures
from argyro.campaigns.pipeline.stages.surrogate import add_surrogate
from argyro.campaigns.pipeline.stages.transport import add_transport
from argyro.campaigns.pipeline.used_disorders import all_predictions, used_materials
from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import Costs
from argyro.campaigns.workload.run_space import Decided, DecidedRun, RunConditions, candidates_of, cells_of, run_space


def build_graph(campaign: Campaign, costs: Costs | None = None, found: Sequence[RunConditions] = ()) -> Graph:
    """Build all work items of a campaign, parents first, as far as they are known before any result.

    An adaptive campaign grows by its decisions. A campaign that predicts disorders grows once all are known.

    Args:
        campaign: to compute.
        costs: expected core seconds; rough constants if not measured.
        found: runs of an adaptive campaign that are in the store.
    """
    return decided_graph(campaign, Decided() if campaign.acquisition else None, costs, found)


def decided_graph(
    campaign: Campaign, decided: Decided | None, costs: Costs | None = None, found: Sequence[RunConditions] = ()
) -> Graph:
    """Build all work items after some decisions of an adaptive campaign; with None, those of every possible run.

    Before all disorders are predicted, only the structures, potentials and runs for the predictions are known.
    """
    draft, space = Draft(campaign, costs or Costs()), run_space(campaign)
    add_structures(draft)
    runs = list(_every_run(space)) if decided is None else list(decided.runs)
    needed = {run.conditions.cell.material.composition for run in runs} | {m.composition for m in campaign.predicted}
    for family, materials in families(campaign).items():
        if any(material.composition in needed for material in materials):
            add_potential(draft, family, materials)
            add_reference_check(draft, family, materials)
    for composition in dict.fromkeys(material.composition for material in campaign.predicted):
        add_disorder(draft, Material(composition=composition))
    if not campaign.is_screened:
        return draft.graph
    measured = {}
    for run in runs:
        md = add_md(draft, run.conditions)
        measured[run.conditions] = add_diffusivity(draft, run.conditions, run.bulk, md)
    microstructures = add_microstructures(draft)
    if decided is None or decided.final:
        _conclude(draft, measured, microstructures)
        return draft.graph
    design = add_design(draft, space, found)
    if decided.runs:
        add_acquisition(draft, decided, design, measured, microstructures)
    return draft.graph


def assumed_campaign(campaign: Campaign, found: Mapping[str, DisorderResult] | None = None) -> Campaign:
    """Return the campaign with estimates in place of disorders that are not known yet, for a plan.

    Args:
        campaign: as read.
        found: composition -> predicted disorder, for those in the store.
    """
    known = all_predictions(campaign, found or {})
    return campaign if campaign.is_screened else campaign.with_disorder(used_materials(campaign, known))


def whole_graph(campaign: Campaign) -> Graph:
    """Build every possible work item; disorders that are not known yet are estimated."""
    return decided_graph(assumed_campaign(campaign), None)


def _every_run(space: Sequence[RunConditions]) -> Iterator[DecidedRun]:
    """Pair every boundary run with the bulk run under the same conditions."""
    for run in space:
        bulk = RunConditions(run.cell.bulk, run.temperature_K, run.realisation, run.length_ps)
        yield DecidedRun(run, None if run.is_bulk else bulk)


def _conclude(draft: Draft, measured: Mapping[RunConditions, str], microstructures: Sequence[str]) -> None:
    """Add the stages that follow when all runs are decided."""
    for cell in cells_of(draft.campaign):
        add_transport(draft, cell, measured)
    candidates = candidates_of(draft.campaign)
    surrogate = add_surrogate(draft, measured, microstructures[0])
    posterior = add_posterior(draft, surrogate, candidates)
    ranked = [*sorted(candidates), *mixtures(draft.campaign)]
    add_ranking(draft, [add_homogenization(draft, cell, surrogate, posterior, microstructures) for cell in ranked])
