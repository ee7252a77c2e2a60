"""Faults of the machine, injected for real: full disk, read-only store, hung items, an MLflow that is away."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from argyro.actors.inline_executor import InlineExecutor
from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.runtime.scheduler import Scheduler
from argyro.platform.execution.item_lock import item_lock, sweep
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import Contract, Stage, StageResult
from argyro.platform.execution.task import Resources

MOUNT = ["unshare", "--map-root-user", "--mount"]
CAN_MOUNT = shutil.which("unshare") and subprocess.run([*MOUNT, "true"], capture_output=True).returncode == 0
needs_mount = pytest.mark.skipif(not CAN_MOUNT, reason="no user namespaces here to mount a small disk in")


class Asked(Contract):
    n: int
    bytes: int = 0


class Lives(StageResult):
    lives: int = 0


def write(context):
    """Fills the disk with as many bytes as it is told; what it wrote before it failed, it finds again."""
    lives = context.unfinished / "lives"
    with lives.open("a") as file:
        file.write("I")
    (context.workdir / "data.bin").write_bytes(os.urandom(context.inputs.bytes))
    return Lives(lives=len(lives.read_text()))


def hang(context):
    """Hangs in its first life."""
    if not (context.unfinished / "began").exists():
        (context.unfinished / "began").write_text("")
        time.sleep(60)
    return Lives()


def hang_always(context):
    time.sleep(60)


def graph_of(run, *inputs, limit_s=None):
    graph = Graph()
    for number, given in enumerate(inputs):
        stage = Stage("test", 1, run, Asked, Lives)
        graph.add(Node(f"item {number}", stage, Asked(**given, n=number), resources=Resources(limit_s=limit_s)))
    return graph


def run(graph, folder):
    (folder / "scratch").mkdir(exist_ok=True)
    scheduler = Scheduler(
        graph, Store(folder / "store"), folder / "scratch", InlineExecutor(), lambda *finished: None, pause_s=0.0
    )
    return scheduler.run()


def in_small_disk(folder, script):
    """Run this module's functions in a namespace of its own where the folder is a disk of 24 MB."""
    head = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\n"  # noqa: PTH120
    head += "from pathlib import Path\nfrom test_faults import *\nfolder = Path(sys.argv[1])\n"
    shell = 'mount -t tmpfs -o size=24m tmpfs "$1" && exec "$2" -c "$3" "$1"'
    return subprocess.run(
        [*MOUNT, "sh", "-c", shell, "sh", str(folder), sys.executable, head + script], capture_output=True, text=True
    )


@needs_mount
def test_a_full_disk_stops_the_run_loses_nothing_and_the_next_run_finishes(tmp_path):
    script = """
graph = graph_of(write, {"bytes": 1 << 20}, {"bytes": 30 << 20}, {"bytes": 1 << 20})
first = run(graph, folder)
assert "No space left" in first.stopped and "run again" in first.stopped, first
assert first.done == {"item 0"} and not first.failed, first
import subprocess
subprocess.run(["mount", "-o", "remount,size=200m", str(folder)], check=True)
second = run(graph_of(write, {"bytes": 1 << 20}, {"bytes": 30 << 20}, {"bytes": 1 << 20}), folder)
assert len(second.done) == 3 and not second.stopped, second
store = Store(folder / "store")
lives = [store.result(item)["lives"] for item in graph.items().values()]
assert lives == [1, 2, 1], lives
"""
    done = in_small_disk(tmp_path, script)
    assert done.returncode == 0, done.stderr


@needs_mount
def test_a_store_that_turns_read_only_is_reported_and_what_was_computed_waits(tmp_path):
    script = """
import subprocess
(folder / "store").mkdir()
run(graph_of(write, {"bytes": 1000}), folder)
subprocess.run(["mount", "--bind", str(folder / "store"), str(folder / "store")], check=True)
subprocess.run(["mount", "-o", "remount,ro,bind", str(folder / "store")], check=True)
graph = graph_of(write, {"bytes": 1000}, {"bytes": 2000})
first = run(graph, folder)
assert "Read-only file system" in first.stopped and first.done == {"item 0"} and not first.failed, first
subprocess.run(["umount", str(folder / "store")], check=True)
second = run(graph_of(write, {"bytes": 1000}, {"bytes": 2000}), folder)
assert len(second.done) == 2 and not second.stopped, second
"""
    done = in_small_disk(tmp_path, script)
    assert done.returncode == 0, done.stderr


