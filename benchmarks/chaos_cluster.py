"""Ray cluster of two nodes on this machine, and its processes as victims of the fault injection."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PORT = 6391
ADDRESS = f"127.0.0.1:{PORT}"
NODES = 2
STARTS = 5
PATIENCE_S = 120.0
RAY = [sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus=1", "--object-store-memory=100000000"]
# Substrings of the command line that identify a descendant of a raylet.
DESCENDANTS = {
    "worker": ("ray::_run_task", "ray::ItemHost"),
    "label process": ("labels/worker.py",),
    "lmp": ("lmp -in", "/lmp "),
    "tracker": ("ray::Delivery",),
}


@dataclass
class TwoNodes:
    """Cluster of a head and a second node with one core each, closed by a token.

    Args:
        log: file for the output of `ray start`.
    """

    log: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environment = {
            **os.environ,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": os.urandom(32).hex(),
            "RAY_USAGE_STATS_ENABLED": "0",
            "OMP_NUM_THREADS": "1",
        }

    def complete(self) -> None:
        """Start the missing nodes; without the GCS or the head's raylet, start everything anew."""
        for _ in range(STARTS):
            if not _named("gcs_server") or not any("--head" in _line(raylet) for raylet in raylets()):
                self.stop()
                self._ray("--head", "--node-ip-address=127.0.0.1", f"--port={PORT}", "--include-dashboard=false")
            elif len(raylets()) < NODES:
                self._ray(f"--address={ADDRESS}")
            else:
                return
        raise SystemExit(f"the Ray cluster does not start, see {self.log}")

    def _ray(self, *arguments: str) -> None:
        with self.log.open("a") as log:
            subprocess.run([*RAY, *arguments], env=self.environment, stdout=log, stderr=log, timeout=300)

    def stop(self) -> None:
        """End all processes of the cluster."""
        mine = [*raylets(), *_named("gcs_server")]
        family = [child for process in mine for child in _children(process)]
        for process in [*mine, *family, *_session_processes()]:
            _kill(process)
        ends = time.monotonic() + PATIENCE_S
        while (raylets() or _named("gcs_server")) and time.monotonic() < ends:
            time.sleep(0.2)


def victims(driver: int) -> dict[str, list[psutil.Process]]:
    """List the processes of each kind that runs."""
    found = {"driver": [psutil.Process(driver)], "raylet": raylets(), "gcs": _named("gcs_server")}
    family = [child for raylet in raylets() for child in _children(raylet)]
    for kind, signs in DESCENDANTS.items():
        found[kind] = [process for process in family if any(sign in _line(process) for sign in signs)]
    return {kind: processes for kind, processes in found.items() if processes}


def raylets() -> list[psutil.Process]:
    """List the raylets of this cluster."""
    return _named("raylet/raylet")


def _named(program: str) -> list[psutil.Process]:
    """List the processes of a program of Ray that belong to this cluster."""
    return [
        process
        for process in psutil.process_iter()
        if program in (line := _line(process)) and str(PORT) in line and _alive(process)
    ]


def _session_processes() -> list[psutil.Process]:
    """List Ray's helpers of this cluster, such as its log monitor."""
    return [process for process in psutil.process_iter() if f":{PORT}" in _line(process) and _is_ray(process)]


def _is_ray(process: psutil.Process) -> bool:
    return any(part in _line(process) for part in ("ray/_private", "ray/dashboard", "ray.util.client"))


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return
