"""Pair potential fitted to forces, for checks of energies and stresses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from argyro.platform.potential.mtp.model import MTP

_RADIAL = 8  # Gaussians per pair of species
_RIDGE = 1e-6
_LEAST_FORCE_EV_A = 1e-4  # smaller forces are noise of a perfect crystal
_ROWS_PER_UNKNOWN = 3


class PairFit:
    """A pair potential φ_ab(r) = Σ_q c_abq exp(-(r - r_q)² / 2 w²) (1 - r / r_c)², fitted to forces.

    Args:
        frames: structures with forces.
        mtp: potential that gives species and cutoff.

    Attributes:
        trusted: whether there are enough large forces and the fit explains more than half of their variance.
    """

    def __init__(self, frames: Sequence[Atoms], mtp: MTP):
        self.mtp = mtp
        rows = [self._force_rows(atoms) for atoms in frames]
        matrix = np.vstack(rows)
        forces = np.concatenate([atoms.get_forces(apply_constraint=False).ravel() for atoms in frames])
        scale = np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
        normal = (matrix / scale).T @ (matrix / scale) + _RIDGE * np.eye(len(scale))
        self.coefficients = np.linalg.solve(normal, (matrix / scale).T @ forces) / scale
        unknowns = int((np.linalg.norm(matrix, axis=0) > 0.0).sum())
        spread = float(np.std(forces))
        explained = 1.0 - float(np.std(forces - matrix @ self.coefficients) / max(spread, 1e-300)) ** 2
        self.trusted = spread > _LEAST_FORCE_EV_A and explained > 0.5 and len(forces) > _ROWS_PER_UNKNOWN * unknowns

    def energy_eV(self, atoms: Atoms) -> float:
        """Return the energy of a structure up to a constant per atom of each species."""
        columns, values, _, _, _ = self._pairs(atoms)
        return 0.5 * float((self.coefficients[columns] * values).sum())

    def stress_eV_A3(self, atoms: Atoms) -> np.ndarray:
        """Return xx, yy, zz, yz, xz, xy of the stress of a periodic structure."""
        columns, _, slopes, vectors, _ = self._pairs(atoms)
        slope = (self.coefficients[columns] * slopes).sum(axis=1)
        lengths = np.linalg.norm(vectors, axis=1)
        tensor = np.einsum("k,ka,kb->ab", slope / lengths, vectors, vectors) / (2.0 * atoms.get_volume())
        return tensor[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]

    def _force_rows(self, atoms: Atoms) -> np.ndarray:
        columns, _, slopes, vectors, centres = self._pairs(atoms)
        count = len(self.mtp.species)
        rows = np.zeros((len(atoms), 3, count * count * _RADIAL))
        directions = vectors / np.linalg.norm(vectors, axis=1)[:, None]
        for axis in range(3):
            np.add.at(rows[:, axis], (centres[:, None], columns), slopes * directions[:, axis, None])
        return rows.reshape(3 * len(atoms), -1)

    def _pairs(self, atoms: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return column, value and slope of every (pair, Gaussian), and vector and centre of every pair."""
        frame, types = self.mtp.frame(atoms), self.mtp.types(atoms)
        vectors, neighbours = frame.vectors, frame.indices
        centres = np.repeat(np.arange(len(atoms)), np.diff(frame.offsets))
        low, high = np.minimum(types[centres], types[neighbours]), np.maximum(types[centres], types[neighbours])
        columns = (low * len(self.mtp.species) + high)[:, None] * _RADIAL + np.arange(_RADIAL)
        r, cutoff = np.linalg.norm(vectors, axis=1)[:, None], self.mtp.cutoff_A
        places = np.linspace(1.0, cutoff, _RADIAL)
        width = places[1] - places[0]
        gauss, left = np.exp(-((r - places) ** 2) / (2.0 * width**2)), 1.0 - r / cutoff
        values = gauss * left**2
        slopes = gauss * (-(r - places) / width**2 * left**2 - 2.0 * left / cutoff)
        return columns, values, slopes, vectors, centres
