"""A driver ends within a minute after Ray's processes died, with a message."""

import socket
import subprocess
import sys
import time

import pytest

from argyro.actors import ray_watchdog
from argyro.actors.ray_watchdog import Watchdog

HEAD = """
import socket, time
from argyro.actors import ray_watchdog
from argyro.actors.ray_watchdog import Watchdog
ray_watchdog.LOOK_EVERY_S, ray_watchdog.PATIENCE_S, ray_watchdog.LAST_S = 0.05, 0.1, 0.5
"""


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(ray_watchdog, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(ray_watchdog, "PATIENCE_S", 0.1)


def test_a_port_that_answers_is_left_alone(quick):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        watchdog = Watchdog({"GCS": listener.getsockname()}).start()
        time.sleep(0.3)  # three times its patience
        watchdog.stop()
    assert watchdog.fault == ""


def test_a_port_that_refuses_interrupts_the_main_thread_and_names_the_process(quick):
    listener = socket.create_server(("127.0.0.1", 0))
    watchdog = Watchdog({"GCS": listener.getsockname()}).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            listener.close()
            time.sleep(20)
    finally:
        watchdog.stop()
    assert "GCS" in watchdog.fault and "run again" in watchdog.fault


def test_a_main_thread_that_hears_nothing_is_ended_with_exit_code_1():
    code = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [ray_watchdog.INTERRUPT])\n"
    code += "Watchdog({'GCS': ('127.0.0.1', 1)}).start(); time.sleep(60)"
    done = subprocess.run([sys.executable, "-c", HEAD + code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr == "argyro: Ray process died: GCS; " + ray_watchdog.REPAIR + "\n"


DRIVER = """
import os, signal, sys, time
from functools import partial
from pathlib import Path
import ray
from argyro.actors.ray_cluster import connect
from argyro.actors.ray_executor import RayExecutor
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.stage import Contract, Stage, StageResult
from argyro.platform.execution.task import Resources, Task
from argyro.platform.execution.work_item import WorkItem

def slow(context):
    time.sleep(600)

ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
executor, folder = RayExecutor(partial(connect, "local", 1)), Path(sys.argv[1])
executor.has_room(Resources())
stage = Stage("test", 1, slow, Contract, StageResult)
executor.submit(Task(WorkItem("test", 1, {}), stage, {}, str(folder / "store"), folder / "scratch"))
executor.wait(3.0)
os.kill(ray._private.worker._global_node.all_processes[sys.argv[2]][0].process.pid, signal.SIGKILL)
print(time.time(), flush=True)
try:
    while True:
        executor.wait(5.0)
except (KeyboardInterrupt, ArgyroError) as error:  # by the watchdog, or by the executor's look at its node
    print(executor.fault or error, file=sys.stderr)
    executor.close()
    sys.exit(1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("process, named", [("raylet", "raylet of this machine"), ("gcs_server", "GCS")])
def test_a_dead_process_of_ray_ends_the_driver_within_a_minute(tmp_path, process, named):
    file = tmp_path / "driver.py"
    file.write_text(DRIVER)
    command = [sys.executable, str(file), str(tmp_path), process]
    errors = tmp_path / "errors"
    with errors.open("a") as stream:  # appended to: Ray's dying workers write to it too
        driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True)
    began = next(float(line) for line in driver.stdout if line[:1].isdigit())
    assert driver.wait(timeout=120) == 1 and time.time() - began < 60
    assert f"Ray process died: {named}; complete items are kept; run again" in errors.read_text()
