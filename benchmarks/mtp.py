"""Single-core speed of the moment tensor potential in MD, grading and training, compared with motep's C engine.

    python benchmarks/mtp.py [--json FILE] [--only md,grade,ranks,training,memory]

Single-process figures use CPU seconds, which depend little on other load. The two-rank figure requires an idle machine.
The arithmetic limit is the speed of the double-precision matrix product (numpy's BLAS) divided by the multiply-adds per
atom, counted from the tables of the potential. The potentials are random and the time step is negligible, because
the speed depends on the positions and not on the energies.
"""

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment, lammps_pair_commands
from argyro.platform.structures.crystal.bulk import build_bulk

ARGYRODITE = ("Li", "P", "S", "Cl")
MD_CPU_SECONDS = 4.0  # CPU time of one measurement
SKIN_A, NEIGHBOUR_LIST_EVERY = 1.5, 20  # typical values for Li at 600 K and 2 fs


def potential(species, level: int, cutoff_A: float) -> MTP:
    mtp = MTP.untrained(species, level, cutoff_A, 1.0)
    rng = np.random.default_rng(0)
    return mtp.with_coefficients(
        mtp.radial_coefficients, np.zeros(len(species)), 1e-6 * rng.normal(size=mtp.basis_size)
    )


def salt_melt() -> Atoms:
    """Build a melt of 2048 atoms of three species with 57 neighbours within 8 Å."""
    atoms = bulk("NaCl", "rocksalt", a=6.72, cubic=True).repeat((8, 8, 4))
    rng = np.random.default_rng(0)
    sodium = np.flatnonzero(atoms.symbols == "Na")
    atoms.symbols[rng.choice(sodium, len(sodium) // 2, replace=False)] = "K"
    atoms.positions += rng.normal(scale=0.4, size=atoms.positions.shape)
    return atoms


def argyrodite(repeat: int, seed: int = 0) -> Atoms:
    atoms = build_bulk("Li6PS5Cl", disorder=0.5, supercell=(repeat,) * 3, seed=seed)
    plain = Atoms(atoms.get_chemical_symbols(), positions=atoms.positions, cell=atoms.cell, pbc=True)
    plain.positions += np.random.default_rng(seed).normal(scale=0.1, size=plain.positions.shape)
    return plain


# --- MD ---------------------------------------------------------------------------------------------------------------


def lammps_seconds(atoms, mtp, steps: int, ranks: int = 1, **pair) -> tuple[float, float]:
    """Return wall seconds and CPU seconds per process of a run."""
    species = sorted(set(atoms.get_chemical_symbols()))
    with tempfile.TemporaryDirectory() as folder:
        mtp.write(Path(folder) / "pot.mtp")
        write(Path(folder) / "atoms.data", atoms, format="lammps-data", specorder=species, masses=True)
        script = [
            "units metal",
            "read_data atoms.data",
            *lammps_pair_commands("pot.mtp", species, **pair),
            f"neighbor {SKIN_A} bin",
            f"neigh_modify every {NEIGHBOUR_LIST_EVERY} delay 0 check no",
            "timestep 1e-9",
            "fix 1 all nve",
            "run 3",
            f"run {steps}",
        ]
        (Path(folder) / "in.lammps").write_text("\n".join(script) + "\n")
        command = [*lammps_command(ranks), "-in", "in.lammps", "-log", "none"]
        done = subprocess.run(command, cwd=folder, env=lammps_environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    wall = float(re.findall(r"Loop time of (\S+)", done.stdout)[-1])
    return wall, wall * float(re.findall(r"(\S+)% CPU use", done.stdout)[-1]) / 100.0


def lammps_speed(atoms, mtp, **pair) -> float:
    """Return atom-steps per CPU second."""
    _, trial = lammps_seconds(atoms, mtp, 5, **pair)
    steps = max(10, round(MD_CPU_SECONDS / (trial / 5) / 10) * 10)
    return len(atoms) * steps / lammps_seconds(atoms, mtp, steps, **pair)[1]


def motep_data(mtp: MTP):
    from ase.data import atomic_numbers
    from motep.io.mlip.mtp import read_mtp

    with tempfile.TemporaryDirectory() as folder:
        mtp.write(Path(folder) / "pot.mtp")
        data = read_mtp(Path(folder) / "pot.mtp")
    data.species = [atomic_numbers[symbol] for symbol in mtp.species]
    return data


def motep_speed(atoms, mtp) -> float:
    """Return atom-evaluations per CPU second of motep's C engine, with energies, forces and stress as in MD."""
    from motep.calculator import MTP as MotepCalculator

    atoms = atoms.copy()
    atoms.calc = MotepCalculator(motep_data(mtp), engine="cext")
    atoms.get_forces()
    repeats, start = 0, process_time()
    while process_time() - start < MD_CPU_SECONDS or repeats == 0:
        atoms.positions += 1e-9
        atoms.get_forces()
        repeats += 1
    return len(atoms) * repeats / (process_time() - start)


def peak_multiply_adds() -> float:
    """Return double-precision multiply-adds per second of one core, from a matrix product."""
    a = np.random.default_rng(0).normal(size=(1500, 1500))
    best = np.inf
    for _ in range(5):
        start = process_time()
        a @ a
        best = min(best, process_time() - start)
    return 1500**3 / best


def multiply_adds_per_atom(atoms, mtp) -> float:
    counted = mtp.multiply_adds()
    return counted["per_atom"] + counted["per_pair"] * mtp.frame(atoms).pairs / len(atoms)


def md_row(name, atoms, mtp, needed, peak) -> dict:
    ours, theirs = lammps_speed(atoms, mtp), motep_speed(atoms, mtp)
    limit = peak / multiply_adds_per_atom(atoms, mtp)
    return {
        "what": f"MD {name}",
        "ours": f"{ours / 1e3:.1f} k atom-steps/s",
        "other": f"motep cext {theirs / 1e3:.2f} k",
        "ratio": ours / theirs,
        "needed": f">= {needed}",
        "reached": ours / theirs >= needed,
        "limit_k_per_s": limit / 1e3,
        "fraction_of_limit": ours / limit,
        "neighbours": mtp.frame(atoms).pairs / len(atoms),
    }


def md() -> list[dict]:
    peak = peak_multiply_adds()
    melt = salt_melt()
    rows = [md_row("rock-salt melt 2048 atoms, level 20, 8 Å", melt, potential(("Na", "K", "Cl"), 20, 8.0), 20, peak)]
    cell = argyrodite(2)
    for level in (8, 12, 16, 20):
        mtp = potential(ARGYRODITE, level, 5.0)
        rows.append(md_row(f"Li6PS5Cl 416 atoms, level {level}, 5 Å", cell, mtp, 15, peak))
    return rows


# --- grading and ranks ------------------------------------------------------------------------------------------------


def grade() -> list[dict]:
    """Compare the CPU times of alternating runs with and without grading."""
    rows = []
    for level in (8, 16, 20):
        mtp, cell = potential(ARGYRODITE, level, 5.0), argyrodite(2)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "active_set"
            ActiveSet.from_frames(mtp, [argyrodite(1, seed) for seed in range(12)]).write(path)
            trial = lammps_seconds(cell, mtp, 20)[1] / 20
            steps = round(MD_CPU_SECONDS / 2 / trial / 10) * 10
            ratios = []
            for _ in range(5):
                plain = lammps_seconds(cell, mtp, steps)[1]
                graded = lammps_seconds(cell, mtp, steps, active_set_path=path, grade_every=10)[1]
                ratios.append(graded / plain)
        slower = float(np.median(ratios)) - 1.0
        rows.append(
            {
                "what": f"grade every 10 steps, level {level}",
                "ours": f"{100 * slower:+.1f} %",
                "other": "same run without grading",
                "ratio": 1.0 + slower,
                "needed": "<= 5 % slower",
                "reached": slower <= 0.05,
            }
        )
    return rows


def grade_many() -> list[dict]:
    """Compute grades of 10 000 atoms with ActiveSet.grades, without energies."""
    mtp = potential(ARGYRODITE, 16, 5.0)
    active = ActiveSet.from_frames(mtp, [argyrodite(1, seed) for seed in range(12)])
    large = argyrodite(1).repeat((6, 6, 6))[:10_000]
    start = perf_counter()
    active.grades(mtp, large)
    seconds = perf_counter() - start
    return [
        {
            "what": "grades of 10 000 atoms, level 16",
            "ours": f"{seconds:.2f} s",
            "other": "",
            "ratio": seconds,
            "needed": "well under 1 s",
            "reached": seconds < 0.8,
        }
    ]


def ranks() -> list[dict]:
    mtp, cell = potential(ARGYRODITE, 16, 5.0), argyrodite(3)
    steps = max(20, round(MD_CPU_SECONDS / (lammps_seconds(cell, mtp, 5)[0] / 5)))
    one = min(lammps_seconds(cell, mtp, steps)[0] for _ in range(2))
    two = min(lammps_seconds(cell, mtp, steps, ranks=2)[0] for _ in range(2))
    return [
        {
            "what": f"2 MPI ranks, {len(cell)} atoms, level 16",
            "ours": f"{two:.2f} s",
            "other": f"1 rank {one:.2f} s",
            "ratio": one / two,
            "needed": ">= 1.8 (idle machine)",
            "reached": one / two >= 1.8,
        }
    ]


# --- training ---------------------------------------------------------------------------------------------------------


def labelled(atoms: Atoms, seed: int) -> Atoms:
    rng = np.random.default_rng(seed)
    results = {
        "energy": -3.0 * len(atoms),
        "forces": rng.normal(size=(len(atoms), 3)),
        "stress": 0.01 * rng.normal(size=6),
    }
    atoms.calc = SinglePointCalculator(atoms, **results)
    atoms.info["label_source"] = "benchmark"
    return atoms


def training() -> list[dict]:
    """Evaluate one loss with its gradient: level 16, 4 species, 25 frames of 52 atoms."""
    from argyro.platform.potential.fitting.dataset import Dataset
    from argyro.platform.potential.fitting.fit import TrainingOptions

    frames = [labelled(argyrodite(1, seed), seed) for seed in range(25)]
    mtp = potential(ARGYRODITE, 16, 5.0)
    dataset = Dataset(frames, mtp, TrainingOptions())
    dataset.loss_and_gradient(mtp.kernel, 1)
    repeats, start = 0, process_time()
    while process_time() - start < 3.0:
        dataset.loss_and_gradient(mtp.kernel, 1)
        repeats += 1
    ours = (process_time() - start) / repeats
    theirs = motep_loss_seconds(frames, mtp)
    return [
        {
            "what": "loss and gradient, level 16, 25 frames of 52 atoms",
            "ours": f"{1e3 * ours:.1f} ms",
            "other": f"motep cext {theirs:.1f} s",
            "ratio": theirs / ours,
            "needed": ">= 200",
            "reached": theirs / ours >= 200,
        }
    ]


def motep_loss_seconds(frames, mtp) -> float:
    from motep.loss import LossFunction, LossSetting

    data = motep_data(mtp)
    loss = LossFunction(frames, mtp_data=data, setting=LossSetting(), engine="cext")
    start = process_time()
    loss(data.parameters)
    loss.jac(data.parameters)
    return process_time() - start


def memory() -> list[dict]:
    """Measure the peak memory of training on 2000 frames of 100 atoms, level 16, two iterations."""
    done = subprocess.run([sys.executable, __file__, "--train-only"], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    peak_GB = float(done.stdout.split()[-1])
    return [
        {
            "what": "memory of training, 2000 frames of 100 atoms, level 16",
            "ours": f"{peak_GB:.2f} GB",
            "other": "",
            "ratio": peak_GB,
            "needed": "< 2 GB",
            "reached": peak_GB < 2.0,
        }
    ]


def train_only() -> None:
    from argyro.platform.potential.fitting.fit import TrainingOptions, train

    base = argyrodite(1).repeat((2, 1, 1))
    frames = []
    for seed in range(2000):
        atoms = base[np.random.default_rng(seed).permutation(104)[:100]]
        atoms.positions += np.random.default_rng(seed).normal(scale=0.02, size=atoms.positions.shape)
        frames.append(labelled(atoms, seed))
    train(frames, potential(ARGYRODITE, 16, 5.0), TrainingOptions(max_iterations=1))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)


PARTS = {"md": (md,), "grade": (grade, grade_many), "ranks": (ranks,), "training": (training,), "memory": (memory,)}


def table(rows: list[dict]) -> str:
    lines = [f"{'':58}{'argyro':24}{'against':24}{'ratio':>9}  needed"]
    for row in rows:
        text = f"{row['what']:58}{row['ours']:24}{row['other']:24}{row['ratio']:9.2f}  {row['needed']}"
        if "limit_k_per_s" in row:
            text += f"; limit {row['limit_k_per_s']:.0f} k, {100 * row['fraction_of_limit']:.0f} % of it"
        lines.append(text + ("" if row["reached"] else "  MISSED"))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    parser.add_argument("--only", default=",".join(PARTS), help="comma-separated parts")
    parser.add_argument("--train-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train_only:
        train_only()
        return
    from argyro.platform.potential.native import _kernel

    load = os.getloadavg()[0]
    print(f"{platform.processor() or platform.machine()}, {_kernel.instruction_set()}, load {load:.1f}")
    rows = []
    for part in options.only.split(","):
        for measure in PARTS[part]:
            found = measure()
            print("\n".join(table(found).splitlines()[1:]), flush=True)
            rows += found
    print("\n" + table(rows))
    if options.json:
        record = {
            "machine": platform.machine(),
            "instruction_set": _kernel.instruction_set(),
            "load": load,
            "rows": rows,
        }
        options.json.write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
