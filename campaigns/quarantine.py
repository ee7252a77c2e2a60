"""Items that failed for good, told from the logs they left in `scratch/quarantine`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from argyro.campaigns.graph import Graph
from argyro.platform.workitem import WorkItem


def quarantined(scratch: Path, graph: Graph, missing: Callable[[WorkItem], bool]) -> dict[str, Path]:
    """Name -> log of nodes that failed for good and have no result since, newest last.

    A log counts for the key it was written for; keys of nodes that tolerate a failed parent depend on which failed.

    Args:
        scratch: of the campaign's folder.
        graph: of the campaign.
        missing: whether an item has no result and is not at work.
    """
    logs = sorted((scratch / "quarantine").glob("*.log"), key=changed)
    found: dict[str, Path] = {}
    for _ in range(2 if logs else 0):
        items = graph.items(frozenset(found))
        names = {item.key: name for name, item in items.items()}
        for log in logs:
            name = names.get(log.stem)
            if name and missing(items[name]):
                found[name] = log
    return found


def first_line(log: Path) -> str:
    """Of the error in an item's log, below the item's name."""
    lines = log.read_text().split("\n", 2)[2:]
    return lines[0].partition("\n")[0] if lines else "no message"


def changed(path: Path) -> float:
    """When a file changed last; long ago for one that went away meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
