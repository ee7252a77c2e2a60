"""Random potentials and small random cells."""

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.potential.mtp.model import MTP

SPECIES = ("Li", "P", "S", "Cl", "Br", "I")


def random_potential(level: int, species=("Li", "P", "S", "Cl"), cutoff_A: float = 5.0, seed: int = 0) -> MTP:
    mtp = MTP.untrained(species, level, cutoff_A, 1.5, seed=seed)
    rng = np.random.default_rng(seed)
    energies, coefficients = rng.normal(size=len(species)), rng.normal(size=mtp.basis_size)
    return mtp.with_coefficients(mtp.radial_coefficients, energies, coefficients)


def random_cell(count: int, species=("Li", "P", "S", "Cl"), edge_A: float = 5.0, seed: int = 0) -> Atoms:
    """A skewed cell, mostly smaller than the cutoff, no two atoms closer than 1.2 Å."""
    rng = np.random.default_rng(seed)
    cell = edge_A * np.eye(3) + rng.normal(scale=0.06 * edge_A, size=(3, 3))
    atoms = Atoms(cell=cell, pbc=True)
    while len(atoms) < count:
        trial = atoms + Atoms(species[len(atoms) % len(species)], positions=rng.random((1, 3)) @ cell)
        if len(trial) == 1 or trial.get_distances(-1, range(len(trial) - 1), mic=True).min() > 1.2:
            atoms = trial
    return atoms


def labelled(atoms: Atoms, teacher: MTP) -> Atoms:
    found = teacher.evaluate(atoms)
    frame = atoms.copy()
    frame.calc = SinglePointCalculator(
        frame, energy=found.energy_eV, forces=found.forces_eV_A, stress=found.stress_eV_A3
    )
    frame.info["label_source"] = "teacher"
    return frame
