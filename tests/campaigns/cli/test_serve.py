"""`argyro serve`: Ray Serve answers on loopback alone, and ends when it is told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
import requests

QUESTION = {
    "composition": "Li6PS5Cl",
    "disorder": 0.5,
    "boundary": "sigma5(001)[001]",
    "temperature_K": 600.0,
    "grain_size_nm": 100.0,
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def service(smoke_run):
    """The running command and what it printed."""
    command = [sys.executable, "-c", "from argyro.campaigns.cli.main import main; main()", "serve", "--json"]
    command += ["--surrogate", str(smoke_run[0]), "--port", str(free_port())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    document, depth = "", 0
    for line in process.stdout:
        document += line
        depth += line.count("{") - line.count("}")
        if depth == 0:
            break
    assert document, "the service ended by itself"
    yield process, json.loads(document)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
def test_it_answers_as_predict_does(service, argyro, smoke_run):
    _, document = service
    assert document["token"] is None
    answer = requests.post(f"{document['address']}predict", json=QUESTION, timeout=30)
    names = ["--composition", "Li6PS5Cl", "--disorder", 0.5, "--boundary", "sigma5(001)[001]", "--temperature", 600]
    printed = argyro("predict", *names, "--grain-size-nm", 100, "--surrogate", smoke_run[0], "--json")
    expected = json.loads(printed.stdout)
    del expected["origin"]
    assert answer.json() == expected
    assert requests.get(f"{document['address']}health", timeout=30).json()["status"] == "ok"
    assert "Li transport" in requests.get(document["address"], timeout=30).text
    assert "/predict" in requests.get(document["interface"], timeout=30).json()["paths"]


@pytest.mark.slow
def test_bad_bodies_do_it_no_harm(service):
    address = f"{service[1]['address']}predict"
    for body, status in (
        (b"{not json", 422),
        (b" " * 2**20, 413),
        (json.dumps(QUESTION | {"disorder": 2}).encode(), 422),
        (json.dumps(QUESTION | {"unknown": 1}).encode(), 422),
        (b"\x00" * 100, 422),
        (b"", 422),
    ):
        assert requests.post(address, data=body, timeout=30).status_code == status
    assert requests.post(address, json=QUESTION, timeout=30).status_code == 200


@pytest.mark.slow
def test_nothing_of_it_listens_beyond_loopback(service):
    ours = process_family(service[0])
    assert any(process.name().startswith("ray::ServeRep") for process in ours)
    listening = [
        connection.laddr.ip
        for process in ours
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening and set(listening) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def _belongs(process, session):
    """Whether a process is of the command's session; its parent may have ended before it."""
    try:
        return os.getsid(process.pid) == session
    except ProcessLookupError:
        return False


@pytest.mark.slow
def test_a_taken_port_is_refused_at_once(service, argyro, smoke_run):
    port = service[1]["address"].rstrip("/").rpartition(":")[2]
    done = argyro("serve", "--surrogate", smoke_run[0], "--port", port, "--json")
    assert done.returncode == 2 and f"{port} is not available" in json.loads(done.stdout)["error"]


@pytest.mark.slow
def test_a_replica_that_hangs_is_replaced(service):
    process, document = service
    address = f"{document['address']}predict"
    (replica,) = (p for p in process_family(process) if p.name().startswith("ray::ServeRep"))
    replica.suspend()
    ends = time.monotonic() + 240
    while (replica.is_running() or not answers(address)) and time.monotonic() < ends:
        time.sleep(0.5)
    assert answers(address) and not replica.is_running()


def process_family(process):
    return [found for found in psutil.process_iter() if _belongs(found, process.pid)]


def answers(address):
    try:
        return requests.post(address, json=QUESTION, timeout=2).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.slow
def test_it_ends_when_told_to(service):
    process, _ = service
    process.terminate()
    assert process.wait(60) == 0
