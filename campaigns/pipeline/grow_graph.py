"""Grow the graph by results: by the runs that an adaptive campaign decides on, and by predicted disorders.

Everything here is a function of stored results, so that a later run grows the same graph again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from argyro.campaigns.pipeline.build_graph import build_graph, decided_graph
from argyro.campaigns.pipeline.graph import Finished, Graph, Node
from argyro.campaigns.pipeline.stages.acquisition import ACQUISITION, AcquisitionInputs, AcquisitionResult, Leader
from argyro.campaigns.pipeline.stages.design import DESIGN, DesignResult
from argyro.campaigns.pipeline.stages.disorder import DISORDER, DisorderInputs, DisorderResult
from argyro.campaigns.pipeline.stages.md import MD, MDInputs
from argyro.campaigns.pipeline.used_disorders import used_materials
from argyro.campaigns.spec.schema import Campaign, Until
from argyro.campaigns.workload.costs import Costs
from argyro.campaigns.workload.run_space import ChosenRun, Decided, DecidedRun, RunConditions
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import StageResult
from argyro.platform.execution.work_item import WorkItem

Growth = Callable[[Node, StageResult | None], list[Node]]
DECISIONS = (DESIGN.name, ACQUISITION.name)


def growth(campaign: Campaign, costs: Costs | None = None, store: Store | None = None) -> Growth:
    """Make the function from a decision's result to new nodes; None for its result means that it failed for good.

    Args:
        campaign: to compute.
        costs: expected core seconds; rough constants if not measured.
        store: whose runs belong to the first batch of a campaign that predicts disorders; None ignores them.
    """
    predictions: dict[str, DisorderResult | None] = {}

    def grow(node: Node, result: StageResult | None) -> list[Node]:
        if node.stage.name == DISORDER.name:
            return _with_disorders(node, result)
        if campaign.acquisition is None or node.stage.name not in DECISIONS:
            return []
        now = _decided_by(node)
        after, known = _next(now, result, campaign.acquisition.until), resolved_campaign(campaign, predictions)
        return _added(decided_graph(known, now, costs), decided_graph(known, after, costs))

    def _with_disorders(node: Node, result: StageResult | None) -> list[Node]:
        assert isinstance(node.inputs, DisorderInputs) and isinstance(result, DisorderResult | None)
        predictions[node.inputs.composition] = result
        known = resolved_campaign(campaign, predictions)
        if not known.is_screened:
            return []
        found = found_runs(known, store) if store else []
        return _added(build_graph(campaign, costs), build_graph(known, costs, found))

    return grow


def _added(before: Graph, after: Graph) -> list[Node]:
    """List the nodes of a graph that an earlier one lacks."""
    return [node for name, node in after.nodes.items() if name not in before.nodes]


def resolved_campaign(campaign: Campaign, predictions: Mapping[str, DisorderResult | None]) -> Campaign:
    """Return the campaign with the predicted disorders; unchanged before all are known.

    Args:
        campaign: as read.
        predictions: composition -> result, None for a prediction that failed for good.
    """
    wanted = {material.composition for material in campaign.predicted}
    known = bool(wanted) and wanted <= set(predictions)
    return campaign.with_disorder(used_materials(campaign, predictions)) if known else campaign


def found_disorders(campaign: Campaign, store: Store) -> dict[str, DisorderResult]:
    """Read the predicted disorders in the store: composition -> result."""
    if not campaign.predicted:
        return {}
    done = finished(build_graph(campaign), store, stages=[DISORDER.name])
    return {inputs.composition: result for _, inputs, result in done.of(DISORDER)}


def _decided_by(node: Node) -> Decided:
    """Return the decisions so far when the node was added to the graph."""
    if isinstance(node.inputs, AcquisitionInputs):
        return Decided(node.inputs.decided, node.inputs.round)
    return Decided()


def _next(now: Decided, result: StageResult | None, until: Until) -> Decided:
    chosen: Sequence[DecidedRun] | None = None
    if isinstance(result, DesignResult):
        chosen = result.chosen
    elif isinstance(result, AcquisitionResult) and not stop_reason(until, result):
        chosen = affordable(until, result)
    if chosen is None:
        return Decided(now.runs, now.round, final=True)
    return Decided((*now.runs, *(DecidedRun(run.conditions, run.bulk) for run in chosen)), now.round + 1)


def stop_reason(until: Until, result: AcquisitionResult) -> str:
    """Return the reason for the end of a campaign after this round; empty if it continues.

    The certainty counts only once the leading candidate's bulk has been measured: a recommendation based on the
    surrogate alone is not enough.
    """
    now, measured = result.certainty, result.leader_bulk_values > 0
    if measured and until.probability_best is not None and now.probability_best >= until.probability_best:
        return f"the leader is the best with probability {now.probability_best:.2f} (asked: {until.probability_best:g})"
    if measured and until.regret_dex is not None and now.regret_dex <= until.regret_dex:
        return f"the expected regret is {now.regret_dex:.2g} dex (asked: {until.regret_dex:g})"
    if not result.chosen:
        return "none of the remaining runs is expected to make the ranking more certain"
    if not affordable(until, result):
        return f"{result.core_hours:.2g} of {until.core_hours:g} core-hours are spent, too few are left for another run"
    return ""


def affordable(until: Until, result: AcquisitionResult) -> list[ChosenRun]:
    """Select the chosen runs that fit in the rest of the core-hours; no bulk run without the run that needs it."""
    if until.core_hours is None:
        return list(result.chosen)
    left, fitting = until.core_hours - result.core_hours, []
    for run in result.chosen:
        left -= run.core_hours
        if left < 0:
            break
        fitting.append(run)
    runs = {run.conditions for run in fitting}
    return [run for run in fitting if run.needed_by is None or run.needed_by in runs]


def grown_graph(campaign: Campaign, store: Store, failed: Iterable[str] = (), costs: Costs | None = None) -> Graph:
    """Grow the campaign's graph by its stored decisions.

    Args:
        campaign: to compute.
        store: of the campaign.
        failed: names of nodes that failed for good in the run that just ended.
        costs: expected core seconds; rough constants if not measured.
    """
    graph, grow, failed = build_graph(campaign, costs), growth(campaign, costs), set(failed)
    items: dict[str, WorkItem] = {}
    waiting = list(graph.nodes)
    while waiting:
        node = graph.nodes[waiting.pop(0)]
        items[node.name] = node.item(items)
        if node.stage.name not in (*DECISIONS, DISORDER.name):
            continue
        found = store.find(items[node.name])
        if found is not None or node.name in failed:
            result = None if found is None else node.stage.read(found)
            waiting += [graph.add(new) for new in grow(node, result)]
    return graph


def finished(graph: Graph, store: Store, failed: Iterable[str] = (), stages: Iterable[str] = ()) -> Finished:
    """Read the results of all nodes that are complete in the store.

    Args:
        graph: of the campaign.
        store: of the campaign.
        failed: names of nodes that failed for good.
        stages: names of the stages to read; all, if empty.
    """
    read = set(stages)
    wanted = {name for name, node in graph.nodes.items() if not read or node.stage.name in read}
    items = graph.items(frozenset(failed)) if wanted else {}
    found = {name: store.find(item) for name, item in items.items() if name in wanted}
    results = {name: graph.nodes[name].stage.read(document) for name, document in found.items() if document is not None}
    return Finished(graph, results)


def found_runs(campaign: Campaign, store: Store) -> list[RunConditions]:
    """List the runs of an adaptive campaign that an earlier one, of other materials or temperatures, left in the store.

    They belong to the first batch; after the first decision the list is fixed.
    """
    if campaign.acquisition is None or not campaign.is_screened:
        return []
    if store.has(build_graph(campaign).items()[DESIGN.name]):
        return []
    graph = decided_graph(campaign, None)
    items = graph.items()
    runs = [node for node in graph.of_stage(MD.name) if store.has(items[node.name])]
    return [node.inputs.conditions for node in runs if isinstance(node.inputs, MDInputs)]


@dataclass(frozen=True)
class AdaptiveRound:
    """One decision of an adaptive campaign: its number, cost and certainty, the leader, and why it was the last."""

    number: int
    result: AcquisitionResult
    stopped: str

    @property
    def leader(self) -> Leader:
        """Best candidate so far."""
        return self.result.leader


@dataclass(frozen=True)
class AdaptiveProgress:
    """State of an adaptive campaign.

    Args:
        possible_runs: number of runs that it could make.
        chosen: (round, run) of each run decided on; round 0 is the first batch.
        rounds: decisions so far.
    """

    possible_runs: int
    chosen: list[tuple[int, DecidedRun]]
    rounds: list[AdaptiveRound]

    @property
    def stopped(self) -> str:
        """Why the campaign makes no more runs; empty if it continues."""
        return self.rounds[-1].stopped if self.rounds else ""

    def document(self, usual_ps: float) -> dict[str, object]:
        """Write the section `acquisition` of `argyro status --json`; runs are named by their labels."""
        return {
            "possible_runs": self.possible_runs,
            "chosen": [{**_run_document(run, usual_ps), "round": number} for number, run in self.chosen],
            "rounds": [
                {"round": one.number, "stopped": one.stopped, **one.result.metrics, "leader": _leader_document(one)}
                for one in self.rounds
            ],
            "stopped": self.stopped,
        }


def _leader_document(one: AdaptiveRound) -> dict[str, object]:
    facts = {name: one.leader.cell.facts[name] for name in ("composition", "disorder", "boundary")}
    return {**facts, "grain_size_nm": one.leader.grain_size_nm}


def _run_document(run: DecidedRun, usual_ps: float) -> dict[str, object]:
    document: dict[str, object] = {
        "case": run.conditions.label(usual_ps),
        "bulk": run.bulk and run.bulk.label(usual_ps),
    }
    if isinstance(run, ChosenRun):
        document["core_hours"] = run.core_hours
        if run.needed_by:
            return document | {"needed_by": run.needed_by.label(usual_ps)}
        document |= {"gain_per_core_hour": run.gain_per_core_hour, "value_probability": run.value_probability}
    return document


def adaptive_progress(campaign: Campaign, done: Finished) -> AdaptiveProgress | None:
    """Describe the decisions of an adaptive campaign; None for a campaign that makes every run.

    Args:
        campaign: to compute.
        done: results of all decisions at least.
    """
    begun = done.of(DESIGN)
    if campaign.acquisition is None or not begun:
        return None
    ((_, design_inputs, design),) = begun
    chosen: list[tuple[int, DecidedRun]] = [(0, run) for run in design.chosen]
    rounds = []
    for _, inputs, result in sorted(done.of(ACQUISITION), key=lambda found: found[1].round):
        reason = stop_reason(campaign.acquisition.until, result)
        rounds.append(AdaptiveRound(inputs.round, result, reason))
        chosen += [] if reason else [(inputs.round, run) for run in affordable(campaign.acquisition.until, result)]
    return AdaptiveProgress(len(design_inputs.runs), chosen, rounds)
