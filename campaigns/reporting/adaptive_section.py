"""For the report of an adaptive campaign: which runs were chosen and why, and how certainty grew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from argyro.campaigns.pipeline.graph import Graph
from argyro.platform.common.estimate import in_words

BEGUN = "to begin with: spread over materials, boundaries and temperatures"
FOUND = "to begin with: made by an earlier campaign"


def run_rows(told: Mapping, graph: Graph, results: Mapping[str, dict]) -> list[dict]:
    """One row for each run that was decided on, in the order of the decisions.

    Args:
        told: what `adaptive.rounds` says.
        graph: of the campaign.
        results: node name -> result, of all that is done.
    """
    found = set(results["design"]["found"])
    rows = []
    for run in told["chosen"]:
        facts = graph.nodes[f"md/{run['case']}"].facts
        outcome = results.get(f"diffusivity/{run['case']}")
        rows.append({**run, **facts, "why": _why(run, found), "outcome": _outcome(outcome)})
    return rows


def _why(run: Mapping, found: set[str]) -> str:
    if run["round"] == 0:
        return FOUND if run["case"] in found else BEGUN
    if "needed_by" in run:
        return f"the bulk that {run['needed_by']} is inverted with"
    expected = run["gain_per_core_hour"] * run["core_hours"]
    return (
        f"promised {expected:.2g} wrong pairs less for {run['core_hours']:.2g} core-hours, "
        f"a value with probability {run['value_probability']:.2f}"
    )


def _outcome(result: dict | None) -> str:
    """What came of it, in words."""
    if result is None:
        return "none yet, or failed"
    words = []
    for entry in result["observations"]:
        value, bound = entry["diffusivity_cm2_s"], entry["upper_bound_cm2_s"]
        number = in_words(value, digits=2) if value else f"< {bound:.2g}"
        words.append(f"{entry['target']} {number}")
    return "; ".join(words) or "no value"


def certainty_plot(table: Sequence[Mapping], path: Path) -> None:
    """How certain the ranking was against the core-hours spent on MD.

    Args:
        table: the rounds, with md_core_hours, probability_best, wrong_pairs and regret_dex.
        path: picture to write.
    """
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    shares, regret = figure.subplots(2, 1, sharex=True)
    hours = [row["md_core_hours"] for row in table]
    shares.plot(hours, [row["probability_best"] for row in table], "o-", ms=4, lw=1, label="leader is the best")
    shares.plot(hours, [row["wrong_pairs"] for row in table], "s-", ms=4, lw=1, label="pairs in the wrong order")
    shares.set(ylim=(0, 1.02), ylabel="probability")
    shares.legend(frameon=False, fontsize="small")
    regret.plot(hours, [row["regret_dex"] for row in table], "o-", ms=4, lw=1, color="C2")
    regret.set(ylim=(0, None), xlabel="core-hours of molecular dynamics", ylabel="expected regret (dex)")
    for axes in (shares, regret):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=140)
