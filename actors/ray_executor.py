"""Ray executor: tasks for short items, one actor for each hosted item."""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import ray

from argyro.actors.ray_cluster import connect
from argyro.actors.ray_watchdog import RAYLET, REPAIR, Watchdog
from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.execution.child_processes import die_with_parent
from argyro.platform.execution.item_lock import held_since
from argyro.platform.execution.task import Outcome, Resources, Task, execute, lock_file

# Tasks queued beyond the running ones, so that no core waits for the driver. On an elastic cluster, waiting tasks
# request nodes; a larger node may take this long to start.
QUEUE_AHEAD, ELASTIC_AHEAD = 2, 32
ELASTIC_PATIENCE_S = 900.0
# An item ends itself at its time limit; the executor kills items stuck in compiled code or in the kernel.
GRACE_S = 60.0
LOOK_EVERY_S = 5.0
# Ray's message for an actor on a lost machine, which has no exception class of its own.
ACTOR_NODE_DIED = "its node has died"


def _compute(task: Task, directory: str) -> Outcome:
    """Compute a task in the driver's current directory, to which the names in a campaign file refer."""
    die_with_parent()
    try:
        os.chdir(directory)
    except OSError as error:
        message = f"{directory} is not available on {socket.gethostname()} ({error.strerror}); run argyro in a folder "
        return Outcome(task.item.key, "failed", error=f"{message}that all machines of the cluster share")
    return execute(task)


@ray.remote(max_retries=0)
def _run_task(task: Task, directory: str) -> Outcome:
    return _compute(task, directory)


@ray.remote(max_restarts=0)
class ItemHost:
    """Actor of one long item. Its state is in the item's scratch folder, from which a successor resumes."""

    def run(self, task: Task, directory: str) -> Outcome:
        """Compute or resume the item in a directory."""
        return _compute(task, directory)


def ray_options(resources: Resources) -> dict[str, object]:
    """Convert resources to Ray options; Ray sets OMP_NUM_THREADS from cores and CUDA_VISIBLE_DEVICES from GPUs."""
    return {
        "num_cpus": resources.cpu,
        "num_gpus": resources.gpu,
        "memory": int(resources.memory_GB * 1e9),
        "resources": dict(resources.custom),
    }


def amounts(resources: Resources) -> dict[str, float]:
    """Convert resources to the names of Ray's nodes."""
    named = {"CPU": float(resources.cpu), "GPU": resources.gpu, "memory": resources.memory_GB * 1e9}
    return {name: amount for name, amount in (named | dict(resources.custom)).items() if amount}


def node_went_away(error: ray.exceptions.RayError) -> bool:
    """Check whether a process died with its machine, such as a spot instance."""
    kinds = (ray.exceptions.NodeDiedError, ray.exceptions.ActorUnavailableError)
    return isinstance(error, kinds) or ACTOR_NODE_DIED in str(error)


def _too_large(wanted: Mapping[str, float], nodes: list[Mapping[str, float]]) -> InputError:
    most = {name: max((node.get(name, 0.0) for node in nodes), default=0.0) for name in wanted}
    listed = ", ".join(f"{name} {amount:g} (largest node: {most[name]:g})" for name, amount in wanted.items())
    return InputError(
        f"an item needs {listed}, which exceeds every node of the Ray cluster; lower `resources` in the campaign file, "
        "or start larger nodes (custom resources: ray start --resources) and join them with --address",
        accepted=str(most),
    )


