"""Coulomb energies of formal charges: exact Ewald matrix, and damped kernel of finite range for large cells."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import erfc

from argyro.platform.structures.crystal.neighbours import close_distances

COULOMB_EV_A = 14.399645478  # e² / (4 π ε0)
_PRECISION = 4.0  # erfc(4) = 1.5e-8 is the truncation error of the real and the reciprocal sum
DAMPING_PER_A, DAMPED_CUTOFF_A = 0.2, 10.0


def _reciprocal_vectors(cell_A: np.ndarray, largest_per_A: float) -> np.ndarray:
    """Return half of the reciprocal lattice in a sphere, without the origin (k and -k give the same term)."""
    reciprocal = 2 * np.pi * np.linalg.inv(cell_A).T
    ranges = np.ceil(largest_per_A * np.linalg.norm(cell_A, axis=1) / (2 * np.pi)).astype(int)
    index = np.array(np.meshgrid(*(np.arange(-m, m + 1) for m in ranges), indexing="ij")).reshape(3, -1).T
    positive = (index[:, 0] > 0) | ((index[:, 0] == 0) & ((index[:, 1] > 0) | ((index[:, 1] == 0) & (index[:, 2] > 0))))
    vectors = index[positive] @ reciprocal
    return vectors[np.einsum("ij,ij->i", vectors, vectors) <= largest_per_A**2]


def _splitting(count: int, volume_A3: float) -> float:
    """Return the Ewald parameter that balances the cost of the two sums."""
    return np.sqrt(np.pi) * (count / volume_A3**2) ** (1 / 6)


def _waves(positions_A: np.ndarray, cell_A: np.ndarray, alpha: float) -> np.ndarray:
    """Return weighted cosines and sines of all reciprocal vectors; their products sum to the reciprocal Ewald term."""
    k = _reciprocal_vectors(cell_A, 2 * alpha * _PRECISION)
    k2 = np.einsum("ij,ij->i", k, k)
    weight = np.sqrt(8 * np.pi / abs(np.linalg.det(cell_A)) * np.exp(-k2 / (4 * alpha**2)) / k2)
    phase = positions_A @ k.T
    return np.hstack([weight * np.cos(phase), weight * np.sin(phase)])


def ewald_matrix(positions_A: np.ndarray, cell_A: np.ndarray) -> np.ndarray:
    """Return the periodic Coulomb interactions M of unit charges, E = ½ qᵀ M q, with conducting boundary conditions.

    Args:
        positions_A: (n, 3).
        cell_A: (3, 3).

    Returns:
        (n, n) in eV per squared elementary charge; a neutralising background makes each entry finite.

    Source: Ewald, Ann. Phys. 369, 253 (1921).
    """
    volume, count = abs(np.linalg.det(cell_A)), len(positions_A)
    alpha = _splitting(count, volume)
    waves = _waves(positions_A, cell_A, alpha)
    matrix = waves @ waves.T - np.pi / (alpha**2 * volume)
    i, j, r = close_distances(positions_A, positions_A, cell_A, _PRECISION / alpha)
    np.add.at(matrix, (i, j), erfc(alpha * r) / r)
    matrix[np.diag_indices(count)] -= 2 * alpha / np.sqrt(np.pi)
    return COULOMB_EV_A * matrix


def ewald_energy_eV(positions_A: np.ndarray, charges_e: np.ndarray, cell_A: np.ndarray) -> float:
    """Return the Coulomb energy of a neutral periodic cell of point charges in eV.

    Args:
        positions_A: (n, 3).
        charges_e: (n,) in elementary charges.
        cell_A: (3, 3).
    """
    volume = abs(np.linalg.det(cell_A))
    alpha = _splitting(len(charges_e), volume)
    structure_factor = charges_e @ _waves(positions_A, cell_A, alpha)
    i, j, r = close_distances(positions_A, positions_A, cell_A, _PRECISION / alpha)
    real = np.sum(charges_e[i] * charges_e[j] * erfc(alpha * r) / r)
    own = -2 * alpha / np.sqrt(np.pi) * np.sum(charges_e**2) - np.pi / (alpha**2 * volume) * np.sum(charges_e) ** 2
    return 0.5 * COULOMB_EV_A * float(structure_factor @ structure_factor + real + own)


def damped_matrix(first_A: np.ndarray, second_A: np.ndarray, cell_A: np.ndarray) -> csr_matrix:
    """Return damped, shifted Coulomb interactions (n, m) in eV within a cutoff, for cells too large for Ewald sums.

    v(r) = erfc(α r) / r - erfc(α r_c) / r_c; the shift represents charges that neutralise each cutoff sphere.

    Source: Wolf et al., J. Chem. Phys. 110, 8254 (1999).
    """
    i, j, r = close_distances(first_A, second_A, cell_A, DAMPED_CUTOFF_A)
    shift = erfc(DAMPING_PER_A * DAMPED_CUTOFF_A) / DAMPED_CUTOFF_A
    values = COULOMB_EV_A * (erfc(DAMPING_PER_A * r) / r - shift)
    return csr_matrix((values, (i, j)), shape=(len(first_A), len(second_A)))
