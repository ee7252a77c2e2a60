"""CPU times of one thread for the surrogate of a typical campaign, printed as they are measured.

The benchmark uses one thread: on a busy machine two threads would wait for each other in thousands of small operations.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from made_up import BOUNDARIES, CAMPAIGN_TEMPERATURES_K, campaign_cells

from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.surrogates.models.synthetic import World
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

LARGE = ("Li6PS5Cl0.3Br0.7", 0.4, (2, 2, 2))  # 416 atoms of a composition outside the training set
BATCH, PASSES = 1000, 9


def timing() -> None:
    """Time training and predictions of the kernel and the graph networks, and predictions of the shipped surrogate."""
    import torch

    from argyro.platform.continuum.mesh.mesh import mesh
    from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal
    from argyro.surrogates.homogenized.polycrystal import Polycrystal
    from argyro.surrogates.serving.predictor import Oracle, oracle_of

    torch.set_num_threads(1)
    observations = World().observe(campaign_cells(0), CAMPAIGN_TEMPERATURES_K)
    polycrystal = Polycrystal(mesh(voronoi_polycrystal(27)))
    for kind in ("gp", "graph"):
        print(f"{kind}: training ...", file=sys.stderr, flush=True)
        started = time.process_time()
        surrogate = train_surrogate(observations, SurrogateOptions(candidates=(kind,), steps=50), 0)
        _tell(f"{kind}: {len(observations)} observations trained, 50 steps", time.process_time() - started, "s")
        _questions(Oracle(surrogate, polycrystal), BOUNDARIES[1])
    shipped = oracle_of()
    report = shipped.surrogate.report
    print(f"ships with argyro: {report['shipped']}, {report['values'] + report['bounds']} observations")
    _questions(shipped, shipped.example().boundary)


def _questions(oracle, boundary: str) -> None:
    """Time predictions with D_eff, then predictions of prebuilt graphs without D_eff."""
    from argyro.surrogates.serving.predictor import Question

    new = (Question(f"Li6PS5Cl{x}Br{1 - x:.3f}", 0.4, boundary, 300.0, 100.0) for x in np.arange(1, 999) / 1000)
    _tell("  new material, trained boundary", _median_ms(lambda: oracle.answer(next(new))), "ms")
    asked = Question("Li6PS5Cl", 0.5, boundary, 300.0, 100.0)
    _tell("  trained material, repeated request", _median_ms(lambda: oracle.answer(asked)), "ms")
    surrogate = oracle.surrogate
    query = surrogate.prepare(build_bulk(*LARGE))
    passes = [_median_ms(lambda: surrogate.predict(query, (300.0,))) for _ in range(PASSES)]
    _tell(f"  prebuilt graph of 416 atoms, median of {PASSES} passes", float(np.median(passes)), "ms")
    _tell("  the slowest pass", max(passes), "ms")
    started = time.process_time()
    surrogate.predict([query] * BATCH, (300.0,))
    _tell(f"  batch of {BATCH} graphs", time.process_time() - started, "s")


def _tell(what: str, number: float, unit: str) -> None:
    print(f"{what}: {number:.1f} {unit}", flush=True)


def _median_ms(call: Callable[[], object], repeats: int = 30) -> float:
    """Return the median CPU time of a call in ms, without the first call."""
    call()
    times = []
    for _ in range(repeats):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return float(np.median(times)) * 1e3
