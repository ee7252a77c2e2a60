"""Delivery to MLflow by a Ray actor, so that logging does not delay the campaign."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from argyro.actors.mlflow_uploader import Delivery

# Records that are not delivered this long after a campaign's end wait for the next run.
LAST_CALL_S = 600.0


class RemoteDelivery:
    """Delivery by one actor on the driver's node, which has the spool; same interface as `Delivery`.

    All state of the actor is in the spool or in MLflow, so it can restart.

    Args:
        join: function that connects to the cluster.
        arguments: arguments of `Delivery`.
    """

    def __init__(self, join: Callable[[], None], **arguments: Any):
        self._join, self._arguments = join, arguments
        self._actor: ray.actor.ActorHandle | None = None
        self._under_way: ray.ObjectRef | None = None

    def _started(self) -> ray.actor.ActorHandle:
        if self._actor is None:
            self._join()
            here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
            # Ray's annotations lack node affinity
            remote = ray.remote(num_cpus=0, max_restarts=4, max_task_retries=4, scheduling_strategy=here)  # type: ignore[call-overload]
            self._actor = remote(Delivery).remote(**self._arguments)
        return self._actor

    def deliver(self) -> str:
        """Start the delivery of the spool, unless one is running; do not wait."""
        if self._under_way is not None and not ray.wait([self._under_way], timeout=0)[0]:
            return ""
        finished, self._under_way = self._under_way, self._started().deliver.remote()
        return "" if finished is None else str(ray.get(finished))

    def finish(self, status: str, metrics: Mapping[str, float], artifacts: Sequence[Path], mark: str) -> str:
        """Wait for the delivery of all records, then close the campaign's parent run."""
        return str(ray.get(self._started().finish.remote(status, metrics, artifacts, mark), timeout=LAST_CALL_S))
