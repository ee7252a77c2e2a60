"""SNAP: linear fit of bispectrum components by LAMMPS' `compute snap`, evaluated by `pair_style snap`.

    python benchmarks/peers/snap.py [TWOJMAX]

Rows of energies per atom and force components of the training frames, with the weights of the MTP fit; element
weights 1, radii of the elements' covalent radii relative to Li.
"""

import subprocess
import sys
import tempfile
from ctypes import CDLL, RTLD_GLOBAL
from pathlib import Path
from time import process_time

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii
from ase.io import write
from common import WORKDIR, force_errors, large_cell, save, training_frames

from argyro.platform.potential.fitting.dataset import force_weights
from argyro.platform.potential.fitting.options import TrainingOptions
from argyro.platform.potential.native.build import mpich_include_dir
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment

ELEMENTS = ("Cl", "Li", "P", "S")
CUTOFF_A, SHARPNESS = 5.0, 0.99363
RIDGE = 1e-6
NEIGHBOUR_WEIGHTS = (-0.69, 0.78, 0.63, -0.95)  # of the densities of neighbours: the best of 14 random sets at 2J = 6
WEIGHTS = TrainingOptions(  # of campaigns
    energy_scale_meV_atom=6.0,
    stress_scale_GPa=0.6,
    lithium_force_weight=4.0,
    large_force_eV_A=1.5,
    threads=1,
)


def radii() -> list[float]:
    """Return radii whose largest pair has the cutoff: rcutfac (R_i + R_j) = CUTOFF_A."""
    values = np.array([covalent_radii[atomic_numbers[element]] for element in ELEMENTS])
    return list(0.5 * (0.8 + 0.2 * values / values.max()))


def with_lammps(atoms: Atoms, lines: list[str], collect):
    """Run lines on a structure and return what `collect` takes from the LAMMPS object."""
    CDLL(str(mpich_include_dir().parent / "lib" / "libmpi.so.12"), mode=RTLD_GLOBAL)  # of the lammps wheel
    from lammps import lammps

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "atoms.data"
        write(path, atoms, format="lammps-data", specorder=list(ELEMENTS), masses=True)
        lmp = lammps(cmdargs=["-log", "none", "-screen", "none"])
        try:
            lmp.commands_list(["units metal", "atom_modify map array sort 0 0", f"read_data {path}", *lines])
            return collect(lmp)
        finally:
            lmp.close()


def rows_of(atoms: Atoms, twojmax: int) -> np.ndarray:
    """Return [1 + 3 n + 6][columns + 1] of `compute snap`: energy, forces, virial; the last column is zero."""
    numbers = " ".join(f"{value:.6f}" for value in (*radii(), *NEIGHBOUR_WEIGHTS))
    lines = [
        f"pair_style zero {CUTOFF_A}",
        "pair_coeff * *",
        f"compute snap all snap {CUTOFF_A} {SHARPNESS} {twojmax} {numbers} bzeroflag 0",
        "thermo_style custom step c_snap[1][1]",
        "run 0",
    ]
    return with_lammps(atoms, lines, lambda lmp: np.array(lmp.numpy.extract_compute("snap", 0, 2)))


def fit(twojmax: int) -> tuple[np.ndarray, float]:
    """Return coefficients [element][1 + components] and the CPU seconds."""
    start, matrix, vector = process_time(), 0.0, 0.0
    for atoms in training_frames():
        rows, count = rows_of(atoms, twojmax), len(atoms)
        per_element = np.array([sum(atoms.symbols == element) for element in ELEMENTS]) / count
        components = (rows.shape[1] - 1) // len(ELEMENTS)
        energy = np.concatenate(
            [[share, *rows[0, e * components : (e + 1) * components] / count] for e, share in enumerate(per_element)]
        )
        forces = np.zeros((3 * count, energy.size))
        for e in range(len(ELEMENTS)):
            forces[:, e * (components + 1) + 1 : (e + 1) * (components + 1)] = rows[
                1 : 1 + 3 * count, e * components : (e + 1) * components
            ]
        energy_weight = 1000 / WEIGHTS.energy_scale_meV_atom
        roots = np.repeat(np.sqrt(force_weights(atoms, WEIGHTS)), 3)
        design = np.vstack([energy_weight * energy, roots[:, None] * forces])
        target = np.concatenate(
            [[energy_weight * atoms.get_potential_energy() / count], roots * atoms.get_forces().ravel()]
        )
        matrix, vector = matrix + design.T @ design, vector + design.T @ target
    scale = np.sqrt(np.diag(matrix)) + 1e-12
    solution = np.linalg.solve(matrix / np.outer(scale, scale) + RIDGE * np.eye(len(scale)), vector / scale) / scale
    return solution.reshape(len(ELEMENTS), -1), process_time() - start


def write_potential(coefficients: np.ndarray, twojmax: int, stem: Path) -> list[str]:
    lines = [f"{len(ELEMENTS)} {coefficients.shape[1]}"]
    for element, radius, weight, values in zip(ELEMENTS, radii(), NEIGHBOUR_WEIGHTS, coefficients, strict=True):
        lines += [f"{element} {radius:.6f} {weight}", *(f"{value:.12e}" for value in values)]
    stem.with_suffix(".snapcoeff").write_text("\n".join(lines) + "\n")
    stem.with_suffix(".snapparam").write_text(
        f"rcutfac {CUTOFF_A}\ntwojmax {twojmax}\nrfac0 {SHARPNESS}\nbzeroflag 0\nquadraticflag 0\n"
    )
    files = f"{stem.with_suffix('.snapcoeff').resolve()} {stem.with_suffix('.snapparam').resolve()}"
    return ["pair_style snap", f"pair_coeff * * {files} {' '.join(ELEMENTS)}"]


def forces_of(atoms: Atoms, pair: list[str]) -> np.ndarray:
    return with_lammps(atoms, [*pair, "run 0"], lambda lmp: np.array(lmp.numpy.extract_atom("f"))[: len(atoms)].copy())


def lammps_speed(pair: list[str], steps: int = 100) -> float:
    """Return atom-steps per CPU second of `lmp` with 416 atoms."""
    atoms = large_cell()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "atoms.data", atoms, format="lammps-data", specorder=list(ELEMENTS), masses=True)
        lines = ["units metal", "read_data atoms.data", *pair, "neighbor 1.0 bin", "timestep 1e-9", "fix 1 all nve"]
        (Path(folder) / "in.lammps").write_text("\n".join([*lines, "run 3", f"run {steps}"]) + "\n")
        command = [*lammps_command(1), "-in", "in.lammps", "-log", "none"]
        done = subprocess.run(command, cwd=folder, env=lammps_environment(), capture_output=True, text=True, check=True)
    words = done.stdout.split()
    wall = float(words[len(words) - 1 - words[::-1].index("Loop") + 3])
    share = float(next(line for line in done.stdout.splitlines()[::-1] if "% CPU use" in line).split("%")[0])
    return len(atoms) * steps / (wall * share / 100)


def main() -> None:
    twojmax = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    coefficients, seconds = fit(twojmax)
    pair = write_potential(coefficients, twojmax, WORKDIR / f"snap-{twojmax}")
    save(
        f"SNAP 2J={twojmax}",
        kind="SNAP",
        **force_errors(lambda atoms: forces_of(atoms, pair)),
        training_s=seconds,
        atom_steps_per_s=lammps_speed(pair),
        evaluated_by="lammps 22Jul2025",
    )


if __name__ == "__main__":
    main()
