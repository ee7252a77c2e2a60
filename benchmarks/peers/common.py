"""Errors, speeds and records of the comparison; needs numpy and ASE only, so that every peer's environment runs it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from time import process_time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from ase import Atoms
from ase.io import read

WORKDIR = Path(os.environ.get("ARGYRO_PEERS", "runs/peers"))
SPEED_CPU_SECONDS = 5.0


def training_frames() -> list[Atoms]:
    return read(WORKDIR / "train.extxyz", ":")


def held_out_frames() -> list[Atoms]:
    return read(WORKDIR / "held_out.extxyz", ":")


def large_cell() -> Atoms:
    """Return the first held-out frame repeated to 416 atoms, as campaigns run it."""
    return held_out_frames()[0].repeat((2, 2, 2))


def force_errors(predict: Callable[[Atoms], np.ndarray]) -> dict[str, float]:
    """Return the rms errors of the force components of held-out frames in meV/Å, of all atoms and of Li."""
    all_errors, li_errors = [], []
    for atoms in held_out_frames():
        error = 1000 * (predict(atoms) - atoms.get_forces())
        all_errors.append(error.ravel())
        li_errors.append(error[atoms.symbols == "Li"].ravel())
    rms = [float(np.sqrt(np.mean(np.concatenate(errors) ** 2))) for errors in (all_errors, li_errors)]
    return {"rmse_all_meV_A": rms[0], "rmse_li_meV_A": rms[1]}


def calculator_speed(calculator, atoms: Atoms | None = None) -> float:
    """Return atom-steps per CPU second of an ASE calculator with energy and forces at changing positions."""
    atoms = (atoms or large_cell()).copy()
    atoms.calc = calculator
    atoms.get_forces()
    rng, evaluations, start = np.random.default_rng(0), 0, process_time()
    while process_time() - start < SPEED_CPU_SECONDS or evaluations < 2:
        atoms.positions += rng.normal(scale=1e-3, size=atoms.positions.shape)
        atoms.get_forces()
        evaluations += 1
    return len(atoms) * evaluations / (process_time() - start)


def save(name: str, **values) -> None:
    """Merge values into the record of a potential; the load average is kept with them."""
    path = WORKDIR / "records" / f"{name.replace(' ', '-')}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    record = json.loads(path.read_text()) if path.exists() else {"name": name}
    record |= {"load": os.getloadavg()[0], **values}
    path.write_text(json.dumps(record, indent=1))
    print(json.dumps(record), flush=True)
