"""ACE: linear fit by ace-jax, timed by python-ace's C++ evaluator (ML-PACE).

    .venvs/acejax/bin/python benchmarks/peers/ace.py fit [ORDER DEGREE]
    .venvs/pace/bin/python benchmarks/peers/ace.py speed [ORDER DEGREE]

`fit` runs `aj fit` and exports a .yace file; its CPU time is the training time. python-ace 0.4.0rc1 cannot read the
tabulated radial functions of that file. `speed` replaces them by Chebyshev polynomials: other forces, the same cost.
"""

import csv
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
from common import WORKDIR, calculator_speed, save

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
    with (folder / "metrics.csv").open() as file:
        forces = next(row for row in csv.DictReader(file) if row["quantity"] == "F")
    save(
        f"ACE {order} {degree}",
        kind="ACE",
        rmse_all_meV_A=1000 * float(forces["rmse"]),
        training_s=seconds,
        trained_by="ace-jax 0.4.1",
    )


def speed(order: str, degree: str) -> None:
    from pyace import PyACECalculator

    timed = WORKDIR / "timed.yace"
    with_chebyshev_radials(WORKDIR / f"ace-{order}-{degree}" / "model.yace", timed)
    rate = calculator_speed(PyACECalculator(str(timed)))
    save(f"ACE {order} {degree}", atom_steps_per_s=rate, evaluated_by="python-ace 0.4.0rc1")


def with_chebyshev_radials(source: Path, target: Path) -> None:
    text = re.sub(r"^    radtable:\n(      .*\n)+", "    RADIALS\n", source.read_text(), flags=re.M)
    size = {name: int(re.search(rf"{name}: (\d+)", text)[1]) for name in ("nradmax", "lmax", "nradbasemax")}
    ones = np.ones((size["nradmax"], size["lmax"] + 1, size["nradbasemax"])).tolist()
    text = text.replace("RADIALS", f"radparameters: [5.0]\n    radcoefficients: {ones}")
    target.write_text(text.replace("Tabulated", "ChebExpCos"))


if __name__ == "__main__":
    {"fit": fit, "speed": speed}[sys.argv[1]](*(sys.argv[2:] or ("2", "8")))
