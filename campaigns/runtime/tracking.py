"""What MLflow is told of a campaign; it may be away, the campaign goes on."""

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
from argyro.platform.execution.work_item import WorkItem


class Deliverer(Protocol):
    """Who carries records from the spool to MLflow; both calls return what went wrong, in words."""

    def deliver(self) -> str:
        """Have the spool emptied."""

    def finish(self, status: str, metrics: Mapping[str, float], artifacts: Sequence[Path], mark: str) -> str:
        """Empty the spool, close the campaign's own run and note ``mark`` as told."""


class Tracking:
    """Spools a record for each finished item and has it delivered; nothing that fails here stops the campaign.

    Args:
        spool: where records wait.
        delivery: who takes them to MLflow.
        store: of the items' artefacts.
        common: parameters of every run of the campaign.
    """

    def __init__(self, spool: Spool, delivery: Deliverer, store: Store, common: Mapping[str, object]):
        self.spool, self.delivery, self.store, self.common = spool, delivery, store, common
        self.trouble = ""
        self._told_anything = bool(spool.waiting())

    @property
    def warning(self) -> str:
        """What went wrong last, and what becomes of the records."""
        if not self.trouble:
            return ""
        return (
            f"MLflow could not be written ({self.trouble}); results are safe, "
            f"and their records wait in {self.spool.waiting_folder} for the next run"
        )

    def log(self, node: Node, item: WorkItem, result: dict) -> None:
        """Tell of a node whose stage returned metrics, unless MLflow knows it."""
        if "metrics" not in result or item.key in self.spool:
            return
        self._guard(lambda: self._put(node, item, result))
        self._guard(self.delivery.deliver)

    def _put(self, node: Node, item: WorkItem, result: dict) -> str:
        folder = Path(self.store.folder(item)) if self.store.local else self.store.path(item)
        self._told_anything = True
        for record in records(node, item, result, folder, self.common):
            self.spool.put(record)
        return ""

    def finish(self, complete: bool, metrics: dict, artifacts: list[Path]) -> None:
        """Close the campaign's own run, unless it was closed with the same values and nothing came since."""
        status = "FINISHED" if complete else "FAILED"
        mark = "finish-" + hashlib.sha256(json.dumps([status, metrics]).encode()).hexdigest()[:16]
        if self._told_anything or mark not in self.spool:
            self.trouble = ""  # whatever failed before is tried once more
            self._guard(lambda: self.delivery.finish(status, metrics, artifacts, mark))

    def _guard(self, call: Callable[[], str]) -> None:
        try:
            self.trouble = call() or self.trouble
        except Exception as error:
            self.trouble = f"{type(error).__name__}: {error}"
