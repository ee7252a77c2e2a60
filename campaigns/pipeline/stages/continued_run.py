"""Keep the state of a self-lengthening run with its item, and continue it under a larger budget."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from argyro.platform.execution.result_store import MANIFEST
from argyro.platform.execution.stage import StageContext

STATE, TRAJECTORY = "state", "trajectory.bin"
KEPT = ("run.json", "summary.json", "equilibration/log.*", "production/log.*")
RESTARTS = ("equilibration", "production")


def keep_state(run: Path, workdir: Path) -> None:
    """Copy the files that continue a run to its item: logs, the newest restart files, settings.

    Args:
        run: folder of the finished run.
        workdir: folder of the item.
    """
    found = [path for pattern in KEPT for path in run.glob(pattern)]
    for stage in RESTARTS:
        found += sorted((run / stage).glob("restart.*"), key=lambda path: int(path.suffix[1:]))[-1:]
    for path in found:
        target = workdir / STATE / path.relative_to(run)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def restore_state(context: StageContext, run: Path) -> bool:
    """Start a run from that of a finished item that differs by a smaller budget; return False if there is none.

    Args:
        context: of the item.
        run: folder of the run; one that exists is left as it is.
    """
    earlier = None if run.exists() else _earlier(context)
    if earlier is None:
        return False
    partial = run.with_name(f"{run.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(earlier / STATE, partial)
    shutil.copy(earlier / TRAJECTORY, partial / TRAJECTORY)
    partial.rename(run)
    return True


def _earlier(context: StageContext) -> Path | None:
    """Find the longest run among the items; a remote store gives none."""
    alike = list(_alike(context))
    return max(alike, key=lambda folder: (folder / TRAJECTORY).stat().st_size, default=None)


def _alike(context: StageContext) -> Iterator[Path]:
    """List the finished items of the same inputs and parents whose budget is smaller."""
    folders = [folder for parents in context.folders.values() for folder in parents]
    own, budget_ps = _without_budget(context.inputs.model_dump(mode="json"))
    parents = {role: [folder.name for folder in found] for role, found in context.folders.items()}
    for path in (folders[0].parents[1] / "md").glob("*/item.json"):
        item = json.loads(path.read_text())
        if not (path.parent / STATE).is_dir() or not (path.parent / MANIFEST).is_file() or item["parents"] != parents:
            continue
        inputs, smaller_ps = _without_budget(item["inputs"])
        if inputs == own and smaller_ps < budget_ps:
            yield path.parent


def _without_budget(inputs: Mapping) -> tuple[dict, float]:
    """Split the inputs of an item into the budget and all others."""
    until = inputs.get("until") or {"max_ps": float("inf")}
    return {**inputs, "until": {**until, "max_ps": None}}, until["max_ps"]
