"""Accuracy, acquisition and timings of the surrogate on a made-up world of known laws (argyro.surrogates.synthetic).

python benchmarks/surrogate.py accuracy [--seeds 3]       errors in dex, coverage, which model is best
python benchmarks/surrogate.py coverage [--seeds 10]      95 % intervals on what was kept apart, by split
python benchmarks/surrogate.py acquisition [--seeds 10]   core-hours to a certain ranking against round-robin and random
python benchmarks/surrogate.py recorded RUN               the accuracy table on the molecular dynamics of a campaign
python benchmarks/surrogate.py timing                     the table of what must be reached
"""

import argparse
import itertools
import json
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

from argyro.campaigns.stages.structure import read_structure
from argyro.platform.structures.argyrodite import build_bulk
from argyro.platform.uncertain import Uncertain
from argyro.surrogates.acquisition import Run, rank_runs, ranking_uncertainty, run_noise
from argyro.surrogates.candidates import CANDIDATES
from argyro.surrogates.descriptors import Identity, identity_of
from argyro.surrogates.evaluation import evaluate, markdown_table
from argyro.surrogates.observation import Observation
from argyro.surrogates.surrogate import Query
from argyro.surrogates.synthetic import World
from argyro.surrogates.training import SurrogateOptions, train_surrogate

COMPOSITIONS = ("Li6PS5Cl", "Li6PS5Cl0.5Br0.5", "Li6PS5Br", "Li6PS5Br0.5I0.5", "Li6PS5I", "Li5.5PS4.5Cl1.5")
DISORDERS = (0.0, 0.25, 0.5)
BOUNDARIES = ("bulk", "sigma5(001)[001]", "sigma3(1-12)[110]", "sigma5(021)[100]")
TEMPERATURES_K = (600.0, 750.0, 900.0)
# The shape of a campaign of the size that is run: 10 materials, some of their 4 boundaries, 4 temperatures.
MATERIALS = (
    *itertools.product(("Li6PS5Cl",), (0.0, 0.25, 0.5, 0.75)),
    *itertools.product(("Li6PS5Br", "Li6PS5I"), (0.0, 0.25, 0.5)),
)
CAMPAIGN_BOUNDARIES = (*BOUNDARIES[1:], "sigma3(-111)[110]")
CAMPAIGN_TEMPERATURES_K = (500.0, 600.0, 700.0, 800.0)
KERNELS = SurrogateOptions(candidates=("gp",))


def structures(compositions=COMPOSITIONS, disorders=DISORDERS, boundaries=BOUNDARIES, seed=0):
    """Bulk cells labelled as each boundary, a plane through their middle: the made-up laws know names, not atoms."""
    cells = []
    for composition, disorder, boundary in itertools.product(compositions, disorders, boundaries):
        atoms = build_bulk(composition, disorder, seed=seed)
        if boundary != "bulk":
            atoms.info["boundary"] = boundary
            atoms.arrays["boundary_distance_A"] = np.abs(atoms.positions[:, 2] - atoms.cell[2, 2] / 2)
        cells.append(atoms)
    return cells


def accuracy(seeds: int) -> None:
    for seed in range(seeds):
        observations = World(seed=seed).observe(structures(seed=seed), TEMPERATURES_K, seed=seed)
        started = time.perf_counter()
        results = evaluate(observations, SurrogateOptions(), seed, most_folds=6)
        print(f"\nworld {seed}: {len(observations)} observations, {time.perf_counter() - started:.0f} s\n")
        print(markdown_table(results))


def recorded_observations(folder: Path) -> list[Observation]:
    """All diffusivities and bounds in a campaign's store."""
    items, found = folder / "store" / "items", []
    for path in sorted(items.glob("diffusivity/*/result.json")):
        asked = json.loads((path.parent / "item.json").read_text())
        run = json.loads((items / "md" / asked["parents"]["run"] / "item.json").read_text())
        atoms = read_structure(items / "structure" / run["parents"]["structure"])
        for entry in json.loads(path.read_text())["observations"]:
            value = entry["diffusivity_cm2_s"]
            found.append(
                Observation(
                    atoms,
                    entry["target"],
                    run["inputs"]["temperature_K"],
                    Uncertain.from_json(value) if value else None,
                    entry["upper_bound_cm2_s"],
                    entry["width_nm"],
                )
            )
    return found


