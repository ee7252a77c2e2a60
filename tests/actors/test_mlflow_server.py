"""The tracker on a remote MLflow server whose database is PostgreSQL, as a group would run it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from argyro.actors.mlflow_tracker import KEY_TAG, MLflowTracker, Record

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(answers, process, what):
    for _ in range(1200):
        if answers():
            return
        assert process.poll() is None, f"{what} ended by itself"
        time.sleep(0.5)
    raise AssertionError(f"{what} does not answer")


@pytest.fixture(scope="module")
def database():
    """URI of an empty database of a server of our own, which listens on loopback."""
    pytest.importorskip("psycopg2", reason="psycopg2-binary is not installed; pip install -e '.[test]'")
    if not PROGRAMS and shutil.which("initdb") is None:
        pytest.skip("PostgreSQL is not installed; apt-get install postgresql")
    programs, user = PROGRAMS[-1] if PROGRAMS else Path(shutil.which("initdb")).parent, _user()
    with tempfile.TemporaryDirectory() as name, _owned(Path(name), user) as folder:
        port, options = free_port(), {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL}
        command = [programs / "initdb", "--auth=trust", "--username=argyro", "--no-sync", folder / "data"]
        subprocess.run(command, check=True, **options)
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(folder), "-p", str(port)]
        server = subprocess.Popen([programs / "postgres", "-D", folder / "data", *settings], stderr=-3, **options)
        try:
            ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_for(lambda: subprocess.run(ready).returncode == 0, server, "PostgreSQL")
            yield f"postgresql+psycopg2://argyro@127.0.0.1:{port}/postgres"
        finally:
            server.terminate()
            server.wait(60)


def _user():
    """PostgreSQL refuses to run as root; its package brings a user."""
    return None if os.geteuid() else "postgres"


@contextmanager
def _owned(folder, user):
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    yield folder


@pytest.fixture(scope="module")
def server(database, tmp_path_factory):
    """Address of an MLflow server on the database; it keeps the artefacts itself."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--workers", "1"]
    command += ["--artifacts-destination", folder / "artifacts", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(lambda: _healthy(f"http://127.0.0.1:{port}/health"), process, "the MLflow server")
            yield f"http://127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def _healthy(address):
    try:
        return urllib.request.urlopen(address, timeout=5).status == 200
    except OSError:
        return False


@pytest.fixture
def open_tracker(server, tmp_path):
    spec = tmp_path / "campaign.yaml"
    spec.write_text("name: test\n")
    return lambda: MLflowTracker(server, "remote", tmp_path / "unused", "identity", {"seed": 1}, spec)


def test_runs_arrive_once_with_values_curves_and_files(open_tracker, tmp_path):
    (tmp_path / "msd.png").write_bytes(b"picture")
    record = Record(
        "key1",
        "md/Li6PS5Br/600 K",
        "md",
        params={"composition": "Li6PS5Br", "temperature_K": 600.0},
        metrics={"bulk_value_cm2_s": 2e-6},
        series={"force_meV_A": [90.0, None, 50.0], "long": [float(i) for i in range(1200)]},
        artifacts=[tmp_path / "msd.png"],
    )
    open_tracker().log(record)
    tracker = open_tracker()  # as after a restart
    tracker.log(record)
    tracker.finish("FINISHED", {"best_conductivity_mS_cm": 3.0}, [])
    condition = "params.composition = 'Li6PS5Br' and params.temperature_K = '600' and metrics.bulk_value_cm2_s > 1e-6"
    (run,) = tracker.client.search_runs([tracker.experiment_id], condition)
    assert run.data.tags[KEY_TAG] == "key1" and run.info.status == "FINISHED"
    assert len(tracker.client.get_metric_history(run.info.run_id, "long")) == 1200
    assert [file.path for file in tracker.client.list_artifacts(run.info.run_id)] == ["msd.png"]
    assert tracker.client.get_run(tracker.parent).data.metrics["best_conductivity_mS_cm"] == 3.0
    assert not (tmp_path / "unused").exists()
