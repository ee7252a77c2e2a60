"""Attachment of energy, forces and stress to a structure."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

_VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])  # xx, yy, zz, yz, xz, xy


def attach_labels(atoms: Atoms, energy_eV: float, forces_eV_A: np.ndarray, stress_eV_A3: np.ndarray | None) -> None:
    """Attach labels to a structure, in place.

    Args:
        atoms: the structure.
        energy_eV: total energy.
        forces_eV_A: (n, 3) forces.
        stress_eV_A3: (6,) xx, yy, zz, yz, xz, xy, positive under tension; None without a stress.
    """
    labels = {"energy": float(energy_eV), "forces": np.asarray(forces_eV_A, float)}
    if stress_eV_A3 is not None:
        labels["stress"] = np.asarray(stress_eV_A3, float)
    atoms.calc = SinglePointCalculator(atoms, **labels)


def six_components(tensor: np.ndarray) -> np.ndarray | None:
    """Return xx, yy, zz, yz, xz, xy of a symmetric tensor given as 6, 9 or 3 x 3 numbers; None for other shapes."""
    values = np.asarray(tensor, float)
    if values.shape == (6,):
        return values
    if values.size != 9:
        return None
    full = values.reshape(3, 3)
    return 0.5 * (full + full.T)[_VOIGT]