def recorded(folder: Path, candidates: tuple[str, ...]) -> None:
    """The accuracy table on molecular dynamics that was run."""
    observations = recorded_observations(folder)
    results = evaluate(observations, SurrogateOptions(candidates=candidates))
    bounds = sum(o.censored for o in observations)
    print(f"{folder}: {len(observations) - bounds} diffusivities, {bounds} bounds\n\n{markdown_table(results)}")
    surrogate = train_surrogate(observations, SurrogateOptions(candidates=candidates))
    print(f"ships {surrogate.report['shipped']}, calibration factor {surrogate.calibration:.2f}")


def campaign_cells(seed: int, boundaries: int = 12) -> list:
    """Ten bulk materials and a dozen of their forty boundary cells."""
    pairs = list(itertools.product(MATERIALS, CAMPAIGN_BOUNDARIES))
    chosen = np.random.default_rng(seed).permutation(len(pairs))[:boundaries]
    cells = [structures([c], [d], ["bulk"])[0] for c, d in MATERIALS]
    return cells + [structures([pairs[k][0][0]], [pairs[k][0][1]], [pairs[k][1]])[0] for k in chosen]


def left_out(observations: list, split: str, rng: np.random.Generator) -> list[np.ndarray]:
    """Masks of what is kept apart: two compositions or boundaries, one after the other, or a fifth at random."""
    if split == "random":
        return [rng.permutation(len(observations)) < len(observations) // 5]
    names = np.array([getattr(identity_of(o.structure), split) for o in observations])
    return [names == name for name in rng.permutation(sorted(set(names) - {"bulk"}))[:2]]


def coverage(seeds: int, candidates: tuple[str, ...]) -> None:
    """Worlds drawn at random, trained and calibrated without what is left out, compared with the truth."""
    options = SurrogateOptions(members=3, candidates=candidates)
    for split in ("composition", "boundary", "random"):
        inside, errors, shipped, worlds = [], [], [], []
        for seed in range(3000, 3000 + seeds):
            world, rng = World.drawn(seed), np.random.default_rng(seed)
            observations = world.observe(campaign_cells(seed), CAMPAIGN_TEMPERATURES_K, 0.12, 1e-7, seed=seed)
            before = len(inside)
            for out in left_out(observations, split, rng):
                surrogate = train_surrogate(
                    [o for o, left in zip(observations, out, strict=True) if not left], options, seed
                )
                shipped.append(surrogate.report["shipped"])
                for o in (o for o, left in zip(observations, out, strict=True) if left):
                    prediction = surrogate.predict(o.structure, (o.temperature_K,), samples=1000)
                    found = getattr(prediction, o.target)[0]
                    true = world.diffusivity_cm2_s(identity_of(o.structure), o.target, (o.temperature_K,))[0]
                    inside.append(found.low <= true <= found.high)
                    errors.append(abs(np.log10(found.value / true)))
            worlds.append(np.mean(inside[before:]))
        ships = ", ".join(f"{kind} {shipped.count(kind)}" for kind in sorted(set(shipped)))
        print(
            f"{split}: 95 % intervals cover {100 * np.mean(inside):.1f} % of {len(inside)} ({min(worlds):.2f} to "
            f"{max(worlds):.2f} over {seeds} worlds), MAE {np.mean(errors):.3f} dex; shipped {ships}",
            flush=True,
        )


class Rehearsal:
    """A campaign replayed on a world: runs of 200 ps, one core-hour for the bulk and three for a boundary cell."""

    names = tuple(itertools.product(("Li6PS5Cl", "Li6PS5Cl0.5Br0.5", "Li6PS5Br", "Li6PS5I"), (0.0, 0.5)))
    boundary = "sigma5(001)[001]"
    grain_nm, width_nm, kelvin = 100.0, 2.5, 300.0

    def __init__(self, seed: int):
        self.world, self.seed = World.drawn(5000 + seed), seed
        self.rng = np.random.default_rng(seed)
        self.cells = {}
        for name, boundary in itertools.product(self.names, ("bulk", self.boundary)):
            self.cells[*name, boundary] = structures([name[0]], [name[1]], [boundary])[0]
        self.queries = {key: Query(Identity.of(*key)) for key in self.cells}
        self.candidates = [self.queries[*name, self.boundary] for name in self.names]
        self.runs = [
            Run(query, kelvin, 200.0, 192 if key[2] == "bulk" else 384, 1.0 if key[2] == "bulk" else 3.0)
            for (key, query), kelvin in itertools.product(self.queries.items(), TEMPERATURES_K)
        ]

    def observe(self, run: Run) -> list:
        """What the run gives: noise by its length, a new draw each time it is repeated."""
        key = (run.query.identity.composition, run.query.identity.disorder, run.query.identity.boundary)
        true = self.world.diffusivity_cm2_s(run.query.identity, run.targets[0], (run.temperature_K,))
        noise = float(run_noise(true, run.length_ps, run.lithium)[0])
        draw = int(self.rng.integers(2**31))
        return self.world.observe([self.cells[key]], (run.temperature_K,), noise, 3e-7, self.width_nm, draw)

    def score(self, predictions) -> np.ndarray:
        """ln D_eff at 300 K and 100 nm, by the limits of fast and blocking boundaries (CONTINUUM)."""
        bulk, parallel, perpendicular = np.stack([p.samples[:, :, 0] for p in predictions], axis=-1).swapaxes(0, 1)
        share = self.width_nm / self.grain_nm
        return np.log(bulk) + np.log1p(1.83 * share * parallel / bulk) - np.log1p(0.91 * share * bulk / perpendicular)

    def certainty(self, surrogate) -> float:
        """Expected share of candidate pairs in the wrong order."""
        predictions = surrogate.predict(self.candidates, (self.kelvin,), 1000, 0, joint=True)
        pairs = len(self.candidates) * (len(self.candidates) - 1) / 2
        return ranking_uncertainty(self.score(predictions)) / pairs

    def play(self, policy: str, goal: float, most_hours: float = 400.0) -> float:
        """Core-hours until the ranking is as certain as the goal."""
        hours, observations, order = 0.0, [], iter(itertools.cycle(self.runs))
        hottest = [run for run in self.runs if run.temperature_K == TEMPERATURES_K[-1]]
        for run in hottest[:2]:
            observations += self.observe(run)
            hours += run.core_hours
        while hours < most_hours:
            surrogate = train_surrogate(observations, KERNELS, seed=self.seed)
            if self.certainty(surrogate) <= goal:
                return hours
            if policy == "acquisition":
                ranked = rank_runs(surrogate, self.runs, self.score, self.candidates, (self.kelvin,), 500, self.seed)
                run = ranked[0][0]
            else:
                run = next(order) if policy == "round-robin" else self.runs[self.rng.integers(len(self.runs))]
            observations += self.observe(run)
            hours += run.core_hours
        return most_hours


def acquisition(seeds: int, goal: float = 0.05) -> None:
    policies = ("acquisition", "round-robin", "random")
    table = {policy: [Rehearsal(s).play(policy, goal) for s in range(seeds)] for policy in policies}
    reference = np.mean(table["round-robin"])
    for policy, hours in table.items():
        print(f"{policy:12s} {np.mean(hours):6.1f} core-hours to {goal:.0%} wrong pairs", hours)
        print(f"{'':12s} {np.mean(hours) / reference:.2f} of round-robin")


def timing() -> None:
    import torch

    from argyro.platform.continuum.mesh import mesh
    from argyro.platform.continuum.polycrystal import voronoi_polycrystal
    from argyro.surrogates.answer import Oracle, Question
    from argyro.surrogates.polycrystal import Polycrystal

    torch.set_num_threads(1)
    world, cells = World(), structures()
    observations = world.observe(cells, TEMPERATURES_K)
    polycrystal = Polycrystal(mesh(voronoi_polycrystal(27)))
    for candidates in (("gp",), ("graph",)):
        started = time.perf_counter()
        surrogate = train_surrogate(observations, SurrogateOptions(candidates=candidates, steps=100), 0)
        print(f"{candidates[0]}: trained on {len(observations)} observations in {time.perf_counter() - started:.1f} s")
        oracle = Oracle(surrogate, polycrystal)
        for name, question in {
            "trained material": Question("Li6PS5Cl", 0.5, BOUNDARIES[1], 300.0, 100.0),
            "new composition, bulk": Question("Li6PS5Cl0.3Br0.7", 0.4, "bulk", 300.0, 100.0),
        }.items():
            print(f"  {name}: {_median_ms(lambda q=question, o=oracle: o.answer(q)):.1f} ms warm")
        large = build_bulk("Li6PS5Cl0.3Br0.7", 0.4, (2, 2, 2))
        query = surrogate.prepare(large)
        single = _median_ms(lambda q=query, s=surrogate: s.predict(q, (300.0,)))
        print(f"  prebuilt graph of {len(large)} atoms: {single:.1f} ms")
        torch.set_num_threads(2)
        started = time.perf_counter()
        surrogate.predict([query] * 1000, (300.0,))
        print(f"  1000 of them, 2 threads: {time.perf_counter() - started:.1f} s")
        torch.set_num_threads(1)
        _load(oracle)


def _median_ms(call, repeats: int = 30) -> float:
    call()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1e3


def _load(oracle, clients: int = 16, requests: int = 10_000) -> None:
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    folder = tempfile.TemporaryDirectory()
    oracle.save(folder.name)
    server = context.Process(target=_serve, args=(folder.name, ready), daemon=True)
    server.start()
    port = ready.get(timeout=60)
    names = [("Li6PS5Cl", 0.5), ("Li6PS5I", 0.0), ("Li6PS5Br", 0.25)]
    latencies, failures = [], []

    def client(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        for i in range(requests // clients):
            composition, disorder = names[(number + i) % 3]
            question = {"composition": composition, "disorder": disorder, "boundary": BOUNDARIES[1]}
            question["temperature_K"] = 300.0 + i % 50
            started = time.perf_counter()
            connection.request("POST", "/predict", json.dumps(question), {"content-type": "application/json"})
            response = connection.getresponse()
            response.read()
            latencies.append(time.perf_counter() - started)
            if response.status != 200:
                failures.append(response.status)

    started = time.perf_counter()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - started
    server.terminate()
    p50, p99 = np.percentile(latencies, [50, 99]) * 1e3
    rate = len(latencies) / wall
    print(f"  HTTP, {clients} clients, {len(latencies)} requests: {rate:.0f}/s, {len(failures)} errors")
    print(f"  p50 {p50:.0f} ms, p99 {p99:.0f} ms")


def _serve(folder: str, ready) -> None:
    import socket

    import uvicorn

    from argyro.surrogates.answer import Oracle
    from argyro.surrogates.service import create_app

    oracle = Oracle.load(folder)

    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    ready.put(listener.getsockname()[1])
    uvicorn.Server(uvicorn.Config(create_app(oracle), log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("accuracy", "coverage", "acquisition", "recorded", "timing"))
    parser.add_argument("run", type=Path, nargs="?", help="folder of the campaign, for recorded")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--candidates", nargs="+", default=CANDIDATES, help="of coverage; graph networks take longest")
    given = parser.parse_args()
    if given.what == "timing":
        timing()
    elif given.what == "recorded":
        recorded(given.run, tuple(given.candidates))
    elif given.what == "coverage":
        coverage(given.seeds, tuple(given.candidates))
    else:
        {"accuracy": accuracy, "acquisition": acquisition}[given.what](given.seeds)
