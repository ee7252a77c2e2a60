"""Comparison of the shipped potential with ab initio trajectories of Li6PS5I: MSD, diffusivity, g(r).

python -m argyro.validation.aimd TRAJECTORIES POTENTIAL.mtp

TRAJECTORIES contains the folders ``0p`` and ``50p`` with segments ``run*/XDATCAR.gz`` of 416 atoms at 500 K and one
frame per 0.1 ps (Morgan, doi 10.1021/acs.chemmater.0c03738). The result is stored in ``data/aimd.json``.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import iread

from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.msd import mean_square_displacement
from argyro.platform.dynamics.diffusion.report import load
from argyro.platform.dynamics.diffusion.tracer import diffusivity
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.md.simulation import run_md
from argyro.platform.dynamics.sites.rdf import radial_distributions, radial_mismatch
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.validation import figures
from argyro.validation.tables import Data, Section, interval

RESULT = Path(__file__).with_name("data") / "aimd.json"
TEMPERATURE_K, FRAME_FS = 500.0, 100.0
PAIRS = [("Li", "Li"), ("Li", "S"), ("Li", "I")]
FRAMES_FOR_RADIAL = 40
CURVE_PS = 25.0
HEATING_PS = 5.0  # excluded from the evaluation


def compare(folder: Path, potential: Path, seed: int = 0) -> dict:
    """Evaluate the ab initio and the MTP trajectory of a system with the same method.

    Args:
        folder: folder of the trajectory segments.
        potential: moment tensor potential file.
        seed: random seed of the initial velocities.
    """
    pieces = sorted(folder.glob("run*/XDATCAR.gz"))
    reference = load(pieces, FRAME_FS)
    frames = [frame for piece in pieces for frame in _frames(piece)]
    length_ps = reference.duration_ps
    # no equilibration at constant pressure, so that the run keeps the ab initio cell
    production_ps = HEATING_PS + length_ps
    settings = MDSettings(TEMPERATURE_K, equilibrate_ps=0.0, production_ps=production_ps, seed=seed)
    with tempfile.TemporaryDirectory() as workdir:
        run = run_md(_plain(frames[0]), potential, settings, Path(workdir))
        whole = Trajectory.read(run.trajectory)
        ours = whole.part(whole.frames - reference.frames, whole.frames)
        snapshots = list(iread(Path(workdir) / "production" / "snapshots.dump", format="lammps-dump-text"))
        answer = {"ours": _evaluated(ours, snapshots[round(HEATING_PS) :])}
    half = len(frames) // 2
    thinned = frames[:: max(1, len(frames) // FRAMES_FOR_RADIAL)]
    answer["ab_initio"] = _evaluated(reference, thinned)
    first, second = (
        radial_distributions(part[:: max(1, half // FRAMES_FOR_RADIAL)], PAIRS)[1]
        for part in (frames[:half], frames[half:])
    )
    answer["halves_mismatch"] = {"-".join(pair): radial_mismatch(first[pair], second[pair]) for pair in PAIRS}
    answer["mismatch"] = {
        name: radial_mismatch(np.array(answer["ours"]["g"][name]), np.array(answer["ab_initio"]["g"][name]))
        for name in answer["ours"]["g"]
    }
    return answer | {"length_ps": length_ps}


def _frames(piece: Path) -> list[Atoms]:
    with gzip.open(piece, "rt") as text:
        return list(iread(text, format="vasp-xdatcar"))


def _plain(frame: Atoms) -> Atoms:
    """Copy a frame as a bulk cell for `run_md`."""
    atoms = Atoms(frame.get_chemical_symbols(), positions=frame.positions, cell=frame.cell, pbc=True)
    atoms.info |= {"boundary": "bulk", "boundaries": 0}
    return atoms


def _evaluated(trajectory: Trajectory, frames: list[Atoms]) -> dict:
    found = diffusivity(trajectory, TEMPERATURE_K)
    msd = mean_square_displacement(trajectory)
    curve = msd.along()
    steps = min(len(curve), round(1000 * CURVE_PS / FRAME_FS))
    radii, values = radial_distributions(frames[:: max(1, len(frames) // FRAMES_FOR_RADIAL)], PAIRS)
    return {
        "diffusivity": found.to_json(),
        "times_ps": (np.arange(steps) * FRAME_FS / 1000).tolist(),
        "msd_A2": np.round(curve[:steps], 3).tolist(),
        "r_A": np.round(radii, 3).tolist(),
        "g": {"-".join(pair): np.round(value, 3).tolist() for pair, value in values.items()},
    }


def section(data: Data) -> Section:
    """Tabulate and draw the result of `compare`."""
    columns = ("system", "", "MSD at 10 ps, Å²", "D, 1e-6 cm²/s", "g(r) missed: Li-Li", "Li-S", "Li-I")
    if not RESULT.exists():
        return data.section("aimd", columns, [], length=0, cite=data.cite("aimd"), results="not compared")
    rows, pictures = [], []
    found = json.loads(RESULT.read_text())
    for system, entry in found.items():
        for who, name in (("ours", "ours"), ("ab_initio", "ab initio")):
            missed = entry["mismatch" if who == "ours" else "halves_mismatch"]
            rows.append(
                [
                    f"Li6PS5I {system.rstrip('p')} %" if who == "ours" else "",
                    name,
                    f"{np.interp(10.0, entry[who]['times_ps'], entry[who]['msd_A2']):.1f}",
                    _diffusivity(entry[who]["diffusivity"]),
                    *(f"{100 * share:.1f} %" for share in missed.values()),
                ]
            )
        picture = f"aimd-{system}.png"
        figures.curves(entry["ab_initio"], entry["ours"], data.pictures / picture)
        pictures.append(picture)
    length_ps = next(iter(found.values()))["length_ps"]
    results = "; ".join(f"{row[0] or 'ab initio'} {row[3]}" for row in rows)
    return data.section("aimd", columns, rows, pictures, length=length_ps, cite=data.cite("aimd"), results=results)


def _diffusivity(found: dict) -> str:
    """Format the JSON of a diffusivity in 1e-6 cm²/s."""
    value, bound = found["diffusivity_cm2_s"], found["upper_bound_cm2_s"]
    if value:
        return interval(Uncertain.from_json(value).scaled(1e6), 2)
    return f"below {1e6 * bound:.2g}: caged" if bound else "none"


def main(trajectories: Path, potential: Path) -> None:
    """Compare both systems and write the result."""
    found = {name: compare(trajectories / name, potential) for name in ("0p", "50p")}
    RESULT.write_text(json.dumps(found, indent=None, separators=(",", ":")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
