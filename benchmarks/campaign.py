"""Overhead of campaign scheduling and execution, without scientific work.

    python benchmarks/campaign.py overhead     10 000 items of a stub stage on this machine; driver time and memory
    python benchmarks/campaign.py restart      restart in the same folder and a new process, without remaining items
    python benchmarks/campaign.py cluster      sleeping items on 16 simulated nodes of 4 CPUs; rate over ideal rate

Each row is a line of JSON with the value, its limit and the load of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from argyro.actors.ray_executor import RayExecutor
from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.runtime.scheduler import Progress, Scheduler
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult

CHAIN = 4  # structure, run, analysis, homogenization


class StubInputs(Contract):
    """Position of an item in its chain, and its sleep time."""

    chain: int
    place: int
    sleep_s: float
    label: str


class StubResult(StageResult):
    """Number of items in the chain so far."""

    value: int


def stub(context: StageContext[StubInputs, None]) -> StubResult:
    """Sleep and add one to the count of the parent."""
    time.sleep(context.inputs.sleep_s)
    (context.workdir / "out.txt").write_text("x" * 1000)
    return StubResult(value=1 + sum(parent.result.value for parent in context.parents("before", STUB)))


STUB: Stage[StubInputs, StubResult] = Stage("stub", 1, stub, StubInputs, StubResult)


def chains(items: int, sleep_s: float = 0.0, label: str = "") -> Graph:
    """Build chains of dependent items, as in a campaign."""
    graph = Graph()
    for number in range(items):
        chain, place = divmod(number, CHAIN)
        parents = {"before": [f"{label}{chain}/{place - 1}"]} if place else {}
        inputs = StubInputs(chain=chain, place=place, sleep_s=sleep_s, label=label)
        graph.add(Node(f"{label}{chain}/{place}", STUB, inputs, parents, cost_core_s=sleep_s))
    return graph


def compute(graph: Graph, workdir: Path, executor: RayExecutor) -> Progress:
    scratch = workdir / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    return Scheduler(graph, Store(workdir / "store"), scratch, executor, lambda *finished: None).run()


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def row(name: str, value: float, limit: float, unit: str, at_least: bool = False, **more) -> None:
    reached = value >= limit if at_least else value <= limit
    load = round(os.getloadavg()[0], 1)
    print(
        json.dumps(
            {"row": name, "value": round(value, 3), "limit": limit, "unit": unit, "reached": reached}
            | more
            | {"load": load}
        ),
        flush=True,
    )


def overhead(options) -> None:
    from functools import partial

    from argyro.actors.ray_cluster import connect

    executor = RayExecutor(partial(connect, "local", 2))
    compute(chains(20, label="warm"), options.workdir, executor)
    graph = chains(options.items)
    before, started = cpu_s(), time.monotonic()
    progress = compute(graph, options.workdir, executor)
    used, elapsed = cpu_s() - before, time.monotonic() - started
    assert len(progress.done) == options.items, progress.failed
    executor.close()
    per_item = {"items": options.items, "wall_ms_per_item": round(1e3 * elapsed / options.items, 2)}
    row("driver CPU per item", 1e3 * used / options.items, 5.0, "ms", **per_item)
    row("driver memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 1.0, "GB", items=options.items)


def restart(options) -> None:
    command = [sys.executable, __file__, "again", "--items", str(options.items), "--workdir", str(options.workdir)]
    started = time.monotonic()
    subprocess.run(command, check=True)
    row("restart of a finished campaign", time.monotonic() - started, 10.0, "s", items=options.items)


def again(options) -> None:
    """Run the process that `restart` times: all items are complete, so that no cluster is started."""
    progress = compute(chains(options.items), options.workdir, RayExecutor(_must_not_join))
    assert len(progress.done) == options.items


def _must_not_join() -> None:
    raise AssertionError("an item was not complete")


def cluster(options) -> None:
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": options.cpus, "object_store_memory": 80 << 20}
    simulated = Cluster(initialize_head=True, head_node_args=node | {"include_dashboard": False})
    for _ in range(options.nodes - 1):
        simulated.add_node(**node)
    executor = RayExecutor(lambda: ray.is_initialized() or ray.init(address=simulated.address, log_to_driver=False))
    slots = options.nodes * options.cpus
    compute(chains(2 * CHAIN * slots, 1.0, label="warm"), options.workdir, executor)  # starts a worker on every CPU
    before, started = cpu_s(), time.monotonic()
    progress = compute(chains(options.items, options.sleep_s), options.workdir, executor)
    elapsed, used = time.monotonic() - started, cpu_s() - before
    assert len(progress.done) == options.items, progress.failed
    ideal = options.items * options.sleep_s / slots
    executor.close()
    simulated.shutdown()
    sizes = {"items": options.items, "sleep_s": options.sleep_s, "nodes": options.nodes, "cpus": options.cpus}
    row("fraction of the ideal rate", ideal / elapsed, 0.9, "", at_least=True, driver_cpu_s=round(used, 1), **sizes)


ROWS: dict[str, Callable] = {"overhead": overhead, "restart": restart, "again": again, "cluster": cluster}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="+", choices=list(ROWS))
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--workdir", type=Path, help="working folder; a temporary folder by default")
    parser.add_argument("--nodes", type=int, default=16)
    parser.add_argument("--cpus", type=int, default=4)
    parser.add_argument("--sleep-s", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        options.workdir = options.workdir or Path(temporary)
        for name in options.rows:
            ROWS[name](options)


if __name__ == "__main__":
    main()
