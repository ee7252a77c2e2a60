"""Record a campaign in MLflow; if MLflow is unavailable the campaign continues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from argyro.actors.mlflow_queue import Spool
from argyro.campaigns.pipeline.graph import Node
from argyro.campaigns.runtime.mlflow_records import records
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import StageResult, Tracked
from argyro.platform.execution.work_item import WorkItem


class Deliverer(Protocol):
    """Move records from the spool to MLflow; both calls return the error in words, empty without one."""

    def deliver(self) -> str:
        """Empty the spool."""

    def finish(self, status: str, metrics: Mapping[str, float], artifacts: Sequence[Path], mark: str) -> str:
        """Empty the spool, close the campaign's own run and note ``mark`` as delivered."""


class Tracking:
    """Spool a record for each finished item and deliver it; an error here does not stop the campaign.

    Args:
        spool: where records wait.
        delivery: moves them to MLflow.
        store: of the items' files.
        common: parameters of every run of the campaign.
    """

    def __init__(self, spool: Spool, delivery: Deliverer, store: Store, common: Mapping[str, object]):
        self.spool, self.delivery, self.store, self.common = spool, delivery, store, common
        self.trouble = ""
        self._told_anything = bool(spool.waiting())

    @property
    def warning(self) -> str:
        """Last error, with the place of the records; empty without one."""
        if not self.trouble:
            return ""
        return (
            f"MLflow could not be written ({self.trouble}); results are safe, "
            f"and their records wait in {self.spool.waiting_folder} for the next run"
        )

    def log(self, node: Node, item: WorkItem, result: StageResult) -> None:
        """Record a node whose result has a part for MLflow, unless MLflow has it."""
        tracked = result.tracked()
        if tracked is None or item.key in self.spool:
            return
        self._guard(lambda: self._put(node, item, result, tracked))
        self._guard(self.delivery.deliver)

    def _put(self, node: Node, item: WorkItem, result: StageResult, tracked: Tracked) -> str:
        folder = Path(self.store.folder(item)) if self.store.local else self.store.path(item)
        self._told_anything = True
        for record in records(node, item, result, tracked, folder, self.common):
            self.spool.put(record)
        return ""

    def finish(self, complete: bool, metrics: dict, artifacts: list[Path]) -> None:
        """Close the campaign's own run, unless it was closed with the same values and there are no new records."""
        status = "FINISHED" if complete else "FAILED"
        mark = "finish-" + hashlib.sha256(json.dumps([status, metrics]).encode()).hexdigest()[:16]
        if self._told_anything or mark not in self.spool:
            self.trouble = ""  # errors before are tried again
            self._guard(lambda: self.delivery.finish(status, metrics, artifacts, mark))

    def _guard(self, call: Callable[[], str]) -> None:
        try:
            self.trouble = call() or self.trouble
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"
