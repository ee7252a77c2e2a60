"""Load test of the HTTP service: `argyro serve` on this machine with continuous requests.

    python benchmarks/serve.py SURROGATE --case boundary --clients 16 --seconds 30 --replicas 2

SURROGATE is the folder of a campaign or of a surrogate, or `bundled`. The cases are:

- repeated: one question; its answer is in the cache after the first request.
- conditions: materials and boundaries of the training set at new temperatures and grain sizes.
- bulk: new composition, disorder, temperature and grain size, without a boundary.
- boundary: the same with a boundary of the training set.
- mixed: repeated, conditions, bulk, boundary, and two percent curves of 32 points.

The benchmark prints requests/s, latencies, errors, the longest /health, memory of the replicas, the CPU time per
request in the service, and the 99th percentile of each of ten equal parts of the time. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from argyro.actors import ray_serve
from argyro.campaigns.results.find_surrogate import surrogate_folder
from argyro.surrogates.serving.bundled_model import shipped_folder
from argyro.surrogates.serving.predictor import Oracle

CASES = ("repeated", "conditions", "bulk", "boundary", "mixed")
MIXTURE = {"repeated": 40, "conditions": 30, "bulk": 14, "boundary": 14, "curves": 2}
CURVE_POINTS = 32
REQUESTS_PER_CONNECTION = 20  # the kernel distributes connections, not requests, among the replicas
LOOK_EVERY_S = 1.0
WARM_UP_S = 5.0
PARTS = 10


@dataclass
class Questions:
    """Random questions about trained and new materials.

    Args:
        materials: trained compositions with their disorder.
        boundaries: trained boundaries without the bulk.
        seed: random seed.
    """

    materials: list[tuple[str, float]]
    boundaries: list[str]
    seed: int = 0

    @classmethod
    def of(cls, folder: Path, seed: int) -> Questions:
        """Read the materials and boundaries of a surrogate."""
        report = Oracle.load(folder).surrogate.report
        materials = [(name, float(disorder)) for name, _, disorder in (m.partition("|") for m in report["materials"])]
        return cls(materials, [name for name in report["boundaries"] if name != "bulk"] or ["bulk"], seed)

    def stream(self, case: str, client: int) -> Iterator[tuple[str, bytes]]:
        """Yield path and body of each request of a client."""
        dice = random.Random(f"{self.seed} {case} {client}")
        while True:
            kind = case
            if case == "mixed":
                (kind,) = dice.choices(list(MIXTURE), list(MIXTURE.values()))
            question = self._question(kind, dice)
            yield "/curves" if kind == "curves" else "/predict", json.dumps(question).encode()

    def _question(self, kind: str, dice: random.Random) -> dict:
        if kind == "repeated":
            composition, disorder = self.materials[0]
            return {"composition": composition, "disorder": disorder, "boundary": self.boundaries[0]}
        conditions = {
            "boundary": "bulk" if kind == "bulk" else dice.choice(self.boundaries),
            "temperature_K": round(dice.uniform(250, 800), 3),
            "grain_size_nm": round(dice.uniform(30, 1e5), 2),
        }
        if kind == "conditions":
            composition, disorder = dice.choice(self.materials)
        else:
            bromide = dice.randint(1, 999) / 1000
            composition = f"Li6PS5Cl{round(1 - bromide, 3)}Br{bromide}"
            disorder = round(dice.random(), 4)
        if kind == "curves":
            conditions["temperatures_K"] = list(np.linspace(250, 800, CURVE_POINTS))
            conditions["grain_sizes_nm"] = list(np.geomspace(30, 1e5, CURVE_POINTS))
        return {"composition": composition, "disorder": disorder, **conditions}


@dataclass
class Load:
    """Clients of the service.

    Args:
        port: port of the service on this machine.
        questions: source of the requests.
        case: kind of the requests.
        pause_s: pause of a client between two requests.
    """

    port: int
    questions: Questions
    case: str
    pause_s: float = 0.0
    sent_s: list[float] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)
    errors: Counter = field(default_factory=Counter)
    health_s: list[float] = field(default_factory=list)
    memory_MB: list[tuple[float, float]] = field(default_factory=list)

    async def run(self, clients: int, seconds: float) -> None:
        """Send requests from all clients for a time."""
        self._began = time.perf_counter()
        self._ends = self._began + seconds
        await asyncio.gather(*(self._client(number) for number in range(clients)), self._look())

    async def _client(self, number: int) -> None:
        connection = None
        for count, (path, body) in enumerate(self.questions.stream(self.case, number)):
            if count % REQUESTS_PER_CONNECTION == 0:
                if connection is not None:
                    connection.close()
                connection = Connection(self.port)
            began = time.perf_counter()
            if began > self._ends:
                break
            try:
                status, answer = await connection.request("POST", path, body)
                if status != 200:
                    self.errors[f"{status} {answer[:120].decode(errors='replace')}"] += 1
            except (OSError, asyncio.IncompleteReadError, ValueError, TimeoutError) as error:
                self.errors[type(error).__name__] += 1
                connection = Connection(self.port)
            self.sent_s.append(began - self._began)
            self.latencies_s.append(time.perf_counter() - began)
            await asyncio.sleep(self.pause_s)
        connection.close()

    async def _look(self) -> None:
        """Ask for /health and read the replicas' memory every second."""
        while (now := time.perf_counter()) < self._ends:
            connection = Connection(self.port)
            try:
                await connection.request("GET", "/health", b"")
            except (OSError, asyncio.IncompleteReadError, ValueError, TimeoutError) as error:
                self.errors[f"health {type(error).__name__}"] += 1
            connection.close()
            self.health_s.append(time.perf_counter() - now)
            self.memory_MB.append((now - self._began, sum(p.memory_info().rss for p in replicas()) / 1e6))
            await asyncio.sleep(LOOK_EVERY_S)

    def part_p99_ms(self, seconds: float) -> list[float]:
        """Compute the 99th percentile of the latency in each of PARTS equal parts of the time."""
        part = np.minimum((np.array(self.sent_s) / seconds * PARTS).astype(int), PARTS - 1)
        latencies = 1e3 * np.array(self.latencies_s)
        return [round(float(np.percentile(latencies[part == n], 99)), 1) for n in range(PARTS) if (part == n).any()]

    def memory_at(self, second: float) -> float:
        """Return the memory of the replicas after a time in MB."""
        return next((memory for at, memory in self.memory_MB if at >= second), self.memory_MB[-1][1])


