"""Carries out one work item: takes its scratch folder, runs its stage, commits the result.

Knows nothing of where it runs: the inline executor calls `execute` in this process, Ray calls it in a worker.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.atomic_files import write_json
from argyro.platform.execution.disk_faults import storage_fault
from argyro.platform.execution.item_lock import item_lock
from argyro.platform.execution.result_store import MANIFEST, UNFINISHED, DamagedItem, Store, StoreUnavailable
from argyro.platform.execution.time_limit import TimeLimitExceeded, time_limit
from argyro.platform.execution.work_item import WorkItem

Stage = Callable[["StageContext"], dict]


class Unfinished(ArgyroError):
    """Raised by a stage that has saved its work in time; another task goes on with it."""


@dataclass(frozen=True)
class StageContext:
    """What a stage sees: its inputs, its parents' files, and a folder that survives a kill.

    Args:
        inputs: the work item's inputs.
        parents: role -> local folder of the parent's files, checksums verified.
        workdir: write the item's files here.
        cores: CPU cores granted.
        settings: how to compute it here (interpreters, launchers, time limits); no part of the key.
        limit_s: after which the item is ended; who can save its work stops by itself before, see `Unfinished`.
    """

    inputs: Mapping[str, object]
    parents: Mapping[str, Path]
    workdir: Path
    cores: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)
    limit_s: float | None = None

    @property
    def unfinished(self) -> Path:
        """Folder for what only serves to resume (restart files, snapshots); dropped when the item is complete."""
        folder = self.workdir / UNFINISHED
        folder.mkdir(exist_ok=True)
        return folder

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell the display how far the item is; cheap enough for every round or every second."""
        file = progress_file(self.workdir.parent, self.workdir.name)
        write_json(file, {"fraction": fraction, "text": text})

    def parent_result(self, role: str) -> dict:
        """The ``result.json`` of a parent."""
        return json.loads((self.parents[role] / "result.json").read_text())

    def parent_seconds(self, role: str) -> float:
        """How long a parent took to compute."""
        return json.loads((self.parents[role] / MANIFEST).read_text())["seconds"]


@dataclass(frozen=True)
class Resources:
    """What an item occupies while it runs.

    Args:
        cpu: CPU cores.
        gpu: GPUs, or a share of one.
        memory_GB: memory at most.
        custom: name and amount of what the machines were started with besides, such as licences.
        limit_s: the item is ended after this time.
    """

    cpu: int = 1
    gpu: float = 0.0
    memory_GB: float = 1.0
    custom: tuple[tuple[str, float], ...] = ()
    limit_s: float | None = None


@dataclass(frozen=True)
class Task:
    """A work item ready to run: its parents are complete.

    Args:
        item: what to compute.
        stage: the function that computes it.
        parents: role -> item whose files the stage reads.
        store_uri: where results go.
        scratch: folder for unfinished work, on a disk that survives the process.
        resources: what it occupies.
        hosted: run in an actor of its own, which restarts and resumes when its node dies.
        settings: what the stage needs to know that does not change its result.
    """

    item: WorkItem
    stage: Stage
    parents: Mapping[str, WorkItem]
    store_uri: str
    scratch: Path
    resources: Resources = field(default_factory=Resources)
    hosted: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Args:
        key: of its item.
        status: ``done``; ``unfinished``, saved and to be gone on with; ``failed`` or ``timeout``, the item's fault;
            ``lost``, its process died, or a parent was damaged; ``preempted``, its machine went away; ``storage``,
            results cannot be written.
        result: of a done item.
        error: of any other, with a traceback where there is one.
        damaged_parents: keys of parents that were moved aside and must be computed again.
        repeats: another attempt would fail alike.
    """

    key: str
    status: str
    result: dict = field(default_factory=dict)
    error: str = ""
    damaged_parents: tuple[str, ...] = ()
    repeats: bool = False


def progress_file(scratch: Path, key: str) -> Path:
    """Where a running item tells how far it is."""
    return scratch / f"{key}.progress.json"


def lock_file(scratch: Path, key: str) -> Path:
    """What a running item holds; its time of change is when it began."""
    return scratch / f"{key}.lock"


def execute(task: Task) -> Outcome:
    """Run a task to a committed result; whatever goes wrong becomes an outcome that says so."""
    key, folders = task.item.key, [task.scratch]
    try:
        task.scratch.mkdir(parents=True, exist_ok=True)
        store = Store(task.store_uri, cache=task.scratch / "parents")
        if store.local:
            folders.append(Path(store.root))
        with time_limit(task.resources.limit_s), item_lock(lock_file(task.scratch, key)):
            result = store.find(task.item)
            return _compute(task, store) if result is None else Outcome(key, "done", result)
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
    parents, damaged = {}, []
    for role, parent in task.parents.items():
        try:
            parents[role] = store.path(parent)
        except DamagedItem:
            damaged.append(parent.key)
    if damaged:
        return Outcome(task.item.key, "lost", error="a parent was damaged", damaged_parents=tuple(damaged))
    workdir = task.scratch / task.item.key
    workdir.mkdir(exist_ok=True)
    cores, limit_s = task.resources.cpu, task.resources.limit_s
    started = time.monotonic()
    result = task.stage(StageContext(task.item.inputs, parents, workdir, cores, task.settings, limit_s))
    seconds = time.monotonic() - started
    store.commit(task.item, workdir, result, seconds)
    _journal(task, seconds)
    return Outcome(task.item.key, "done", result)


def _journal(task: Task, seconds: float) -> None:
    """One line for each completed computation: what was computed is never computed again, and this proves it."""
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
    """Forget an item's unfinished work, so that its next attempt starts afresh."""
    shutil.rmtree(scratch / key, ignore_errors=True)
