"""Molecular dynamics with the reference, and comparison with the learned potential.

    python benchmarks/reference_md.py structure CELL.extxyz [--strain 0.045] [--boundary NAME]
    python benchmarks/reference_md.py run CELL.extxyz --temperature 800 --ps 60 [--device cuda] [--minutes 9]
    python benchmarks/reference_md.py compare CELL.extxyz --temperature 800 --potential POTENTIAL.mtp [--skip-ps 4]

`run` requires only ASE, torch and chgnet, for example on a machine with an accelerator. Each replica is a separate
process with its own velocities at constant volume. It appends the Li positions to `trajectory.bin` (read by `argyro
diffusion` and `Trajectory.read`). Every picosecond it appends a frame with the reference's energy, forces and stress to
`frames.extxyz`. The same command continues an interrupted run. `compare` runs the same cell, volume, temperature and
length with the potential in LAMMPS. It prints D of both, pooled over replicas, with 95 % intervals.
"""

import argparse
import json
import multiprocessing
import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.io import read, write

TIMESTEP_FS, FRAME_STEPS, LABEL_FRAMES = 2.0, 50, 10  # one frame per 0.1 ps, one labelled frame per 1 ps


def structure(path: Path, strain: float, boundary: str | None) -> None:
    """Build half disordered Li6PS5Cl in its hot cell (linear strain of the cold cell)."""
    from argyro.platform.structures.boundaries.build import build_boundary
    from argyro.platform.structures.crystal.bulk import build_bulk

    bulk = boundary is None
    atoms = build_bulk("Li6PS5Cl", 0.5, (2, 1, 1), 1) if bulk else build_boundary("Li6PS5Cl", 0.5, boundary, 1.0, 1)
    atoms.set_cell(atoms.cell.array * (1 + strain), scale_atoms=True)
    write(path, atoms, format="extxyz")


def run(path: Path, temperature_K: float, replicas: int, ps: float, device: str, minutes: float, workdir: Path) -> dict:
    deadline = time.monotonic() + 60 * minutes
    context = multiprocessing.get_context("spawn")
    tasks = [
        context.Process(target=replica, args=(path, temperature_K, number, ps, device, deadline, workdir))
        for number in range(replicas)
    ]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    lengths = [len(read_trajectory(folder).times_ps) * FRAME_STEPS * TIMESTEP_FS / 1e3 for folder in folders(workdir)]
    return {"ps": lengths, "failed": sum(task.exitcode != 0 for task in tasks)}


