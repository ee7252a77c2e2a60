"""The tracker as a Ray actor: logging never holds up the campaign."""

from __future__ import annotations

from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from argyro.actors.tracker import MLflowTracker, Record


class RemoteTracker:
    """The interface of `MLflowTracker`, carried out in order by one actor on the driver's node.

    A database in the campaign's folder lies on that node. The actor restarts with what MLflow holds; what was lost
    with it is logged at the campaign's next run.
    """

    def __init__(self, **arguments: Any):
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        # Ray's annotations leave node affinity out of the strategies
        remote = ray.remote(num_cpus=0, max_restarts=4, scheduling_strategy=here)  # type: ignore[call-overload]
        actor = remote(MLflowTracker)
        self._actor = actor.remote(**arguments)
        self._pending: list[ray.ObjectRef] = []

    def log(self, record: Record) -> None:
        """Queue a record."""
        self._pending.append(self._actor.log.remote(record))

    def finish(self, status: str, metrics: dict, artifacts: list) -> None:
        """Wait for all records, then close the parent run."""
        self._pending.append(self._actor.finish.remote(status, metrics, artifacts))
        ray.get(self._pending)
