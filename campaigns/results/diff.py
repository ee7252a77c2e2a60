"""Comparison of two campaigns: settings, common and different work items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from argyro.campaigns.pipeline.build_graph import assumed_campaign, whole_graph
from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.pipeline.grow_graph import found_disorders
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.load import load_campaign
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.execution.work_item import WorkItem


def read_campaign(path: Path) -> Campaign:
    """Read the campaign of a file, or the last one of a folder.

    Raises:
        InputError: the path is neither a campaign file nor a campaign's folder.
    """
    return CampaignFolder(path).campaign() if path.is_dir() else load_campaign(path)


def read_campaigns(a: Path, b: Path) -> tuple[Campaign, Campaign]:
    """Read two campaigns; between two folders, with the predicted disorders that they found.

    Raises:
        InputError: a path is neither a campaign file nor a campaign's folder.
    """
    campaigns = read_campaign(a), read_campaign(b)
    if a.is_dir() and b.is_dir():
        return _as_found(campaigns[0], a), _as_found(campaigns[1], b)
    return campaigns


def _as_found(campaign: Campaign, root: Path) -> Campaign:
    return assumed_campaign(campaign, found_disorders(campaign, CampaignFolder(root).store(campaign)))


def campaign_diff(a: Campaign, b: Campaign) -> dict[str, Any]:
    """Return the document of `argyro diff`.

    Common items have equal keys, so all inputs to their results are equal. An item with one name and two keys has
    changed, by its own inputs or by a parent. For an adaptive campaign all possible runs are compared.
    """
    graphs = whole_graph(a), whole_graph(b)
    items = graphs[0].items(), graphs[1].items()
    changed = [name for name in items[0] if name in items[1] and items[0][name].key != items[1][name].key]
    return {
        "a": a.name,
        "b": b.name,
        "settings": list(_settings("", a.model_dump(mode="json"), b.model_dump(mode="json"))),
        "stages": _stages(graphs, items),
        "causes": _causes(changed, *items),
        "same": not changed and set(items[0]) == set(items[1]),
    }


def _settings(path: str, a: object, b: object) -> Iterator[dict[str, object]]:
    """List different settings; for lists of distinct values, list the values of one side only."""
    if a == b:
        return
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for name in [*a, *(name for name in b if name not in a)]:
            yield from _settings(f"{path}.{name}".lstrip("."), a.get(name), b.get(name))
    elif _distinct(a) and _distinct(b):
        yield {
            "path": path,
            "a": [value for value in a if value not in b],
            "b": [value for value in b if value not in a],
        }
    else:
        yield {"path": path, "a": a, "b": b}


def _distinct(values: object) -> TypeGuard[list]:
    return isinstance(values, list) and all(values.count(value) == 1 for value in values)


def _stages(
    graphs: tuple[Graph, Graph], items: tuple[dict[str, WorkItem], dict[str, WorkItem]]
) -> list[dict[str, Any]]:
    """Count per stage the common items and those of one campaign only."""
    rows = []
    for stage in dict.fromkeys([*graphs[0].stages(), *graphs[1].stages()]):
        a, b = ({item.key for item in side.values() if item.stage == stage} for side in items)
        rows.append({"name": stage, "common": len(a & b), "only_a": len(a - b), "only_b": len(b - a)})
    return rows


def _causes(changed: list[str], a: Mapping[str, WorkItem], b: Mapping[str, WorkItem]) -> list[dict[str, Any]]:
    """Count the reasons for changed items, most frequent first: changed inputs, else "its parents"."""
    counts: Counter[tuple[str, str]] = Counter()
    for name in changed:
        for reason in _reasons(a[name], b[name]) or ["its parents"]:
            counts[a[name].stage, reason] += 1
    return [{"stage": stage, "because": reason, "items": count} for (stage, reason), count in counts.most_common()]


def _reasons(a: WorkItem, b: WorkItem) -> list[str]:
    reasons = [_change(name, a.inputs.get(name), b.inputs.get(name)) for name in sorted({*a.inputs, *b.inputs})]
    if a.version != b.version:
        reasons.append(f"version of the stage: {a.version} → {b.version}")
    parents = [sum(map(len, item.parents.values())) for item in (a, b)]
    if parents[0] != parents[1]:
        reasons.append(f"{abs(parents[1] - parents[0])} {'more' if parents[1] > parents[0] else 'fewer'} parents")
    return [reason for reason in reasons if reason]


def _change(name: str, a: object, b: object) -> str:
    """Describe a change; for mappings, only the different entries."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        inner = [_change(key, a.get(key), b.get(key)) for key in sorted({*a, *b})]
        return ", ".join(text for text in inner if text)
    return "" if a == b else f"{name}: {_short(a)} → {_short(b)}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
