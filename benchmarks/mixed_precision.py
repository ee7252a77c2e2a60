"""Quality of mixed precision: forces, energy drift, volume, pressure and diffusion against double precision.

    python benchmarks/mixed_precision.py [--workdir DIR] [--replicates N] [--json FILE]

Each replicate runs 416 atoms of Li6PS5Cl with the reference potential: 200 ps at constant pressure, 200 ps at constant
volume, and 200 ps at constant energy. Complete runs are kept, so that the command continues after an interruption.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.md.energy_drift import conserved_drift_meV_atom_ns
from argyro.platform.dynamics.md.lammps_input import GPA_IN_BAR
from argyro.platform.dynamics.md.settings import PRECISIONS, MDSettings
from argyro.platform.dynamics.md.simulation import run_md
from argyro.platform.dynamics.md.thermo_log import merged_rows
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

REFERENCE = Path(__file__).parents[1] / "campaigns" / "reference" / "potentials" / "Cl-Li-P-S.mtp"
TEMPERATURE_K, DISORDER, FRAMES = 600.0, 0.5, 10
BLOCKS = 10
LENGTHS_PS = {"nvt": (200.0, 200.0), "nve": (10.0, 200.0)}  # constant pressure, then the ensemble


def measured(folder: Path, ensemble: str, precision: str, seed: int) -> dict[str, tuple[float, float]]:
    """Run one replicate, or read its finished result; return values with standard errors."""
    atoms = build_bulk("Li6PS5Cl", disorder=DISORDER, supercell=(2, 2, 2), seed=seed)
    equilibrate_ps, production_ps = LENGTHS_PS[ensemble]
    settings = MDSettings(
        TEMPERATURE_K, equilibrate_ps, production_ps, seed=seed, ensemble=ensemble, precision=precision
    )
    workdir = folder / f"{ensemble}-{precision}-{seed}"
    run = run_md(atoms, REFERENCE, settings, workdir)
    if ensemble == "nve":
        drift = conserved_drift_meV_atom_ns(workdir)
        return {"drift (meV/atom/ns)": (drift.value, (drift.high - drift.low) / 3.92)}
    volumes, pressures = (
        np.array([row[name] for row in merged_rows(workdir / stage)])
        for stage, name in (("equilibration", "Volume"), ("production", "Press"))
    )
    diffusion = diffusivity(Trajectory.read(run.trajectory), TEMPERATURE_K, estimator="exact")
    return {
        "volume (Å³/atom)": block_mean(volumes[len(volumes) // 4 :] / len(atoms)),
        "pressure (GPa)": block_mean(pressures / GPA_IN_BAR),
        "ln D (cm²/s)": (float(np.log(diffusion.apparent_cm2_s)), diffusion.relative_error),
    }


def block_mean(values: np.ndarray) -> tuple[float, float]:
    """Return the mean of a time series and its standard error, from the means of blocks."""
    blocks = [block.mean() for block in np.array_split(values, BLOCKS)]
    return float(values.mean()), float(np.std(blocks, ddof=1) / np.sqrt(BLOCKS))


def force_difference_eV_A() -> float:
    """Return the rms difference of force components of displaced cells between the precisions."""
    mtp, differences = MTP.read(REFERENCE), []
    for seed in range(FRAMES):
        atoms = build_bulk("Li6PS5Cl", disorder=DISORDER, supercell=(2, 2, 2), seed=seed)
        atoms.positions += np.random.default_rng(seed).normal(scale=0.1, size=atoms.positions.shape)
        frame = mtp.frame(atoms)
        exact, mixed = mtp.kernel.compute(frame), mtp.kernel.compute(frame, mixed=True)
        differences.append(mixed["forces"] - exact["forces"])
    return float(np.sqrt(np.mean(np.square(differences))))


def summary(found: dict[str, list[tuple[float, float]]]) -> str:
    """Return the mean over replicates with its standard error per precision, and their difference."""
    means = {name: np.mean([value for value, _ in pairs]) for name, pairs in found.items()}
    errors = {
        name: np.sqrt(np.sum(np.square([error for _, error in pairs]))) / len(pairs) for name, pairs in found.items()
    }
    sigmas = (means["mixed"] - means["double"]) / np.hypot(errors["mixed"], errors["double"])
    shown = ", ".join(f"{name} {means[name]:.4f} ± {errors[name]:.4f}" for name in PRECISIONS)
    return f"{shown}; difference {sigmas:+.1f} standard errors"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, default=Path("runs/mixed_precision"))
    parser.add_argument("--replicates", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    record: dict = {"force_difference_eV_A": force_difference_eV_A()}
    print(f"rms difference of forces: {record['force_difference_eV_A']:.1e} eV/Å", flush=True)
    for seed in range(options.replicates):
        for ensemble in LENGTHS_PS:
            for precision in PRECISIONS:
                for name, pair in measured(options.workdir, ensemble, precision, seed).items():
                    record.setdefault(name, {}).setdefault(precision, []).append(pair)
                    print(f"{name}, {precision}, seed {seed}: {pair[0]:.5f} ± {pair[1]:.5f}", flush=True)
    for name, found in record.items():
        if isinstance(found, dict):
            print(f"{name}: {summary(found)}")
    if options.json:
        options.json.write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
