"""CPU times of one thread for the surrogate as a campaign trains it, each printed as it comes.

Not of two: on a busy machine they wait for each other at every one of thousands of small operations.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from made_up import BOUNDARIES, CAMPAIGN_TEMPERATURES_K, campaign_cells

from argyro.platform.structures.argyrodite import build_bulk
from argyro.surrogates.synthetic import World
from argyro.surrogates.training import SurrogateOptions, train_surrogate

LARGE = ("Li6PS5Cl0.3Br0.7", 0.4, (2, 2, 2))  # 416 atoms of a composition that was not trained
BATCH = 1000


def timing() -> None:
    """Training, single questions, a prebuilt graph and a batch of them, of the kernel and of the graph networks."""
    import torch

    from argyro.platform.continuum.mesh import mesh
    from argyro.platform.continuum.polycrystal import voronoi_polycrystal
    from argyro.surrogates.answer import Oracle, Question
    from argyro.surrogates.polycrystal import Polycrystal

    torch.set_num_threads(1)
    observations = World().observe(campaign_cells(0), CAMPAIGN_TEMPERATURES_K)
    polycrystal = Polycrystal(mesh(voronoi_polycrystal(27)))
    for kind in ("gp", "graph"):
        print(f"{kind}: training ...", file=sys.stderr, flush=True)
        started = time.process_time()
        surrogate = train_surrogate(observations, SurrogateOptions(candidates=(kind,), steps=50), 0)
        _tell(f"{kind}: {len(observations)} observations trained, 50 steps", time.process_time() - started, "s")
        oracle = Oracle(surrogate, polycrystal)
        for name, question in {
            "trained material": Question("Li6PS5Cl", 0.5, BOUNDARIES[1], 300.0, 100.0),
            "new composition, bulk": Question("Li6PS5Cl0.3Br0.7", 0.4, "bulk", 300.0, 100.0),
        }.items():
            _tell(f"  {name}, as asked before", _median_ms(lambda q=question, o=oracle: o.answer(q)), "ms")
        query = surrogate.prepare(build_bulk(*LARGE))
        single = _median_ms(lambda q=query, s=surrogate: s.predict(q, (300.0,)))
        _tell("  prebuilt graph of 416 atoms, without D_eff", single, "ms")
        started = time.process_time()
        surrogate.predict([query] * BATCH, (300.0,))
        _tell(f"  {BATCH} of them", time.process_time() - started, "s")


def _tell(what: str, number: float, unit: str) -> None:
    print(f"{what}: {number:.1f} {unit}", flush=True)


def _median_ms(call: Callable[[], object], repeats: int = 30) -> float:
    """CPU time of a call, the first one left out."""
    call()
    times = []
    for _ in range(repeats):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return float(np.median(times)) * 1e3
