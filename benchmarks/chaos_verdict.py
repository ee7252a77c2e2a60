"""Comparison of a campaign under fault injection with its unkilled run."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

RELATIVE = 1e-9  # of equal numbers
TIMES = ("seconds", "core_hour", "profile_s", "pieces")  # parts of names that tell how, not what, was computed


def verdict(unkilled: Path, killed: Path) -> dict[str, Any]:
    """Find the faults of a finished campaign.

    Returns:
        ``items``, ``computed``, and the non-empty ``faults``: ``computed_twice``, ``lost_or_damaged``,
        ``untracked_or_twice``, ``other_items`` and ``other_values`` than in the unkilled run.
    """
    wanted, _ = results(unkilled)
    found, damaged = results(killed)
    entries = Counter(entry["key"] for entry in _folder(killed).journal())
    faults = {
        "computed_twice": sorted(key for key, count in entries.items() if count > 1),
        "lost_or_damaged": damaged,
        "untracked_or_twice": tracked_wrongly(killed),
        "other_items": sorted(set(found) ^ set(wanted)),
        "other_values": sorted(n for n in set(found) & set(wanted) if not equal(found[n], wanted[n])),
    }
    return {
        "items": len(found),
        "computed": len(entries),
        "faults": {name: names for name, names in faults.items() if names},
    }


def _folder(root: Path) -> Any:
    from argyro.campaigns.runtime.workspace import CampaignFolder

    return CampaignFolder(root.resolve())


def results(root: Path) -> tuple[dict[str, dict], list[str]]:
    """Read the result of each item by name, and list the damaged or missing items."""
    from argyro.campaigns.pipeline.grow_graph import grown_graph
    from argyro.platform.execution.result_store import DamagedItem

    folder = _folder(root)
    campaign = folder.campaign()
    store = folder.store(campaign)
    found, damaged = {}, []
    for name, item in grown_graph(campaign, store, costs=folder.costs()).items().items():
        try:
            store.path(item)
            found[name] = store.result(item)
        except (DamagedItem, OSError):
            damaged.append(name)
    return found, damaged


def tracked_wrongly(root: Path) -> dict[str, int]:
    """Count the finished MLflow runs of each tracked item that has not exactly one."""
    from mlflow import MlflowClient

    from argyro.actors.mlflow_tracker import KEY_TAG, default_tracking_uri
    from argyro.campaigns.pipeline.grow_graph import finished, grown_graph

    folder = _folder(root)
    campaign = folder.campaign()
    store = folder.store(campaign)
    graph = grown_graph(campaign, store, costs=folder.costs())
    items = graph.items()
    keys = {items[name].key: name for name, result in finished(graph, store).results.items() if result.tracked()}
    client = MlflowClient(campaign.tracking or default_tracking_uri(folder.root))
    experiment = client.get_experiment_by_name(campaign.name)
    counts: Counter = Counter()
    token = None
    while True:
        page = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'", page_token=token)
        counts.update(run.data.tags.get(KEY_TAG) for run in page)
        if not (token := page.token):
            return {name: counts[key] for key, name in keys.items() if counts[key] != 1}


def equal(a: Any, b: Any) -> bool:
    """Compare two results by value; measured times count as equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        return set(a) == set(b) and all(any(t in name for t in TIMES) or equal(a[name], b[name]) for name in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=RELATIVE) or (math.isnan(a) and math.isnan(b))
    return a == b
