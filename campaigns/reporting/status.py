"""Status of a campaign from its folder: on any machine, during or after a run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.pipeline.grow_graph import DECISIONS, adaptive_progress, finished, grown_graph
from argyro.campaigns.pipeline.stages.learn import LEARN
from argyro.campaigns.pipeline.stages.reference_check import REFERENCE_CHECK
from argyro.campaigns.reporting.outdated_items import OutdatedItems
from argyro.campaigns.reporting.time_left import time_left_s
from argyro.campaigns.runtime.failed_items import changed, first_line, quarantined, retried
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.platform.execution.atomic_files import is_locked
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.task import lock_file, progress_file
from argyro.platform.execution.work_item import WorkItem

STATES = ("waiting", "running", "done", "failed", "quarantined")
RATE_WINDOW_S = 3600.0
# On file systems with machine-local locks, recent files indicate a run.
SIGN_OF_LIFE_S = 120.0


class StatusReader:
    """Repeatable reader of a campaign's folder; complete items are not looked up again.

    Args:
        root: the campaign's folder.

    Raises:
        InputError: the folder is not a campaign's.
    """

    def __init__(self, root: Path):
        self.folder = CampaignFolder(root)
        self.folder.campaign()
        self._done: set[str] = set()
        self._outdated = OutdatedItems()

    def read(self) -> dict[str, Any]:
        """Count the items of each stage in each state, and estimate pace and time left.

        An item is failed as soon as an attempt failed, until the next attempt starts. It is quarantined after its last
        attempt failed; the items that need it are failed. The next `argyro run` retries all of these, except for
        deterministic failures. Unfinished work of an ended run counts as waiting.
        """
        campaign = self.folder.campaign()
        store, active = self.folder.store(campaign), self._active()
        quarantined = self._quarantined(grown_graph(campaign, store), store)
        graph = grown_graph(campaign, store, quarantined, self.folder.costs())
        items = graph.items(frozenset(quarantined))
        states = {
            name: "quarantined" if name in quarantined else self._state(items.get(name), store, active)
            for name in graph.nodes
        }
        again = self._lines(retried(self.folder.scratch, items, lambda item: item.key not in self._done))
        ahead = [name for name, state in states.items() if state in ("waiting", "running")]
        states |= {name: "failed" for name in again if states[name] == "waiting"}
        done = finished(graph, store, quarantined, stages=(*DECISIONS, LEARN.name, REFERENCE_CHECK.name))
        adaptive, learned = adaptive_progress(campaign, done), done.of(LEARN)
        older = [store.outdated_warning, self._outdated.warning(graph, items, ahead, store)]
        running = {name: self._report(items[name]) for name, state in states.items() if state == "running"}
        return {
            "name": campaign.name,
            "active": active,
            "stages": _count(graph, states),
            "running": [{"name": name, **report} for name, report in running.items()],
            **_pace(graph, items, ahead, running, self.folder.journal()),
            "acquisition": adaptive and adaptive.document(campaign.md.production_ps),
            "warnings": [words for words in older if words]
            + [f"{node.name}: {result.warning}" for node, _, result in learned if result.warning],
            "reference_checks": [
                {"family": node.params["family"], "text": result.text, **result.model_dump(mode="json")}
                for node, _, result in done.of(REFERENCE_CHECK)
            ],
            "errors": [*quarantined.values(), *again.values()],
        }

    def _active(self) -> bool:
        """Check whether an `argyro run` uses the folder."""
        if is_locked(self.folder.run_lock):
            return True
        signs = [*self.folder.scratch.glob("*.lock"), *self.folder.scratch.glob("*.progress.json")]
        items = [sign for sign in signs if sign != self.folder.run_lock]
        return any(time.time() - changed(sign) < SIGN_OF_LIFE_S for sign in items)

    def _quarantined(self, graph: Graph, store: Store) -> dict[str, str]:
        """Find quarantined nodes: name -> first line of the error and its log, newest last."""
        waiting = partial(self._waits, store=store)
        return self._lines(quarantined(self.folder.scratch, graph, waiting))

    def _lines(self, logs: Mapping[str, Path]) -> dict[str, str]:
        return {name: f"{name}: {first_line(log)} (log: {log})" for name, log in logs.items()}

    def _waits(self, item: WorkItem, store: Store) -> bool:
        return self._state(item, store, active=True) == "waiting"

    def _state(self, item: WorkItem | None, store: Store, active: bool) -> str:
        if item is None:
            return "failed"
        if item.key in self._done or store.has(item):
            self._done.add(item.key)
            return "done"
        signs = lock_file(self.folder.scratch, item.key), progress_file(self.folder.scratch, item.key)
        return "running" if active and any(sign.exists() for sign in signs) else "waiting"

    def _report(self, item: WorkItem) -> dict[str, Any]:
        """Read the progress of a running item."""
        try:
            return json.loads(progress_file(self.folder.scratch, item.key).read_text())
        except (OSError, ValueError):
            return {"fraction": 0.0, "text": ""}


def _count(graph: Graph, states: Mapping[str, str]) -> list[dict[str, Any]]:
    stages: dict[str, dict[str, Any]] = {stage: {"name": stage, **dict.fromkeys(STATES, 0)} for stage in graph.stages()}
    for name, state in states.items():
        stages[graph.nodes[name].stage.name][state] += 1
    return list(stages.values())


def _pace(
    graph: Graph,
    items: Mapping[str, WorkItem],
    ahead: Sequence[str],
    running: Mapping[str, Mapping],
    journal: Sequence[Mapping],
) -> dict[str, float | None]:
    """Compute items per hour over the last hour, and the time left at that rate.

    Both are counted in expected core seconds because items differ in size.
    """
    now = time.time()
    recent = [entry for entry in journal if entry["time"] > now - RATE_WINDOW_S]
    if not recent:
        return {"items_per_hour": None, "hours_left": None}
    window_s = min(RATE_WINDOW_S, now - min(entry["time"] - entry["seconds"] for entry in recent))
    cost = {items[name].key: node.cost_core_s for name, node in graph.nodes.items() if name in items}
    partial = sum(cost[items[name].key] * report["fraction"] for name, report in running.items())
    finished = sum(cost.get(entry["key"], 0.0) for entry in recent) + partial
    left = sum(graph.nodes[name].cost_core_s for name in ahead) - partial
    left_s = time_left_s(finished, left, window_s)
    return {
        "items_per_hour": 3600 * len(recent) / window_s,
        "hours_left": None if left_s is None else left_s / 3600,
    }