class RayExecutor:
    """Executor on a Ray cluster, joined at the first submission.

    Args:
        join: function that connects to the cluster.
        elastic: whether the cluster adds nodes on demand.
    """

    def __init__(self, join: Callable[[], None] = connect, elastic: bool = False) -> None:
        self._join = join
        self._ahead = ELASTIC_AHEAD if elastic else QUEUE_AHEAD
        self._patience_s = ELASTIC_PATIENCE_S if elastic else 0.0
        self._misfit_since: dict[Resources, float] = {}
        self._running: dict[ray.ObjectRef, tuple[Task, float]] = {}  # with the time of submission
        self._hosts: dict[str, ray.actor.ActorHandle] = {}
        self._looked = time.monotonic()
        self._overdue: set[str] = set()
        self._occupied: Counter[str] = Counter()
        self._known_nodes: tuple[float, list[Mapping[str, float]]] = (0.0, [])
        self._fitting: set[Resources] = set()
        self._watchdog: Watchdog | None = None

    def _nodes(self) -> list[Mapping[str, float]]:
        """Return the resources of each node, refreshed every few seconds."""
        self._join()
        if self._watchdog is None:
            self._watchdog = Watchdog.of_this_node().start()
        asked, nodes = self._known_nodes
        if time.monotonic() - asked > LOOK_EVERY_S or not nodes:
            nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            self._known_nodes = (time.monotonic(), nodes)
        return nodes

    @property
    def fault(self) -> str:
        """Reason for a `KeyboardInterrupt` by the watchdog; else empty."""
        return self._watchdog.fault if self._watchdog is not None else ""

    def has_room(self, resources: Resources) -> bool:
        """Check whether the cluster has room for the running tasks and this one, with a few queued tasks allowed.

        Raises:
            InputError: no node is or was large enough, so the task would wait forever.
        """
        nodes, wanted = self._nodes(), amounts(resources)
        self._require_a_node(resources)
        return all(
            self._occupied[name] + amount <= sum(node.get(name, 0.0) for node in nodes) + self._ahead * amount
            for name, amount in wanted.items()
        )

    def _require_a_node(self, resources: Resources) -> None:
        """Require a present, former or (on an elastic cluster) future node that is large enough."""
        nodes, wanted = self._nodes(), amounts(resources)
        if any(all(node.get(name, 0.0) >= amount for name, amount in wanted.items()) for node in nodes):
            self._fitting.add(resources)
        elif resources not in self._fitting:
            since = self._misfit_since.setdefault(resources, time.monotonic())
            if time.monotonic() - since >= self._patience_s:
                raise _too_large(wanted, nodes)

    def submit(self, task: Task) -> None:
        """Start a task with its resources."""
        options = ray_options(task.resources)
        if task.hosted:
            # mypy does not follow the decorators of classes
            host = ItemHost.options(**options).remote()  # type: ignore[attr-defined]
            self._hosts[task.item.key] = host
            reference = host.run.remote(task, str(Path.cwd()))
        else:
            reference = _run_task.options(**options).remote(task, str(Path.cwd()))
        self._running[reference] = (task, time.time())
        self._occupied.update(amounts(task.resources))

    def wait(self, timeout_s: float) -> list[Outcome]:
        """Wait for finished tasks and return their outcomes; a dead process gives ``lost`` or ``preempted``.

        Raises:
            ArgyroError: the node of this process died.
        """
        ready, _ = ray.wait(list(self._running), num_returns=1, timeout=timeout_s, fetch_local=False)
        if time.monotonic() - self._looked > LOOK_EVERY_S:
            self._looked = time.monotonic()
            self._end_overdue()
            self._check_node()
            for kind in {task.resources for task, _ in self._running.values()}:
                self._require_a_node(kind)
        return [self._outcome(reference) for reference in ready]

    def _outcome(self, reference: ray.ObjectRef) -> Outcome:
        task, _ = self._running.pop(reference)
        key = task.item.key
        self._occupied.subtract(amounts(task.resources))
        self._hosts.pop(key, None)  # the actor ends with its last handle
        try:
            return ray.get(reference)
        except ray.exceptions.RayError as error:
            if key in self._overdue:
                self._overdue.discard(key)
                return Outcome(key, "timeout", error=f"did not end within {task.resources.limit_s:g} s and was killed")
            return Outcome(key, "preempted" if node_went_away(error) else "lost", error=str(error))

    def _check_node(self) -> None:
        """Fail if the driver's own node died: its tasks would wait forever."""
        own = ray.get_runtime_context().get_node_id()
        if not any(node["Alive"] for node in ray.nodes() if node["NodeID"] == own):
            raise ArgyroError(f"Ray process died: {RAYLET}; {REPAIR}")  # the watchdog needs longer

    def _end_overdue(self) -> None:
        for reference, (task, submitted) in self._running.items():
            limit_s = task.resources.limit_s
            if limit_s is None or time.time() < submitted + limit_s + GRACE_S or task.item.key in self._overdue:
                continue
            started = held_since(lock_file(task.scratch, task.item.key))
            if started is not None and time.time() > started + limit_s + GRACE_S:
                self._overdue.add(task.item.key)
                self._kill(reference, task)

    def _kill(self, reference: ray.ObjectRef, task: Task) -> None:
        if task.hosted:
            ray.kill(self._hosts[task.item.key])
        else:
            ray.cancel(reference, force=True)

    def close(self) -> None:
        """Leave the cluster; a local one ends with its processes."""
        if self._watchdog is not None and not self.fault:
            self._watchdog.stop()
        if ray.is_initialized():
            ray.shutdown()
        if self._watchdog is not None and self.fault:  # it also ends a shutdown that waits for dead processes
            self._watchdog.stop()
        self._watchdog = None
