"""The Ray executor: tasks for bursts, an actor of its own for every hosted item."""

from __future__ import annotations

import os
from typing import Any

import ray

from argyro.platform.errors import ArgyroError
from argyro.platform.execution import Outcome, Task, execute

# Held ready beyond what runs, so that no core waits for the driver.
QUEUE_AHEAD = 2


def connect(address: str | None = None, cores: int | None = None) -> None:
    """Join a cluster, or start one on this machine that listens on loopback only.

    Args:
        address: ``local`` or None for a cluster of our own, ``auto`` for the one this machine belongs to, or its URL.
        cores: CPU cores of a local cluster; all by default.

    Raises:
        ArgyroError: there is no cluster at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address in (None, "local"):
        ray.init(
            address="local",
            num_cpus=cores or os.cpu_count(),
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
            **options,
        )
        return
    try:
        ray.init(address=address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ArgyroError(
            f"no Ray cluster answers at {address!r} ({error}); start one with `ray start --head`, "
            "or leave --address out to use this machine"
        ) from error


@ray.remote
def _run_task(task: Task) -> Outcome:
    return execute(task)


@ray.remote(max_restarts=4, max_task_retries=4)
class ItemHost:
    """Holds one long item. Everything it knows is in the item's scratch folder, so a restart goes on from there."""

    def run(self, task: Task) -> Outcome:
        """Compute the item, or go on with it."""
        return execute(task)


class RayExecutor:
    """Runs tasks on the cluster that `connect` joined."""

    def __init__(self) -> None:
        self._running: dict[ray.ObjectRef, Task] = {}
        self._hosts: dict[str, ray.actor.ActorHandle] = {}

    @property
    def slots(self) -> int:
        """All cores of the cluster, and a few tasks ahead."""
        return int(ray.cluster_resources().get("CPU", 1)) + QUEUE_AHEAD

    def submit(self, task: Task) -> None:
        """Start a task with the cores and memory it asks for; Ray sets OMP_NUM_THREADS from the cores."""
        resources = {"num_cpus": task.cores, "memory": int(task.memory_GB * 1e9)}
        if task.hosted:
            # mypy does not follow the decorators of classes
            host = ItemHost.options(**resources).remote()  # type: ignore[attr-defined]
            self._hosts[task.item.key] = host
            self._running[host.run.remote(task)] = task
        else:
            self._running[_run_task.options(**resources, max_retries=2).remote(task)] = task

    def wait(self) -> list[Outcome]:
        """Outcomes of the tasks that finished first; one whose process died is ``lost``."""
        ready, _ = ray.wait(list(self._running), num_returns=1)
        return [self._outcome(reference) for reference in ready]

    def _outcome(self, reference: ray.ObjectRef) -> Outcome:
        task = self._running.pop(reference)
        self._hosts.pop(task.item.key, None)  # the last handle gone, the actor ends
        try:
            return ray.get(reference)
        except ray.exceptions.RayError as error:
            return Outcome(task.item.key, "lost", error=str(error))

    def close(self) -> None:
        """Leave the cluster; a local one ends, and its processes with it."""
        ray.shutdown()
