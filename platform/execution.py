"""Carries out one work item: takes its scratch folder, runs its stage, commits the result.

Knows nothing of where it runs: the inline executor calls `execute` in this process, Ray calls it in a worker.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from argyro.platform.store import UNFINISHED, DamagedItem, Store
from argyro.platform.workitem import WorkItem

Stage = Callable[["StageContext"], dict]


@dataclass(frozen=True)
class StageContext:
    """What a stage sees: its inputs, its parents' files, and a folder that survives a kill.

    Args:
        inputs: the work item's inputs.
        parents: role -> local folder of the parent's files, checksums verified.
        workdir: write the item's files here.
        cores: CPU cores granted.
        settings: how to compute it here (interpreters, launchers, time limits); no part of the key.
    """

    inputs: Mapping[str, object]
    parents: Mapping[str, Path]
    workdir: Path
    cores: int = 1
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def unfinished(self) -> Path:
        """Folder for what only serves to resume (restart files, snapshots); dropped when the item is complete."""
        folder = self.workdir / UNFINISHED
        folder.mkdir(exist_ok=True)
        return folder

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell the display how far the item is; cheap enough for every round or every second."""
        partial = self.workdir.parent / f"{self.workdir.name}.progress.part"
        partial.write_text(json.dumps({"fraction": fraction, "text": text}))
        partial.rename(progress_file(self.workdir.parent, self.workdir.name))

    def parent_result(self, role: str) -> dict:
        """The ``result.json`` of a parent."""
        return json.loads((self.parents[role] / "result.json").read_text())


@dataclass(frozen=True)
class Task:
    """A work item ready to run: its parents are complete.

    Args:
        item: what to compute.
        stage: the function that computes it.
        parents: role -> item whose files the stage reads.
        store_uri: where results go.
        scratch: folder for unfinished work, on a disk that survives the process.
        cores: CPU cores to use.
        memory_GB: memory the item needs at most.
        hosted: run in an actor of its own, which restarts and resumes when its node dies.
        settings: what the stage needs to know that does not change its result.
    """

    item: WorkItem
    stage: Stage
    parents: Mapping[str, WorkItem]
    store_uri: str
    scratch: Path
    cores: int = 1
    memory_GB: float = 1.0
    hosted: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a task ended: ``done``, ``failed``, or ``lost`` (its process died; not the item's fault)."""

    key: str
    status: str
    result: dict = field(default_factory=dict)
    error: str = ""
    damaged_parents: tuple[str, ...] = ()


def progress_file(scratch: Path, key: str) -> Path:
    """Where a running item tells how far it is."""
    return scratch / f"{key}.progress.json"


@contextmanager
def _exclusive(path: Path):
    """Hold a lock file, so that an orphan of a killed run and its successor never share a scratch folder."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def execute(task: Task) -> Outcome:
    """Run a task to a committed result; a stage's exception becomes an outcome with its traceback."""
    store = Store(task.store_uri, cache=task.scratch / "parents")
    task.scratch.mkdir(parents=True, exist_ok=True)
    key = task.item.key
    with _exclusive(task.scratch / f"{key}.lock"):
        if store.has(task.item):
            return Outcome(key, "done", store.result(task.item))
        try:
            return _compute(task, store)
        except Exception as error:
            log = f"{type(error).__name__}: {error}\n\n{traceback.format_exc()}"
            return Outcome(key, "failed", error=log)
        finally:
            progress_file(task.scratch, key).unlink(missing_ok=True)


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
    started = time.monotonic()
    result = task.stage(StageContext(task.item.inputs, parents, workdir, task.cores, task.settings))
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
    with (task.scratch / "journal.jsonl").open("a") as journal:
        journal.write(line + "\n")


def discard_scratch(scratch: Path, key: str) -> None:
    """Forget an item's unfinished work, so that its next attempt starts afresh."""
    shutil.rmtree(scratch / key, ignore_errors=True)
