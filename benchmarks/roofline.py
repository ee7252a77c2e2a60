"""Roofline of the moment tensor potential: operations counted, bytes moved, the limit of a core, the speed reached.

    python benchmarks/roofline.py [--json FILE]

Operations are the multiply-adds of an energy with forces. Bytes are loads and stores of numbers that do not stay in
registers, counted from the algorithm. They come from the first-level cache if the scratch memory of a batch fits, else
from the second-level one; 416 atoms never leave it. The limits are measured: the matrix product of numpy's BLAS, and
inner products of vectors in each cache.
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
TABLE_BYTES = 6.0  # indices and factors per multiply-add of the contractions, once per batch
VECTOR_BYTES = {"avx512": 64, "avx2": 32}
VECTORS_OF = {"L1": 2**14, "L2": 2**18}  # bytes of two vectors that stay in the cache
L1_BYTES = 2**15


def peak_multiply_adds(precision: str) -> float:
    """Return multiply-adds per second of one core, from a matrix product."""
    a = np.random.default_rng(0).normal(size=(1500, 1500)).astype(REALS[precision])
    return 1500**3 / best_seconds(lambda: a @ a, 5)


def peak_bytes(cache: str) -> float:
    """Return bytes per second from a cache to one core, from inner products."""
    a, repeats = np.ones(VECTORS_OF[cache] // 16), 2**30 // VECTORS_OF[cache]
    rows, b = np.lib.stride_tricks.as_strided(a, (repeats, len(a)), (0, 8)), a.copy()
    return 2**30 / best_seconds(lambda: np.vecdot(rows, b), 5)


def best_seconds(work, tries: int) -> float:
    found = []
    for _ in range(tries):
        start = process_time()
        work()
        found.append(process_time() - start)
    return min(found)


def row_numbers(mtp) -> int:
    """Return the numbers stored per neighbour: unit vector, 1/r, radial functions and slopes."""
    return 4 + 2 * mtp.parameters.radial_functions


def vector_bytes() -> int:
    return VECTOR_BYTES.get(_kernel.instruction_set(), 16)


def bytes_per_atom(mtp, neighbours: float, precision: str) -> float:
    """Count loads and stores of an energy with forces.

    Per pair: displacement and gradient of 4 numbers each; the row, written once and read by the gradient, which is
    written to it and read; unit vector and value of each radial function; the basic moments, read and written once per
    two neighbours; their adjoints.
    """
    parameters, size = mtp.parameters, np.dtype(REALS[precision]).itemsize
    basic, contractions = len(parameters.basic), mtp.multiply_adds()["per_atom"]
    pair = 8 + 2 * row_numbers(mtp) + 6 + 4 * parameters.radial_functions + 2 * basic
    numbers = neighbours * pair + CONTRACTION_REALS * contractions + 2 * parameters.moments_count
    return size * (numbers + TABLE_BYTES * contractions / vector_bytes())


def cache_of(mtp, neighbours: float) -> str:
    """Return the cache that holds the rows and the moments, with their adjoints, of a batch."""
    vectors = neighbours * row_numbers(mtp) + 2 * mtp.parameters.moments_count
    return "L1" if vector_bytes() * vectors <= L1_BYTES else "L2"


def rows() -> list[dict]:
    cell, cache_bytes_s = argyrodite(2), {cache: peak_bytes(cache) for cache in VECTORS_OF}
    peaks = {precision: peak_multiply_adds(precision) for precision in PRECISIONS}
    found = []
    for level in LEVELS:
        mtp = potential(ARGYRODITE, level, 5.0)
        neighbours, operations = mtp.frame(cell).pairs / len(cell), multiply_adds_per_atom(cell, mtp)
        for precision in ("double", "mixed"):
            moved = bytes_per_atom(mtp, neighbours, precision)
            cache = cache_of(mtp, neighbours)
            limits = {"arithmetic": peaks[precision] / operations, cache: cache_bytes_s[cache] / moved}
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
