"""Report section of an adaptive campaign: selected runs, reasons and certainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from argyro.campaigns.pipeline.graph import Finished
from argyro.campaigns.pipeline.grow_graph import AdaptiveProgress, AdaptiveRound
from argyro.campaigns.pipeline.stages.design import DESIGN
from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY, DiffusivityResult
from argyro.campaigns.workload.run_space import ChosenRun, DecidedRun, RunConditions
from argyro.platform.common.estimate import in_words

BEGUN = "first batch: spread over materials, boundaries and temperatures"
FOUND = "first batch: result of an earlier campaign"


@dataclass(frozen=True)
class DecisionRow:
    """Decided run: round, reason and outcome."""

    round: int
    conditions: RunConditions
    why: str
    outcome: str


def run_rows(progress: AdaptiveProgress, done: Finished, usual_ps: float) -> list[DecisionRow]:
    """Make one row per decided run, in the order of the decisions.

    Args:
        progress: progress of the campaign.
        done: all results.
        usual_ps: length of a usual run.
    """
    design = done.only(DESIGN)
    found = set(design.found) if design else set()
    outcomes = {inputs.conditions: result for _, inputs, result in done.of(DIFFUSIVITY)}
    return [
        DecisionRow(number, run.conditions, _why(number, run, found, usual_ps), _outcome(outcomes.get(run.conditions)))
        for number, run in progress.chosen
    ]


def _why(number: int, run: DecidedRun, found: set[RunConditions], usual_ps: float) -> str:
    if number == 0 or not isinstance(run, ChosenRun):
        return FOUND if run.conditions in found else BEGUN
    if run.needed_by:
        return f"{run.action + ', ' if run.action else ''}bulk run beside {run.needed_by.label(usual_ps)}"
    gain, promise = run.gain_per_core_hour or 0.0, run.value_probability or 0.0
    return (
        f"{run.action + ': ' if run.action else ''}expected gain {gain:.2g} pairs in the right order per core-hour, "
        f"{run.core_hours:.2g} core-hours, probability of a value {promise:.2f}"
    )


def _outcome(result: DiffusivityResult | None) -> str:
    if result is None:
        return "unfinished or failed"
    words = []
    for found in result.observations:
        value, bound = found.diffusivity_cm2_s, found.upper_bound_cm2_s
        words.append(f"{found.target} " + (in_words(value.to_json(), digits=2) if value else f"< {bound:.2g}"))
    return "; ".join(words) or "no value"


def certainty_plot(rounds: Sequence[AdaptiveRound], path: Path) -> None:
    """Plot the certainty of the ranking over the core-hours of MD.

    Args:
        rounds: rounds of the campaign.
        path: picture to write.
    """
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    shares, regret = figure.subplots(2, 1, sharex=True)
    hours, certainty = [one.result.core_hours for one in rounds], [one.result.certainty for one in rounds]
    shares.plot(hours, [now.probability_best for now in certainty], "o-", ms=4, lw=1, label="leader is the best")
    shares.plot(hours, [now.wrong_pairs for now in certainty], "s-", ms=4, lw=1, label="pairs in the wrong order")
    shares.set(ylim=(0, 1.02), ylabel="probability")
    shares.legend(frameon=False, fontsize="small")
    regret.plot(hours, [now.regret_dex for now in certainty], "o-", ms=4, lw=1, color="C2")
    regret.set(ylim=(0, None), xlabel="core-hours of molecular dynamics", ylabel="expected regret (dex)")
    for axes in (shares, regret):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=140)