COMMAND = "from argyro.campaigns.cli.main import main; main(['run', sys.argv[3], '--inline', '--workdir', sys.argv[1]])"


@needs_mount
@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code", "words"), [("size=64k", 1, "No space left"), ("ro", 2, "cannot be written")]
)
def test_a_campaign_on_a_disk_that_takes_nothing_says_so(tmp_path, smoke, options, code, words):
    shell = f'mount -t tmpfs -o {options} tmpfs "$1" && exec "$2" -c "import sys; {COMMAND}" "$@"'
    command = [*MOUNT, "sh", "-c", shell, "sh", str(tmp_path), sys.executable, str(smoke)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("database", [None, b"not a database" * 1000], ids=["lost", "damaged"])
def test_a_campaign_survives_the_loss_of_its_mlflow_database(smoke_run, tmp_path, argyro, smoke, database):
    folder = tmp_path / "copy"
    shutil.copytree(smoke_run[0], folder)
    file = folder / "mlflow.db"
    file.unlink() if database is None else file.write_bytes(database)
    done = argyro("run", smoke, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stderr
    (*warnings,) = json.loads(done.stdout)["warnings"]
    if database is None:
        assert warnings == [] and file.stat().st_size > 100_000  # every run is told again
    else:
        assert "MLflow is unavailable" in warnings[0] and "results are complete" in warnings[0]


def test_an_item_that_hangs_is_ended_at_its_limit_and_goes_on_from_its_folder(tmp_path):
    began = time.monotonic()
    progress = run(graph_of(hang, {}, limit_s=0.5), tmp_path)
    assert progress.done == {"item 0"} and time.monotonic() - began < 20


def test_an_item_that_always_hangs_is_set_aside_with_the_place_where_it_hung(tmp_path):
    progress = run(graph_of(hang_always, {}, limit_s=0.3), tmp_path)
    assert "did not end within 0.3 s" in progress.failed["item 0"]
    (log,) = (tmp_path / "scratch" / "quarantine").iterdir()
    assert "time.sleep(60)" in log.read_text()


def test_failures_wait_longer_and_longer(tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", lambda seconds: pauses.append(seconds))
    scheduler = Scheduler(Graph(), Store(tmp_path / "store"), tmp_path, InlineExecutor(), lambda *f: None)
    now = time.monotonic()
    for attempt in range(1, 12):
        scheduler._try_again("x", after=attempt)
    due = sorted(round(at - now) for at, _ in scheduler._paused)
    assert due == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600]


HOLD = """
import sys, time
from pathlib import Path
from argyro.platform.execution.item_lock import item_lock
with item_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds a lock file."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "key.lock")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()


def test_a_lock_file_vanishes_with_its_item_and_a_killed_holder_leaves_no_obstacle(tmp_path, holder):
    lock = tmp_path / "key.lock"
    assert sweep(tmp_path) == 0 and lock.exists()  # it is held
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert lock.exists()
    with item_lock(lock):
        assert str(os.getpid()) in lock.read_text()
    assert not lock.exists()


def test_left_behind_lock_files_are_swept(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert sweep(tmp_path) == 1 and not list(tmp_path.glob("*.lock"))


def test_who_waited_for_a_lock_that_vanished_never_shares_it(tmp_path):
    """Three processes in turn on one name: each removes the file at its end, none overlaps another."""
    script = """
import sys, time
from pathlib import Path
from argyro.platform.execution.item_lock import item_lock
folder = Path(sys.argv[1])
for _ in range(30):
    with item_lock(folder / "key.lock"):
        inside = folder / "inside"
        inside.touch(exist_ok=False)
        inside.unlink()
"""
    crowd = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in crowd] == [0, 0, 0]
