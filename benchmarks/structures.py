"""Build time of structures: `python benchmarks/structures.py`.

Targets: a 52-atom cell in under 0.2 s and a disordered boundary of 16 000 atoms in under 20 s, including Li placement
and translation search. A wall time above the CPU time indicates other load.
"""

import os
import time

from argyro.platform.structures import build_boundary, build_bulk
from argyro.platform.structures.checks import check


def timed(label, build):
    wall, cpu = time.perf_counter(), time.process_time()
    atoms = build()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    passed = all(check(atoms).values())
    print(
        f"{label:46s} {len(atoms):6d} atoms {wall:6.2f} s wall {cpu:6.2f} s CPU, checks {'pass' if passed else 'FAIL'}"
    )


def main():
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    build_bulk("Li6PS5Cl")  # imports
    timed("bulk Li6PS5Cl, 50 % disorder", lambda: build_bulk("Li6PS5Cl", 0.5, seed=1))
    timed("bulk Li6PS5Cl, 50 % disorder, quasirandom", lambda: build_bulk("Li6PS5Cl", 0.5, arrangement="quasirandom"))
    timed("bulk Li5.5PS4.5Cl1.5, 5 x 5 x 5", lambda: build_bulk("Li5.5PS4.5Cl1.5", 0.5, (5, 5, 5)))
    for name in ("sigma3(-111)[110]", "sigma5(001)[001]"):
        timed(f"{name}, search included", lambda name=name: build_boundary("Li6PS5Cl", 0.5, name))
        timed(f"{name}, searched before", lambda name=name: build_boundary("Li6PS5Cl", 0.5, name, seed=1))
    timed(
        "sigma5(001)[001], large, search included",
        lambda: build_boundary("Li6PS5Br", 0.5, "sigma5(001)[001]", 6.0, min_width_nm=4.1),
    )


if __name__ == "__main__":
    main()
