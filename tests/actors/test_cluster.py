"""The Ray executor on a real local cluster: same outcomes as inline, and processes may die."""

import os
import signal
import sys

import pytest
import ray

from argyro.actors.cluster import connect
from argyro.actors.executor import RayExecutor
from argyro.actors.inline import InlineExecutor
from argyro.platform.errors import ArgyroError
from argyro.platform.execution import Task
from argyro.platform.workitem import WorkItem


@pytest.fixture(scope="module")
def cluster():
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test module
    connect("local", cores=2)
    executor = RayExecutor()
    yield executor
    executor.close()


def square(context):
    return {"value": context.inputs["n"] ** 2, "threads": os.environ.get("OMP_NUM_THREADS")}


def stubborn(context):
    """Dies in its first life; what it wrote before is still there in the second."""
    lives = context.unfinished / "lives"
    lives.write_text(lives.read_text() + "I" if lives.exists() else "I")
    if len(lives.read_text()) < 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"lives": len(lives.read_text())}


def explode(context):
    raise RuntimeError("the cell exploded")


def task(tmp_path, stage, hosted=False, **inputs):
    return Task(
        WorkItem("test", 1, inputs | {"stage": stage.__name__, "hosted": hosted}),
        stage,
        {},
        str(tmp_path / "store"),
        tmp_path / "scratch",
        hosted=hosted,
    )


def outcomes(executor, tasks):
    for one in tasks:
        executor.submit(one)
    found = {}
    while len(found) < len(tasks):
        found |= {outcome.key: outcome for outcome in executor.wait(5.0)}
    return found


def test_ray_gives_what_inline_gives(cluster, tmp_path):
    on_ray = outcomes(cluster, [task(tmp_path / "ray", square, n=n) for n in range(5)])
    inline = outcomes(InlineExecutor(), [task(tmp_path / "inline", square, n=n) for n in range(5)])
    assert {k: o.result["value"] for k, o in on_ray.items()} == {k: o.result["value"] for k, o in inline.items()}
    assert {o.result["threads"] for o in on_ray.values()} == {"1"}


@pytest.mark.parametrize("hosted", [False, True])
def test_a_killed_worker_is_reported_and_its_successor_goes_on_from_its_folder(cluster, tmp_path, hosted):
    (outcome,) = outcomes(cluster, [task(tmp_path, stubborn, hosted)]).values()
    assert outcome.status == "lost"
    (outcome,) = outcomes(cluster, [task(tmp_path, stubborn, hosted)]).values()
    assert outcome.status == "done" and outcome.result["lives"] == 2


def test_a_failing_stage_comes_back_with_its_traceback(cluster, tmp_path):
    (outcome,) = outcomes(cluster, [task(tmp_path, explode)]).values()
    assert outcome.status == "failed" and "the cell exploded" in outcome.error and "explode" in outcome.error


def test_no_cluster_at_the_address():
    with pytest.raises(ArgyroError, match="no Ray cluster answers"):
        connect("127.0.0.1:1")
