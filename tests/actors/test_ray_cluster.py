"""The Ray executor on a real local cluster: same outcomes as inline, and processes may die."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import ray

from argyro.actors import ray_executor as executor_module
from argyro.actors.inline_executor import InlineExecutor
from argyro.actors.ray_cluster import connect
from argyro.actors.ray_executor import RayExecutor
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.stage import Contract, Stage, StageResult
from argyro.platform.execution.task import Resources, Task
from argyro.platform.execution.work_item import WorkItem


def test_no_cluster_at_the_address():
    """First of all: afterwards this process has a cluster."""
    with pytest.raises(ArgyroError, match="no Ray cluster answers"):
        connect("127.0.0.1:1")


def test_a_machine_where_ray_does_not_start_gets_a_way_without_it(monkeypatch):
    def fail(**options):
        raise RuntimeError("too busy")

    monkeypatch.setattr(ray, "init", fail)
    with pytest.raises(ArgyroError, match=r"too busy.*argyro run my\.yaml --inline"):
        connect("local")


@pytest.fixture(scope="module")
def cluster():
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test module
    connect("local", cores=2)
    executor = RayExecutor()
    yield executor
    executor.close()


class Asked(Contract):
    n: int = 0
    stage: str
    hosted: bool


class Told(StageResult):
    value: int = 0
    threads: str | None = None
    lives: int = 0
    folder: str = ""


def square(context):
    return Told(value=context.inputs.n**2, threads=os.environ.get("OMP_NUM_THREADS"))


def stubborn(context):
    """Dies in its first life; what it wrote before is still there in the second."""
    lives = context.unfinished / "lives"
    lives.write_text(lives.read_text() + "I" if lives.exists() else "I")
    if len(lives.read_text()) < 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return Told(lives=len(lives.read_text()))


def explode(context):
    raise RuntimeError("the cell exploded")


def deaf(context):
    """Hangs, and does not hear that its time is over."""
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(60)


def look_around(context):
    return Told(folder=os.path.abspath("."))  # noqa: PTH100 no further import in a function pickled by value


def task(tmp_path, stage, hosted=False, limit_s=None, **inputs):
    return Task(
        WorkItem("test", 1, inputs | {"stage": stage.__name__, "hosted": hosted}),
        Stage("test", 1, stage, Asked, Told, hosted),
        {},
        str(tmp_path / "store"),
        tmp_path / "scratch",
        Resources(limit_s=limit_s),
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
    assert [outcome.error for outcome in on_ray.values() if outcome.status != "done"] == []
    inline = outcomes(InlineExecutor(), [task(tmp_path / "inline", square, n=n) for n in range(5)])
    assert {k: o.result.value for k, o in on_ray.items()} == {k: o.result.value for k, o in inline.items()}
    assert {o.result.threads for o in on_ray.values()} == {"1"}


@pytest.mark.parametrize("hosted", [False, True])
def test_items_run_in_the_directory_of_the_driver(cluster, tmp_path, monkeypatch, hosted):
    monkeypatch.chdir(tmp_path)
    (outcome,) = outcomes(cluster, [task(tmp_path, look_around, hosted)]).values()
    assert outcome.result.folder == str(tmp_path)


def test_a_directory_that_a_machine_lacks_is_named(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(executor_module.Path, "cwd", lambda: tmp_path / "gone")
    (outcome,) = outcomes(cluster, [task(tmp_path, look_around)]).values()
    assert outcome.status == "failed" and f"{tmp_path / 'gone'} is not available" in outcome.error


@pytest.mark.parametrize("hosted", [False, True])
def test_a_killed_worker_is_reported_and_its_successor_goes_on_from_its_folder(cluster, tmp_path, hosted):
    (outcome,) = outcomes(cluster, [task(tmp_path, stubborn, hosted)]).values()
    assert outcome.status == "lost"
    (outcome,) = outcomes(cluster, [task(tmp_path, stubborn, hosted)]).values()
    assert outcome.status == "done" and outcome.result.lives == 2


def test_a_failing_stage_comes_back_with_its_traceback(cluster, tmp_path):
    (outcome,) = outcomes(cluster, [task(tmp_path, explode)]).values()
    assert outcome.status == "failed" and "the cell exploded" in outcome.error and "explode" in outcome.error


@pytest.mark.parametrize("hosted", [False, True])
def test_an_item_that_cannot_end_itself_is_killed_at_its_limit(cluster, tmp_path, monkeypatch, hosted):
    monkeypatch.setattr(executor_module, "GRACE_S", 0.5)
    monkeypatch.setattr(executor_module, "LOOK_EVERY_S", 0.2)
    began = time.monotonic()
    cluster.submit(task(tmp_path, deaf, hosted, limit_s=0.5))
    found = []
    while not found:
        found = cluster.wait(0.3)
    assert found[0].status == "timeout" and "was killed" in found[0].error
    assert time.monotonic() - began < 30


def test_a_cluster_of_this_machine_listens_on_loopback_only(cluster):
    cluster.has_room(Resources())
    ray.get(ray.remote(lambda: None).remote())
    listening = []
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        sockets = process.net_connections(kind="tcp")
        listening += [(s.laddr.ip, process.cmdline()[:1]) for s in sockets if s.status == psutil.CONN_LISTEN]
    assert len(listening) > 5  # head, raylet, workers ...
    assert [entry for entry in listening if entry[0].removeprefix("::ffff:") not in ("127.0.0.1", "::1")] == []


ASK = "import sys; from ray._raylet import GcsClient; print(GcsClient(address=sys.argv[1]).internal_kv_get(b'x', None))"


def test_who_has_no_token_is_turned_away(cluster, tmp_path):
    cluster.has_room(Resources())
    assert os.environ["RAY_AUTH_MODE"] == "token"
    address = ray.get_runtime_context().gcs_address
    stranger = os.environ | {"HOME": str(tmp_path), "RAY_AUTH_MODE": "disabled"}
    for environment, welcome in ((stranger, False), (dict(os.environ), True)):
        asked = subprocess.run([sys.executable, "-c", ASK, address], capture_output=True, text=True, env=environment)
        assert (asked.returncode == 0) == welcome, asked.stderr
