"""Finite-size effect on diffusion: `python benchmarks/finite_size.py --folder RUNS [--temperature 750 --ps 40]`.

One arrangement of half disordered Li6PS5Cl is repeated to 416, 1404 and 3328 atoms, so that the cells differ in size
alone. The molecular dynamics uses the potential of the reference campaign; small cells have more runs. The benchmark
prints D and the Haven ratio of each size, and fits

    ln D(L) = ln D(∞) + c / L, L the cell length.

Each run continues where a killed call left it.
"""

import argparse
import json
from importlib.resources import files
from pathlib import Path

import numpy as np

from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.haven_ratio import collective
from argyro.platform.dynamics.diffusion.observe_run import observe_run
from argyro.platform.dynamics.diffusion.replicates import combine
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.md.simulation import run_md
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.structures.crystal.bulk import build_bulk

RUNS_OF = {2: 4, 3: 2, 4: 1}  # cells along each axis -> runs


def trajectory_of(cells: int, number: int, arguments: argparse.Namespace) -> Trajectory:
    potential = Path(str(files("argyro.campaigns") / "reference" / "potentials" / "Cl-Li-P-S.mtp"))
    settings = MDSettings(arguments.temperature, 4.0, arguments.ps, seed=number)
    atoms = build_bulk("Li6PS5Cl", 0.5, seed=arguments.arrangement).repeat((cells,) * 3)
    folder = arguments.folder / f"{cells}-{number}"
    run = run_md(atoms, potential, settings, folder)
    print(f"{folder}: {run.summary['atoms']} atoms, {run.summary['temperature_K']:.0f} K", flush=True)
    return Trajectory.read(run.trajectory)


def row(cells: int, arguments: argparse.Namespace) -> dict:
    trajectories = [trajectory_of(cells, number, arguments) for number in range(RUNS_OF[cells])]
    seen = [observe_run(one, arguments.temperature, ("xyz",))["xyz"] for one in trajectories]
    weights = np.array([one.log_sigma**-2 for one in seen])
    ratios = [ratio for one in trajectories if (ratio := collective(one).haven_ratio)]
    return {
        "atoms": sum(trajectories[0].counts.values()),
        "length_A": float(np.mean([one.cell_A[0] for one in seen])),
        "runs": len(seen),
        "log_cm2_s": float(weights @ [one.log_cm2_s for one in seen] / weights.sum()),
        "log_sigma": float(weights.sum() ** -0.5),
        "haven_ratio": combine(ratios).to_json() if ratios else None,
    }


def extrapolation(rows: list[dict]) -> tuple[Uncertain, Uncertain]:
    """Return c in Å and D(2 x 2 x 2) / D(∞) with their 95 % limits."""
    design = np.array([[1.0, 1 / one["length_A"]] for one in rows])
    weighted = design / np.array([[one["log_sigma"] ** 2] for one in rows])
    covariance = np.linalg.inv(design.T @ weighted)
    _, c = covariance @ weighted.T @ [one["log_cm2_s"] for one in rows]
    sigma = float(np.sqrt(covariance[1, 1]))
    slope = Uncertain(float(c), float(c - 1.96 * sigma), float(c + 1.96 * sigma))
    smallest_A = rows[0]["length_A"]
    return slope, Uncertain(*(float(np.exp(one / smallest_A)) for one in (slope.value, slope.low, slope.high)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--temperature", type=float, default=750.0)
    parser.add_argument("--ps", type=float, default=40.0)
    parser.add_argument("--arrangement", type=int, default=1)
    arguments = parser.parse_args()
    rows = [row(cells, arguments) for cells in RUNS_OF]
    for one in rows:
        print(json.dumps(one))
    slope, ratio = extrapolation(rows)
    print(f"c = {slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f}) Å")
    print(f"D({rows[0]['atoms']} atoms) / D(∞) = {ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})")


if __name__ == "__main__":
    main()
