"""Delivery of spooled records to MLflow; failed deliveries are retried later."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from argyro.actors.mlflow_queue import Spool
from argyro.actors.mlflow_tracker import MLflowTracker

RETRY_S = 30.0


class Delivery:
    """Delivery to MLflow. Never raises: methods return the error message and retry later.

    Args:
        spool_folder: folder of the `Spool`.
        destination: destination of the `Spool`.
        tracker: arguments of `MLflowTracker`.
    """

    def __init__(self, spool_folder: Path, destination: str, tracker: Mapping[str, Any]):
        self.spool, self.arguments = Spool(spool_folder, destination), tracker
        self._tracker: MLflowTracker | None = None
        self._retry_at = 0.0
        self._trouble = ""

    def deliver(self) -> str:
        """Log all waiting records and return the error message, empty on success."""
        if time.monotonic() < self._retry_at:
            return self._trouble
        return self._attempt(self._deliver)

    def finish(self, status: str, metrics: Mapping[str, float], artifacts: Sequence[Path], mark: str) -> str:
        """Log all waiting records, close the campaign's parent run and mark ``mark`` as delivered."""

        def close(tracker: MLflowTracker) -> None:
            self._deliver(tracker)
            tracker.finish(status, metrics, artifacts)
            self.spool.mark(mark)

        return self._attempt(close)

    def _attempt(self, call: Callable[[MLflowTracker], object]) -> str:
        try:
            self._tracker = self._tracker or MLflowTracker(**self.arguments)
            call(self._tracker)
        except Exception as error:
            self._tracker, self._retry_at = None, time.monotonic() + RETRY_S
            self._trouble = f"{type(error).__name__}: {error}"
        else:
            self._trouble = ""
        return self._trouble

    def _deliver(self, tracker: MLflowTracker) -> None:
        from mlflow.exceptions import MlflowException

        while files := self.spool.waiting():
            for file in files:
                try:
                    record = self.spool.read(file)
                except (ValueError, KeyError, TypeError) as error:
                    self.spool.refuse(file, f"the file is damaged: {error}")  # the next run writes it again
                    continue
                try:
                    tracker.log(record)
                except MlflowException as error:
                    if error.error_code != "INVALID_PARAMETER_VALUE":
                        raise
                    self.spool.refuse(file, str(error))
                else:
                    self.spool.mark(record.key)