def replica(
    path: Path, temperature_K: float, number: int, ps: float, device: str, deadline: float, workdir: Path
) -> None:
    """Run one replica from its last state."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch
    from ase.md.nose_hoover_chain import NoseHooverChainNVT
    from chgnet.model.dynamics import CHGNetCalculator

    from argyro.platform.dynamics.trajectories.trajectory import TrajectoryHeader, TrajectoryWriter

    torch.set_num_threads(1)
    folder = workdir / f"replica-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    atoms = read(path)
    atoms.calc = CHGNetCalculator(use_device=device)
    done = _restore(atoms, folder / "state.npz", temperature_K, number)
    dynamics = NoseHooverChainNVT(atoms, TIMESTEP_FS * units.fs, temperature_K=temperature_K, tdamp=100 * units.fs)
    counts = {symbol: int(count) for symbol, count in Counter(atoms.symbols).items()}
    mobile = atoms.symbols == "Li"
    masses = atoms.get_masses()[~mobile, None]
    header = TrajectoryHeader("Li", counts, atoms.cell.array, FRAME_STEPS * TIMESTEP_FS / 1e3)
    frames = round(ps * 1e3 / (FRAME_STEPS * TIMESTEP_FS))
    with TrajectoryWriter(folder / "trajectory.bin", header) as trajectory:
        trajectory.keep(done)
        while done < frames and time.monotonic() < deadline:
            dynamics.run(FRAME_STEPS)
            framework = (atoms.positions[~mobile] * masses).sum(axis=0) / masses.sum()
            trajectory.append(framework, atoms.positions[mobile])
            done += 1
            if done % LABEL_FRAMES == 0:
                write(folder / "frames.extxyz", _labelled(atoms, done), format="extxyz", append=True)
                _save(atoms, folder / "state.npz", done)
    _save(atoms, folder / "state.npz", done)
    print(f"replica {number}: {done / 10:g} ps, {atoms.get_temperature():.0f} K", flush=True)


def _restore(atoms: Atoms, path: Path, temperature_K: float, seed: int) -> int:
    """Set positions and momenta and return the number of frames; relax a new replica and heat it to twice the
    temperature.
    """
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
    from ase.optimize import FIRE

    if path.exists():
        state = np.load(path)
        atoms.positions, done = state["positions"], int(state["frames"])
        atoms.set_momenta(state["momenta"])
        return done
    FIRE(atoms, logfile=None).run(fmax=0.1, steps=60)
    MaxwellBoltzmannDistribution(atoms, temperature_K=2 * temperature_K, rng=np.random.default_rng(seed))
    Stationary(atoms)
    return 0


def _save(atoms: Atoms, path: Path, frames: int) -> None:
    partial = path.with_name("partial.npz")
    np.savez(partial, positions=atoms.positions, momenta=atoms.get_momenta(), frames=frames)
    partial.replace(path)


def _labelled(atoms: Atoms, frame: int) -> Atoms:
    """Return a wrapped copy with energy, forces and stress of the reference."""
    from ase.calculators.singlepoint import SinglePointCalculator

    copy = atoms.copy()
    copy.wrap()
    energy, forces, stress = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
    copy.calc = SinglePointCalculator(copy, energy=float(energy), forces=forces.astype(float), stress=stress)
    copy.info["ps"] = frame * FRAME_STEPS * TIMESTEP_FS / 1e3
    return copy


def folders(workdir: Path) -> list[Path]:
    return sorted(workdir.glob("replica-*"))


def read_trajectory(folder: Path):
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory

    return Trajectory.read(folder / "trajectory.bin")


def pooled(trajectories: list, skip_ps: float):
    """Pool all replicas as one trajectory of independent ions relative to the framework, without the start."""
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory

    start = round(skip_ps / trajectories[0].interval_ps)
    frames = min(trajectory.frames for trajectory in trajectories)
    relative = [trajectory.part(start, frames).relative_A() for trajectory in trajectories]
    first = trajectories[0]
    return Trajectory(
        np.concatenate(relative, axis=1),
        np.zeros((frames - start, 3)),
        first.times_ps[start:frames],
        first.cell_A,
        {symbol: count * len(trajectories) for symbol, count in first.counts.items()},
    )


def compare(path: Path, temperature_K: float, potential: Path, skip_ps: float, workdir: Path) -> dict:
    from argyro.platform.dynamics.diffusion.tracer import diffusivity
    from argyro.platform.dynamics.md.settings import MDSettings
    from argyro.platform.dynamics.md.simulation import run_md

    reference = [read_trajectory(folder) for folder in folders(workdir)]
    ps = min(trajectory.duration_ps for trajectory in reference)
    found = []
    for number in range(len(reference)):
        settings = MDSettings(temperature_K, equilibrate_ps=0.0, production_ps=round(ps, 1), seed=number)
        folder = workdir.with_name(f"{workdir.name}-{potential.stem}") / str(number)
        found.append(read_trajectory(run_md(read(path), potential, settings, folder).trajectory.parent))
    return {
        "replicas": len(reference),
        "ps": ps - skip_ps,
        "reference": diffusivity(pooled(reference, skip_ps), temperature_K).to_json(),
        "potential": diffusivity(pooled(found, skip_ps), temperature_K).to_json(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("structure", "run", "compare"))
    parser.add_argument("cell", type=Path)
    parser.add_argument("--strain", type=float, default=0.045)
    parser.add_argument("--boundary")
    parser.add_argument("--temperature", type=float, default=800.0)
    parser.add_argument("--replicas", type=int, default=8)
    parser.add_argument("--ps", type=float, default=60.0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--minutes", type=float, default=1e6, help="time limit; the same command continues")
    parser.add_argument("--potential", type=Path)
    parser.add_argument("--skip-ps", type=float, default=4.0, help="start of every replica to exclude from D")
    parser.add_argument("--workdir", type=Path, default=Path("reference-md"))
    given = parser.parse_args()
    if given.part == "structure":
        structure(given.cell, given.strain, given.boundary)
        return
    if given.part == "run":
        result = run(
            given.cell, given.temperature, given.replicas, given.ps, given.device, given.minutes, given.workdir
        )
    else:
        result = compare(given.cell, given.temperature, given.potential, given.skip_ps, given.workdir)
    print(json.dumps(result, indent=1, default=float))


if __name__ == "__main__":
    main()
