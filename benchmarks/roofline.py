"""Roofline of the moment tensor potential: operations counted, bytes moved, the limit of a core, the speed reached.

    python benchmarks/roofline.py [--json FILE]

Operations are the multiply-adds of an energy with forces. Bytes are loads and stores of the vectors that do not stay in
registers, counted from the algorithm; 416 atoms never leave the second-level cache. The limits are measured: the matrix
product of numpy's BLAS, and the inner product of two vectors in the second-level cache.
"""

import argparse
import json
import os
from pathlib import Path
from time import process_time

import numpy as np
from mtp import ARGYRODITE, argyrodite, lammps_speed, multiply_adds_per_atom, potential

from argyro.platform.potential.native import _kernel
from argyro.platform.potential.native.lammps_commands import PRECISIONS

LEVELS = (8, 12, 16, 20)
REALS = {"double": np.float64, "mixed": np.float32}
CONTRACTION_REALS = 1.6  # loads and stores per multiply-add: 8 in the 5 of a product of moments and its adjoint
FEW_RANKS = 5  # up to here the backward pass takes the neighbours one at a time
CACHED_BYTES = 2**18


def peak_multiply_adds(precision: str) -> float:
    """Return multiply-adds per second of one core, from a matrix product."""
    a = np.random.default_rng(0).normal(size=(1500, 1500)).astype(REALS[precision])
    return 1500**3 / best_seconds(lambda: a @ a, 5)


def peak_bytes() -> float:
    """Return bytes per second from the second-level cache to one core, from inner products."""
    a = np.ones(CACHED_BYTES // 16)
    b, repeats = a.copy(), 2000

    def products() -> None:
        for _ in range(repeats):
            a @ b

    return repeats * CACHED_BYTES / best_seconds(products, 5)


def best_seconds(work, tries: int) -> float:
    found = []
    for _ in range(tries):
        start = process_time()
        work()
        found.append(process_time() - start)
    return min(found)


def bytes_per_atom(mtp, neighbours: float, precision: str) -> float:
    """Count loads and stores of an energy with forces.

    Per pair: displacement and gradient of 4 numbers each; the row of unit vector, radial functions, 1/r and slopes,
    written once and read twice; the basic moments, read and written once per two neighbours; their adjoints.
    """
    parameters = mtp.parameters
    radial, basic = parameters.radial_functions, len(parameters.basic)
    ranks = 1 + int(np.asarray(parameters.basic)[:, 1:].sum(axis=1).max())
    row = (4 + 2 * radial) + (3 + radial) + (4 + 2 * radial) + 3
    adjoints = basic if ranks <= FEW_RANKS else basic / 2
    pair = 8 + row + basic + adjoints
    contraction = CONTRACTION_REALS * mtp.multiply_adds()["per_atom"] + 2 * parameters.moments_count
    return np.dtype(REALS[precision]).itemsize * (neighbours * pair + contraction)


def rows() -> list[dict]:
    cell, cache_bytes_s = argyrodite(2), peak_bytes()
    peaks = {precision: peak_multiply_adds(precision) for precision in PRECISIONS}
    found = []
    for level in LEVELS:
        mtp = potential(ARGYRODITE, level, 5.0)
        neighbours, operations = mtp.frame(cell).pairs / len(cell), multiply_adds_per_atom(cell, mtp)
        for precision in ("double", "mixed"):
            moved = bytes_per_atom(mtp, neighbours, precision)
            limits = {"arithmetic": peaks[precision] / operations, "cache": cache_bytes_s / moved}
            reached = lammps_speed(cell, mtp, precision=precision)
            binding = min(limits, key=lambda name: limits[name])
            found.append(
                {
                    "level": level,
                    "precision": precision,
                    "neighbours": neighbours,
                    "multiply_adds": operations,
                    "bytes": moved,
                    "limit_per_s": limits[binding],
                    "limited_by": binding,
                    "reached_per_s": reached,
                    "fraction": reached / limits[binding],
                }
            )
    return found


def table(found: list[dict]) -> str:
    lines = [
        "| level, precision | multiply-adds | kB moved | limit (k atom-steps/s) | reached | share |",
        "|---|---|---|---|---|---|",
    ]
    for row in found:
        lines.append(
            f"| {row['level']} {row['precision']} | {row['multiply_adds']:.0f} | {row['bytes'] / 1e3:.0f} "
            f"| {row['limit_per_s'] / 1e3:.0f} {row['limited_by']} | {row['reached_per_s'] / 1e3:.0f} "
            f"| {100 * row['fraction']:.0f} % |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{_kernel.instruction_set()}, load {os.getloadavg()[0]:.1f}")
    found = rows()
    print(table(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
