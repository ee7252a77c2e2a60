"""Load test of the HTTP service: `argyro serve` on this machine with continuous requests.

python benchmarks/serve.py SURROGATE [--requests 10000] [--clients 16] [--replicas 2] [--port 8000]

SURROGATE is the folder of a campaign or of a surrogate. Every request has a unique temperature and grain size, so that
no response comes from the cache. Materials and boundaries are those of the training set. The benchmark prints
requests/s, latencies, errors, and the CPU time of the service per request, which is independent of other load.
"""

import argparse
import json
import threading
import time
from http.client import HTTPConnection

import numpy as np
import psutil

from argyro.actors import ray_serve
from argyro.campaigns.results.find_surrogate import surrogate_folder
from argyro.surrogates.serving.predictor import Oracle

WARM_UP_REQUESTS = 200


class Load:
    """Clients in threads with one connection each."""

    def __init__(self, port: int, clients: int, materials: list[tuple[str, float]], boundaries: list[str]):
        self.port, self.clients, self.materials, self.boundaries = port, clients, materials, boundaries
        self.latencies_s: list[float] = []
        self.errors: list[str] = []

    def question(self, number: int) -> dict:
        composition, disorder = self.materials[number % len(self.materials)]
        return {
            "composition": composition,
            "disorder": disorder,
            "boundary": self.boundaries[number % len(self.boundaries)],
            "temperature_K": 250.0 + 0.037 * number,
            "grain_size_nm": 100.0 + 0.13 * number,
        }

    def _client(self, first: int, requests: int) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        for number in range(first, requests, self.clients):
            body = json.dumps(self.question(number))
            started = time.perf_counter()
            connection.request("POST", "/predict", body, {"content-type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
            self.latencies_s.append(time.perf_counter() - started)
            if response.status != 200:
                self.errors.append(f"{response.status} {answer[:200]!r}")

    def run(self, requests: int) -> float:
        """Send all requests and return the seconds."""
        threads = [threading.Thread(target=self._client, args=(n, requests)) for n in range(self.clients)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started


def service_cpu_s() -> float:
    """Return the CPU time of the service processes so far."""
    total = 0.0
    for process in psutil.process_iter(["name", "cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if command.startswith(("ray::ServeReplica", "ray::ProxyActor")):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("surrogate")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    folder = surrogate_folder(given.surrogate)
    report = Oracle.load(folder).surrogate.report
    materials = [(name, float(disorder)) for name, _, disorder in (m.partition("|") for m in report["materials"])]
    boundaries = [name for name in report["boundaries"] if name != "bulk"] or ["bulk"]
    started = time.perf_counter()
    ray_serve.start(folder, port=given.port, replicas=given.replicas)
    try:
        print(
            f"ready after {time.perf_counter() - started:.0f} s, {given.replicas} replicas, model {report['shipped']}"
        )
        Load(given.port, given.clients, materials, boundaries).run(WARM_UP_REQUESTS)
        load, cpu_s = Load(given.port, given.clients, materials, boundaries), service_cpu_s()
        seconds = load.run(given.requests)
        cpu_ms = (service_cpu_s() - cpu_s) / given.requests * 1e3
    finally:
        ray_serve.stop()
    p50, p99 = np.percentile(load.latencies_s, [50, 99]) * 1e3
    machine = f"load {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores"
    rate = given.requests / seconds
    print(f"{given.clients} clients, {given.requests} requests: {rate:.0f}/s, {len(load.errors)} errors")
    print(f"p50 {p50:.0f} ms, p99 {p99:.0f} ms; {cpu_ms:.1f} ms of CPU per request in the service; {machine}")
    for error in load.errors[:5]:
        print(error)


if __name__ == "__main__":
    main()
