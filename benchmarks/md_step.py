"""Speed of the runs of a campaign: time outside the pair style, threads, MPI, items per hour of a node.

    python benchmarks/md_step.py [--json FILE]

The runs are the constant-volume stage of `run_md` with the reference potential (level 12) at 600 K. An item is a run of
200 ps. Requires two idle cores. The figures of larger nodes are a calculation: items are independent of each other.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

from argyro.platform.dynamics.md import lammps_input
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment, lammps_pair_commands
from argyro.platform.structures.crystal.bulk import build_bulk

REFERENCE = Path(__file__).parents[1] / "campaigns" / "reference" / "potentials" / "Cl-Li-P-S.mtp"
PRECISIONS = ("double", "mixed")
ITEM_STEPS, CORES = 100_000, 2
STEPS = {1: 10_000, 2: 2_000}  # of cells of 52 and 416 atoms


def folder_of(root: Path, repeat: int, precision: str) -> Path:
    """Write the input of a run to a new folder."""
    atoms = build_bulk("Li6PS5Cl", disorder=0.5, supercell=(repeat,) * 3, seed=0)
    settings = MDSettings(600.0, 0.0, STEPS[repeat] * 0.002, precision=precision)
    pair = lammps_pair_commands(REFERENCE, lammps_input.species_order(atoms), precision=precision)
    folder = Path(tempfile.mkdtemp(dir=root))
    lammps_input.write_structure(atoms, folder / "structure.data")
    (folder / "in.lammps").write_text(lammps_input.production(atoms, settings, pair, None, None))
    return folder


def started(folder: Path, ranks: int = 1, threads: int = 1) -> subprocess.Popen:
    command = [*lammps_command(ranks), "-in", "in.lammps", "-log", "none"]
    return subprocess.Popen(command, cwd=folder, env=lammps_environment(threads), stdout=subprocess.PIPE, text=True)


def finished(run: subprocess.Popen) -> dict[str, float]:
    """Return wall seconds and the percentages of LAMMPS' timing breakdown."""
    output = run.communicate()[0]
    if run.returncode:
        raise RuntimeError(output[-2000:])
    shares = re.findall(r"^(\w+) +\|.*\| *([\d.]+)$", output, flags=re.M)
    return {"seconds": float(re.findall(r"Loop time of (\S+)", output)[-1])} | {n: float(v) for n, v in shares}


def cases(root: Path, repeat: int, precision: str) -> dict[str, dict[str, float]]:
    """Time one run alone, with two ranks, with two threads, and two runs side by side."""
    found = {
        name: finished(started(folder_of(root, repeat, precision), *how))
        for name, how in {"one core": (1, 1), "two ranks": (2, 1), "two threads": (1, 2)}.items()
    }
    both = [started(folder_of(root, repeat, precision)) for _ in range(CORES)]
    found["two runs"] = {"seconds": max(finished(run)["seconds"] for run in both)}
    return found


def row(repeat: int, precision: str, found: dict[str, dict[str, float]]) -> dict:
    seconds = {name: times["seconds"] for name, times in found.items()}
    item_s = {name: value * ITEM_STEPS / STEPS[repeat] for name, value in seconds.items()}
    parts = {name: share for name, share in found["one core"].items() if name not in ("seconds", "Pair")}
    return {
        "atoms": 52 * repeat**3,
        "precision": precision,
        "us_per_step": 1e6 * seconds["one core"] / STEPS[repeat],
        "outside_pair_percent": sum(parts.values()),
        "parts_percent": parts,
        "efficiency_ranks": seconds["one core"] / (CORES * seconds["two ranks"]),
        "efficiency_threads": seconds["one core"] / (CORES * seconds["two threads"]),
        "efficiency_runs": seconds["one core"] / seconds["two runs"],
        "items_per_hour": {
            "one core each": CORES * 3600 / item_s["two runs"],
            "two threads each": 3600 / item_s["two threads"],
            "16 cores, calculated": 16 * 3600 / item_s["two runs"],
            "128 cores, calculated": 128 * 3600 / item_s["two runs"],
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for repeat in STEPS:
            for precision in PRECISIONS:
                found.append(row(repeat, precision, cases(Path(folder), repeat, precision)))
                print(json.dumps(found[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
