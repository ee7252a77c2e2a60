"""ACE: linear fit by ace-jax, evaluated by python-ace's C++ evaluator (ML-PACE).

    .venvs/acejax/bin/python benchmarks/peers/ace.py fit [ORDER DEGREE]
    .venvs/pace/bin/python benchmarks/peers/ace.py evaluate [ORDER DEGREE]

`fit` runs `aj fit` and exports a .yace file; its CPU time is the training time.
"""

import resource
import subprocess
import sys
from pathlib import Path

from common import WORKDIR, calculator_speed, force_errors, save

CUTOFF_A = 5.0


def fit(order: str, degree: str) -> None:
    folder = WORKDIR / f"ace-{order}-{degree}"
    aj = Path(sys.executable).with_name("aj")
    settings = ["--order", order, "--max-degree", degree, "--rcut", str(CUTOFF_A), "--elements", "Li,P,S,Cl"]
    data = ["--train", WORKDIR / "train.extxyz", "--test", WORKDIR / "held_out.extxyz", "--stress-key", "stress"]
    how = ["--e0", "prefit", "--lml-solver", "cholesky", "--map-polish", "off", "--out", folder]
    subprocess.run([aj, "fit", *settings, *data, *how], check=True)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([aj, "export", "--model", folder / "model.npz", "--out", folder / "model.yace"], check=True)
    save(f"ACE {order} {degree}", kind="ACE", training_s=seconds, trained_by="ace-jax 0.4.1")


def evaluate(order: str, degree: str) -> None:
    from pyace import PyACECalculator

    calculator = PyACECalculator(str(WORKDIR / f"ace-{order}-{degree}" / "model.yace"))

    def forces(atoms):
        atoms = atoms.copy()
        atoms.calc = calculator
        return atoms.get_forces()

    speed = calculator_speed(calculator)
    save(f"ACE {order} {degree}", **force_errors(forces), atom_steps_per_s=speed, evaluated_by="python-ace 0.4.0rc1")


if __name__ == "__main__":
    {"fit": fit, "evaluate": evaluate}[sys.argv[1]](*(sys.argv[2:] or ("3", "8")))
