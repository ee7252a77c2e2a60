"""The adaptive campaign: its graph grows, round by round, by the runs that its decisions name, until it is certain.

Everything here is a function of stored results, so that a later run grows the same graph again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from argyro.campaigns.pipeline.acquisition import ACQUISITION
from argyro.campaigns.pipeline.build_graph import build_graph, decided_graph
from argyro.campaigns.pipeline.design import DESIGN
from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.spec.schema import Campaign, Until
from argyro.campaigns.workload.costs import Costs
from argyro.campaigns.workload.run_space import Decided
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem

Growth = Callable[[Node, dict | None], list[Node]]


def growth(campaign: Campaign, costs: Costs | None = None) -> Growth:
    """What the result of a decision adds to the campaign's graph; None for its result: it failed for good.

    Args:
        campaign: what was asked.
        costs: expected core seconds; rough constants if not measured.
    """

    def grow(node: Node, result: dict | None) -> list[Node]:
        if campaign.acquisition is None or node.stage.name not in (DESIGN.name, ACQUISITION.name):
            return []
        now = _decided_by(node)
        after = _next(now, result, campaign.acquisition.until)
        known = decided_graph(campaign, now, costs).nodes
        return [new for name, new in decided_graph(campaign, after, costs).nodes.items() if name not in known]

    return grow


def _decided_by(node: Node) -> Decided:
    """What was decided when the node became part of the graph."""
    if node.stage.name == DESIGN.name:
        return Decided()
    pairs = tuple((case, bulk) for case, bulk in node.inputs["decided"])  # type: ignore[attr-defined]
    return Decided(pairs, int(node.name.split("/")[1]))


def _next(now: Decided, result: dict | None, until: Until) -> Decided:
    if result is None:
        return Decided(now.runs, now.round, final=True)
    if now.runs and stop_reason(until, result):
        return Decided(now.runs, now.round, final=True)
    chosen = affordable(until, result) if now.runs else result["chosen"]
    return Decided((*now.runs, *((run["case"], run["bulk"]) for run in chosen)), now.round + 1)


def stop_reason(until: Until, result: dict) -> str:
    """Why a campaign ends with the result of this round; empty if it goes on.

    The certainty counts only once the leading candidate's bulk has been measured: a recommendation that rests on the
    surrogate alone is none.
    """
    now, measured = result["certainty"], result["leader_values"]["bulk"] > 0
    if measured and until.probability_best is not None and now["probability_best"] >= until.probability_best:
        return (
            f"the leader is the best with probability {now['probability_best']:.2f} (asked: {until.probability_best:g})"
        )
    if measured and until.regret_dex is not None and now["regret_dex"] <= until.regret_dex:
        return f"the expected regret is {now['regret_dex']:.2g} dex (asked: {until.regret_dex:g})"
    if not result["chosen"]:
        return "no run that is left promises to make the ranking more certain"
    if not affordable(until, result):
        return (
            f"{result['core_hours']:.2g} of {until.core_hours:g} core-hours are spent, too few are left for another run"
        )
    return ""


def affordable(until: Until, result: dict) -> list[dict]:
    """The chosen runs that fit in what is left of the core-hours; no bulk run without the run it is made for."""
    if until.core_hours is None:
        return result["chosen"]
    left, fitting = until.core_hours - result["core_hours"], []
    for run in result["chosen"]:
        left -= run["core_hours"]
        if left < 0:
            break
        fitting.append(run)
    cases = {run["case"] for run in fitting}
    return [run for run in fitting if run.get("needed_by") in (None, *cases)]


def grown_graph(campaign: Campaign, store: Store, failed: Iterable[str] = (), costs: Costs | None = None) -> Graph:
    """The campaign's graph as far as its stored decisions have grown it.

    Args:
        campaign: what was asked.
        store: its results.
        failed: names of nodes that failed for good in the run that just ended.
        costs: expected core seconds; rough constants if not measured.
    """
    graph, grow, failed = build_graph(campaign, costs), growth(campaign, costs), set(failed)
    items: dict[str, WorkItem] = {}
    waiting = list(graph.nodes)
    while waiting:
        node = graph.nodes[waiting.pop(0)]
        items[node.name] = node.item(items)
        if node.stage.name not in (DESIGN.name, ACQUISITION.name):
            continue
        result = store.find(items[node.name])
        if result is not None or node.name in failed:
            waiting += [graph.add(new) for new in grow(node, result)]
    return graph


def found_runs(campaign: Campaign, store: Store) -> list[str]:
    """Cases of an adaptive campaign that an earlier one, of other materials or temperatures, left in the store.

    They belong to the runs it begins with; once it has begun, that is settled.
    """
    if campaign.acquisition is None or store.has(build_graph(campaign).items()["design"]):
        return []
    items = decided_graph(campaign, None).items()
    return [name.removeprefix("md/") for name, item in items.items() if name.startswith("md/") and store.has(item)]


def decisions(graph: Graph, store: Store) -> dict[str, dict]:
    """Node name -> result of each decision that is made."""
    names = [name for name, node in graph.nodes.items() if node.stage.name in (DESIGN.name, ACQUISITION.name)]
    items = graph.items() if names else {}
    found = {name: store.find(items[name]) for name in names}
    return {name: result for name, result in found.items() if result is not None}


def rounds(campaign: Campaign, results: Mapping[str, dict]) -> dict | None:
    """How an adaptive campaign has gone so far; None for one that makes every run.

    Args:
        campaign: what was asked.
        results: node name -> result, of all decisions that are made.
    """
    if campaign.acquisition is None or "design" not in results:
        return None
    made = sorted(
        (name for name in results if name.startswith("acquisition/")), key=lambda name: int(name.split("/")[1])
    )
    begun = [{**run, "round": 0} for run in results["design"]["chosen"]]
    table, chosen = [], begun
    for number, name in enumerate(made, start=1):
        result = results[name]
        reason = stop_reason(campaign.acquisition.until, result)
        table.append({"round": number, "stopped": reason, **result["metrics"], "leader": result["leader"]})
        chosen += [] if reason else [{**run, "round": number} for run in affordable(campaign.acquisition.until, result)]
    return {
        "possible_runs": len(results["design"]["runs"]),
        "chosen": chosen,
        "rounds": table,
        "stopped": table[-1]["stopped"] if table else "",
    }
