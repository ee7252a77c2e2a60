"""Logs of failed items in `scratch/quarantine`.

A log holds the item's name, a remark, and the error with its traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from argyro.campaigns.pipeline.graph import Graph
from argyro.platform.execution.task import Outcome
from argyro.platform.execution.work_item import WorkItem

REPEATS = "This failure is deterministic; later runs skip the item. Delete this file to try it again."
RETRIED = "This run tries the item again."


def _log_file(scratch: Path, key: str) -> Path:
    return scratch / "quarantine" / f"{key}.log"


def keep_log(scratch: Path, name: str, outcome: Outcome, retried: bool = False) -> None:
    """Write the error of a node's item; `retried` if another attempt follows."""
    log = _log_file(scratch, outcome.key)
    log.parent.mkdir(exist_ok=True)
    remark = RETRIED if retried else REPEATS if outcome.repeats else ""
    log.write_text(f"{name}\n{remark}\n{outcome.error}")


def ended_before(scratch: Path, key: str) -> str:
    """Return the error of an earlier run if it is deterministic; else empty."""
    remark, error = _read(_log_file(scratch, key))
    return error if remark == REPEATS else ""


def _read(log: Path) -> tuple[str, str]:
    """Read the remark and the error of a log; empty for a missing one."""
    try:
        _, remark, error = [*log.read_text(errors="replace").split("\n", 2), "", ""][:3]
    except FileNotFoundError:
        return "", ""
    return remark, error


def quarantined(scratch: Path, graph: Graph, missing: Callable[[WorkItem], bool]) -> dict[str, Path]:
    """Find the quarantined nodes without a later result: name -> log, newest last.

    A log belongs to one key. The key of a node that tolerates failed parents depends on these parents.

    Args:
        scratch: scratch folder of the campaign.
        graph: graph of the campaign.
        missing: function that checks whether an item has no result and does not run.
    """
    logs = [log for log in _logs(scratch) if _read(log)[0] != RETRIED]
    found: dict[str, Path] = {}
    for _ in range(2 if logs else 0):
        items = graph.items(frozenset(found))
        names = {item.key: name for name, item in items.items()}
        for log in logs:
            name = names.get(log.stem)
            if name and missing(items[name]):
                found[name] = log
    return found


def retried(scratch: Path, items: Mapping[str, WorkItem], missing: Callable[[WorkItem], bool]) -> dict[str, Path]:
    """Find the nodes whose attempt failed and that are tried again: name -> log, newest last.

    Args:
        scratch: scratch folder of the campaign.
        items: item of each node.
        missing: function that checks whether an item has no result.
    """
    names = {item.key: name for name, item in items.items()}
    logs = [log for log in _logs(scratch) if log.stem in names and _read(log)[0] == RETRIED]
    return {names[log.stem]: log for log in logs if missing(items[names[log.stem]])}


def _logs(scratch: Path) -> list[Path]:
    return sorted((scratch / "quarantine").glob("*.log"), key=changed)


def first_line(log: Path) -> str:
    """Read the first line of the error in an item's log."""
    return _read(log)[1].partition("\n")[0] or "no message"


def changed(path: Path) -> float:
    """Return the time of a file's last change; 0 for a removed file."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
