"""Profile of a campaign: core seconds by kind of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from argyro.campaigns.pipeline.graph import Finished
from argyro.campaigns.pipeline.stages.learn import LEARN, Round
from argyro.campaigns.pipeline.stages.md import MD
from argyro.campaigns.pipeline.stages.reference_check import REFERENCE_CHECK
from argyro.platform.learning.stopwatch import EXPLORATION, FIT, LABELS, MAXVOL, SELECTION

PARTS = {
    LABELS: "labels",
    EXPLORATION: "exploration and grading",
    SELECTION: "selection (MaxVol)",
    MAXVOL: "active set (MaxVol)",
    FIT: "fit",
}
OTHER_LEARNING, DYNAMICS, CHECK, ANALYSIS, WAITING = (
    "ensemble and start of learning",
    "molecular dynamics",
    "comparison with the reference",
    "analysis, surrogate, polycrystals",
    "waiting",
)


@dataclass(frozen=True)
class ProfileRow:
    """Core seconds of one kind of work and its share of all."""

    work: str
    core_s: float
    share: float


def time_profile(done: Finished, seconds: Mapping[str, float], journal: Sequence[Mapping]) -> list[ProfileRow]:
    """Sum the core seconds by kind of work; kinds without work are left out.

    Args:
        done: results with the profiles of their rounds.
        seconds: name -> time of the item.
        journal: items of this folder with their end and length, for the waiting.
    """
    spent = dict.fromkeys([*PARTS.values(), OTHER_LEARNING, DYNAMICS, CHECK, ANALYSIS, WAITING], 0.0)
    cores = {name: done.graph.nodes[name].cores for name in done.results}
    rounds = {node.name: list(result.rounds) for node, _, result in done.of(LEARN)}
    rounds |= {node.name: list(result.rounds) for node, _, result in done.of(MD)}
    for name in done.results:
        left_s, stage = seconds[name], done.graph.nodes[name].stage.name
        for part, part_s in _parts(rounds.get(name, [])).items():
            spent[PARTS[part]] += cores[name] * part_s
            left_s -= part_s
        kind = {LEARN.name: OTHER_LEARNING, MD.name: DYNAMICS, REFERENCE_CHECK.name: CHECK}.get(stage, ANALYSIS)
        spent[kind] += cores[name] * max(0.0, left_s)
    spent[WAITING] = _idle_s(journal)
    total = sum(spent.values())
    return [ProfileRow(work, core_s, core_s / total) for work, core_s in spent.items() if core_s > 0.0]


def _parts(rounds: Sequence[Round]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for entry in rounds:
        for part, part_s in entry.get("profile_s", {}).items():
            totals[part] = totals.get(part, 0.0) + part_s
    return totals


def _idle_s(journal: Sequence[Mapping]) -> float:
    """Integrate the cores without an item over the time between the first start and the last end.

    Gaps without any item are interruptions of the campaign and are left out.
    """
    changes = sorted(
        [(entry["time"] - entry["seconds"], 1) for entry in journal] + [(entry["time"], -1) for entry in journal]
    )
    spans, busy = [], 0
    for (start, change), (end, _) in pairwise(changes):
        busy += change
        spans.append((busy, end - start))
    most = max((busy for busy, _ in spans), default=0)
    return sum((most - busy) * length for busy, length in spans if busy)
