"""Tracking of a campaign in MLflow; the campaign continues if MLflow is unavailable."""

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
    """Delivery of records from the spool to MLflow; both methods return the error message, empty on success."""

    def deliver(self) -> str:
        """Empty the spool."""

    def finish(self, status: str, metrics: Mapping[str, float], artifacts: Sequence[Path], mark: str) -> str:
        """Empty the spool, close the campaign's own run and note ``mark`` as delivered."""


class Tracking:
    """Tracking of finished items by spooled records; its errors do not stop the campaign.

    Args:
        spool: spool of waiting records.
        delivery: delivery to MLflow.
        store: store of the items' files.
        common: parameters of every run of the campaign.
    """

    def __init__(self, spool: Spool, delivery: Deliverer, store: Store, common: Mapping[str, object]):
        self.spool, self.delivery, self.store, self.common = spool, delivery, store, common
        self.trouble = ""
        self._told_anything = bool(spool.waiting())

    @property
    def warning(self) -> str:
        """Last error with the folder of the waiting records; empty without an error."""
        if not self.trouble:
            return ""
        return (
            f"MLflow is unavailable ({self.trouble}); results are complete, "
            f"and the next run delivers the records in {self.spool.waiting_folder}"
        )

    def log(self, node: Node, item: WorkItem, result: StageResult) -> None:
        """Record a node's result in MLflow, unless it was delivered."""
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
            self.trouble = ""  # earlier errors are retried
            self._guard(lambda: self.delivery.finish(status, metrics, artifacts, mark))

    def _guard(self, call: Callable[[], str]) -> None:
        try:
            self.trouble = call() or self.trouble
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"
