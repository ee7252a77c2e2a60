"""Labelled frames of Li6PS5Cl for the comparison with other potentials.

    python benchmarks/peers/dataset.py [--workdir DIR]

All potentials train on the shipped labels of Li-P-S-Cl. The held-out frames come from Langevin runs of 52-atom cells
with the reference potential at 300 to 1200 K, four degrees of disorder, cells scaled by -2 to +2 %, and have labels of
DIEP as well. Existing files are kept.
"""

import argparse
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

POTENTIALS = Path(__file__).parents[2] / "campaigns" / "reference" / "potentials"
REFERENCE, LABELS = POTENTIALS / "Cl-Li-P-S.mtp", POTENTIALS / "Cl-Li-P-S.labels.extxyz.gz"
DISORDERS, TEMPERATURES_K = (0.0, 0.25, 0.5, 1.0), (300.0, 600.0, 900.0, 1200.0)
FRAMES_PER_RUN, FIRST_SEED = 3, 1000
START_STEPS, STEPS_BETWEEN, TIMESTEP_FS = 500, 250, 2.0


def sampled(disorder: float, temperature_K: float, frames: int, seed: int) -> list[Atoms]:
    """Return frames of one Langevin run, 0.5 ps apart."""
    rng = np.random.default_rng(seed)
    built = build_bulk("Li6PS5Cl", disorder=disorder, supercell=(1, 1, 1), seed=seed)
    atoms = Atoms(built.get_chemical_symbols(), positions=built.positions, cell=built.cell, pbc=True)
    atoms.set_cell(atoms.cell * rng.uniform(0.98, 1.02), scale_atoms=True)
    atoms.calc = MTPCalculator(MTP.read(REFERENCE))
    MaxwellBoltzmannDistribution(atoms, temperature_K=temperature_K, rng=rng)
    dynamics = Langevin(atoms, TIMESTEP_FS * units.fs, temperature_K=temperature_K, friction=0.05 / units.fs, rng=rng)
    dynamics.run(START_STEPS)
    found = []
    for _ in range(frames):
        dynamics.run(STEPS_BETWEEN)
        found.append(Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=True))
    return found


def labelled(frames: list[Atoms]) -> list[Atoms]:
    """Return the frames with energy (eV), forces (eV/Å) and stress (eV/Å³) of DIEP."""
    from diep.pretrained import make_calculator

    calculator = make_calculator()
    for atoms in frames:
        atoms.calc = calculator
        results = {
            "energy": float(atoms.get_potential_energy()),
            "forces": np.array(atoms.get_forces(), float),
            "stress": np.array(atoms.get_stress(), float),
        }
        atoms.calc = SinglePointCalculator(atoms, **results)
        atoms.info["label_source"] = "diep"
    return frames


def plain(atoms: Atoms) -> Atoms:
    """Return a frame with its labels only."""
    frame = Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=True)
    frame.calc = SinglePointCalculator(frame, **atoms.calc.results)
    return frame


def held_out() -> list[Atoms]:
    runs = [
        sampled(disorder, temperature_K, FRAMES_PER_RUN, FIRST_SEED + 10 * i + j)
        for i, disorder in enumerate(DISORDERS)
        for j, temperature_K in enumerate(TEMPERATURES_K)
    ]
    return labelled([atoms for run in runs for atoms in run])


def training() -> list[Atoms]:
    return [plain(atoms) for atoms in read(LABELS, ":")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workdir", type=Path, default=Path("runs/peers"))
    folder = parser.parse_args().workdir
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {"train.extxyz": training, "held_out.extxyz": held_out}.items():
        if not (folder / name).exists():
            write(folder / name, make())


if __name__ == "__main__":
    main()
