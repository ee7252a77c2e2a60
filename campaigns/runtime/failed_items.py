"""Logs of quarantined items in `scratch/quarantine`.

A log holds the item's name, a remark, and the error with its traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from argyro.campaigns.pipeline.graph import Graph
from argyro.platform.execution.task import Outcome
from argyro.platform.execution.work_item import WorkItem

REPEATS = "This failure is deterministic; later runs skip the item. Delete this file to try it again."


def _log_file(scratch: Path, key: str) -> Path:
    return scratch / "quarantine" / f"{key}.log"


def keep_log(scratch: Path, name: str, outcome: Outcome) -> None:
    """Write the error of a node's item."""
    log = _log_file(scratch, outcome.key)
    log.parent.mkdir(exist_ok=True)
    log.write_text(f"{name}\n{REPEATS if outcome.repeats else ''}\n{outcome.error}")


def ended_before(scratch: Path, key: str) -> str:
    """Return the error of an earlier run if it is deterministic; else empty."""
    log = _log_file(scratch, key)
    _, remark, error = [*(log.read_text().split("\n", 2) if log.is_file() else []), "", "", ""][:3]
    return error if remark == REPEATS else ""


def quarantined(scratch: Path, graph: Graph, missing: Callable[[WorkItem], bool]) -> dict[str, Path]:
    """Find the quarantined nodes without a later result: name -> log, newest last.

    A log belongs to one key. The key of a node that tolerates failed parents depends on these parents.

    Args:
        scratch: scratch folder of the campaign.
        graph: graph of the campaign.
        missing: function that checks whether an item has no result and does not run.
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
    """Read the first line of the error in an item's log."""
    lines = log.read_text().split("\n", 2)[2:]
    return lines[0].partition("\n")[0] if lines else "no message"


def changed(path: Path) -> float:
    """Return the time of a file's last change; 0 for a removed file."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
