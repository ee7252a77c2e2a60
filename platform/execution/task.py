"""Compute one work item: take its scratch folder, run its stage, commit the result.

The inline executor calls `execute` in this process, Ray calls it in a worker.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from argyro.platform.execution.disk_faults import storage_fault
from argyro.platform.execution.item_lock import item_lock
from argyro.platform.execution.result_store import DamagedItem, Store, StoreUnavailable
from argyro.platform.execution.stage import Stage, StageContext, StageResult, Unfinished, progress_file
from argyro.platform.execution.time_limit import TimeLimitExceeded, time_limit
from argyro.platform.execution.work_item import WorkItem


@dataclass(frozen=True)
class Resources:
    """Hold the resources of an item while it runs.

    Args:
        cpu: CPU cores.
        gpu: GPUs, or a share of one.
        memory_GB: largest memory.
        custom: name and amount of custom resources of the machines, such as licences.
        limit_s: the item is ended after this time.
    """

    cpu: int = 1
    gpu: float = 0.0
    memory_GB: float = 1.0
    custom: tuple[tuple[str, float], ...] = ()
    limit_s: float | None = None


@dataclass(frozen=True)
class Task:
    """Hold a work item whose parents are complete.

    Args:
        item: to compute.
        stage: computes it.
        parents: role -> items whose files the stage reads.
        store_uri: where results go.
        scratch: folder for unfinished work, on a disk that survives the process.
        resources: of the item.
        settings: how the stage computes here; not part of the key.
    """

    item: WorkItem
    stage: Stage
    parents: Mapping[str, Sequence[WorkItem]]
    store_uri: str
    scratch: Path
    resources: Resources = field(default_factory=Resources)
    settings: object = None

    @property
    def hosted(self) -> bool:
        """Whether it runs in an actor of its own, which restarts and resumes when its node dies."""
        return self.stage.hosted


@dataclass(frozen=True)
class Outcome:
    """Say how a task ended.

    Args:
        key: of its item.
        status: ``done``; ``unfinished``, saved to be resumed; ``failed`` or ``timeout``, the item's fault; ``lost``,
            its process died, or a parent was damaged; ``preempted``, its machine was taken away; ``storage``,
            results cannot be written.
        result: of a done item.
        error: of any other, with a traceback where there is one.
        damaged_parents: keys of parents that were moved aside and must be computed again.
        repeats: another attempt would fail the same way.
    """

    key: str
    status: str
    result: StageResult | None = None
    error: str = ""
    damaged_parents: tuple[str, ...] = ()
    repeats: bool = False


def lock_file(scratch: Path, key: str) -> Path:
    """Lock file of a running item; its time of change is the start of the item."""
    return scratch / f"{key}.lock"


def execute(task: Task) -> Outcome:
    """Run a task to a committed result; every error becomes an outcome."""
    key, folders = task.item.key, [task.scratch]
    try:
        task.scratch.mkdir(parents=True, exist_ok=True)
        store = Store(task.store_uri, cache=task.scratch / "parents")
        if store.local:
            folders.append(Path(store.root))
        with time_limit(task.resources.limit_s), item_lock(lock_file(task.scratch, key)):
            found = store.find(task.item)
            return _compute(task, store) if found is None else Outcome(key, "done", task.stage.read(found))
    except Unfinished as saved:
        return Outcome(key, "unfinished", error=str(saved))
    except TimeLimitExceeded as error:
        return Outcome(key, "timeout", error=_log(error))
    except Exception as error:
        fault = storage_fault(error, folders) or (str(error) if isinstance(error, StoreUnavailable) else "")
        if fault:
            return Outcome(key, "storage", error=fault)
        return Outcome(key, "failed", error=_log(error), repeats=getattr(error, "repeats", False))
    finally:
        progress_file(task.scratch, key).unlink(missing_ok=True)


def _log(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}\n\n{traceback.format_exc()}"


def _compute(task: Task, store: Store) -> Outcome:
    folders: dict[str, list[Path]] = {}
    damaged = []
    for role, parents in task.parents.items():
        for parent in parents:
            try:
                folders.setdefault(role, []).append(store.path(parent))
            except DamagedItem:
                damaged.append(parent.key)
    if damaged:
        return Outcome(task.item.key, "lost", error="a parent was damaged", damaged_parents=tuple(damaged))
    workdir = task.scratch / task.item.key
    workdir.mkdir(exist_ok=True)
    inputs = task.stage.inputs.model_validate(task.item.inputs)
    context = StageContext(inputs, folders, workdir, task.settings, task.resources.cpu, task.resources.limit_s)
    started = time.monotonic()
    result = task.stage.run(context)
    seconds = time.monotonic() - started
    store.commit(task.item, workdir, result.model_dump(mode="json"), seconds)
    _journal(task, seconds)
    return Outcome(task.item.key, "done", result)


def _journal(task: Task, seconds: float) -> None:
    """Append a line for a completed computation, as proof that nothing is computed twice."""
    line = json.dumps(
        {
            "key": task.item.key,
            "stage": task.item.stage,
            "seconds": round(seconds, 3),
            "time": time.time(),
            "pid": os.getpid(),
        }
    )
    with (task.scratch / "journal.jsonl").open("ab") as journal:
        # a process that was killed as it wrote leaves a line without end; it must not spoil this one
        journal.write(f"\n{line}\n".encode())


def discard_scratch(scratch: Path, key: str) -> None:
    """Delete an item's unfinished work, so that the next attempt starts from the beginning."""
    shutil.rmtree(scratch / key, ignore_errors=True)
