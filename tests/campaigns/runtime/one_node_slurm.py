"""Start a private Slurm of one node, this machine, from the programs of the distribution's packages."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "sinfo")
# Own process namespace: `ray symmetric-run` ends every Ray process that it sees, and the services end with it.
NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
SERVICES = """
munged --socket={folder}/munge.sock --key-file={folder}/munge.key --pid-file={folder}/munge.pid \
       --log-file={folder}/munge.log --seed-file={folder}/munge.seed --force
slurmctld -f {folder}/slurm.conf
exec slurmd -D -f {folder}/slurm.conf
"""
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SchedulerType=sched/builtin
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Return the reason why no Slurm can be started here; empty if one can."""
    lacking = [name for name in PROGRAMS if not shutil.which(name, path=_path())]
    if lacking:
        return f"no {', '.join(lacking)}: install slurmctld, slurmd, slurm-client and munge"
    able = shutil.which("unshare") and subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0
    return "" if able else "needs the right to make a process namespace"


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Run Slurm with its state in a folder; yields the environment of its commands."""
    key = folder / "munge.key"
    key.write_bytes(os.urandom(64))
    key.chmod(0o600)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    host, ports, user = socket.gethostname().split(".")[0], (_free_port(), _free_port()), os.environ.get("USER", "root")
    values = {"host": host, "folder": folder, "ports": ports, "user": user}
    (folder / "slurm.conf").write_text(CONFIGURATION.format(**values))
    environment = {**os.environ, "PATH": _path(), "SLURM_CONF": str(folder / "slurm.conf")}
    command = [*NAMESPACE, "bash", "-ec", SERVICES.format(folder=folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_node(environment)
        yield environment
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _await_node(environment: dict[str, str], limit_s: float = 60) -> None:
    for _ in range(int(limit_s)):
        state = subprocess.run(["sinfo", "-h", "-o", "%t"], env=environment, capture_output=True, text=True)
        if state.stdout.strip() == "idle":
            return
        time.sleep(1)
    raise TimeoutError("the node of Slurm did not become idle")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