class Connection:
    """HTTP connection that stays open between requests."""

    def __init__(self, port: int):
        self.port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Send a request and return status and body."""
        return await asyncio.wait_for(self._request(method, path, body), timeout=60)

    async def _request(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer.partition("content-length:")[2].split("\r\n")[0])
        return int(answer.split()[1]), await reader.readexactly(length)

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()


def replicas() -> list[psutil.Process]:
    """List the processes of the service."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if " ".join(process.info["cmdline"] or []).startswith("ray::ServeReplica")
    ]


def service_cpu_s() -> float:
    """Return the CPU time of the service processes so far."""
    return sum(sum(process.cpu_times()[:2]) for process in replicas())


def measured(port: int, questions: Questions, case: str, clients: int, seconds: float, pause_s: float) -> dict:
    """Run one case and summarize it."""
    asyncio.run(Load(port, Questions(questions.materials, questions.boundaries, -1), case).run(clients, WARM_UP_S))
    load, cpu_s = Load(port, questions, case, pause_s), service_cpu_s()
    asyncio.run(load.run(clients, seconds))
    count = len(load.latencies_s)
    p50, p99 = np.percentile(load.latencies_s, [50, 99]) * 1e3
    return {
        "case": case,
        "clients": clients,
        "seconds": seconds,
        "pause_s": pause_s,
        "requests_per_s": round((count - load.errors.total()) / seconds, 1),
        "errors": dict(load.errors.most_common(5)),
        "p50_ms": round(p50, 1),
        "p99_ms": round(p99, 1),
        "longest_ms": round(1e3 * max(load.latencies_s), 1),
        "longest_health_ms": round(1e3 * max(load.health_s), 1),
        "cpu_ms_per_request": round(1e3 * (service_cpu_s() - cpu_s) / count, 2),
        "memory_MB": {f"{at:g} s": round(load.memory_at(at), 1) for at in (0, min(20.0, seconds), seconds)},
        "p99_ms_of_each_tenth": load.part_p99_ms(seconds),
        "load": round(psutil.getloadavg()[0], 1),
        "cores": psutil.cpu_count(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("surrogate")
    parser.add_argument("--case", choices=CASES, nargs="+", default=["boundary"])
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pause-s", type=float, default=0.0, help="pause of a client between two requests")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    folder = shipped_folder() if given.surrogate == "bundled" else surrogate_folder(given.surrogate)
    questions = Questions.of(folder, given.seed)
    ray_serve.start(folder, port=given.port, replicas=given.replicas)
    try:
        for case in given.case:
            found = measured(given.port, questions, case, given.clients, given.seconds, given.pause_s)
            print(json.dumps(found), flush=True)
    finally:
        ray_serve.stop()


if __name__ == "__main__":
    main()
