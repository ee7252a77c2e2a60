"""Preconditioner: variables in which the loss is nearly spherical, so that L-BFGS converges in few steps.

The loss is a sum of squares. Its Hessian is close to twice J^T J, with J the Jacobian of the weighted residuals. J is
never formed: the residuals of one frame projected on random signs w give a row g = J^T w at the cost of one gradient.
The mean of g g^T is J^T J (a Hutchinson sketch). A few rows per parameter suffice for a preconditioner.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from argyro.platform.potential.fitting.dataset import Dataset
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native import _kernel

ROWS_PER_PARAMETER = 6
DAMPING = 0.001  # added to the matrix of unit diagonal; larger than most of the sketch's noise

Coefficients = tuple[np.ndarray, np.ndarray, np.ndarray]  # radial, species energies, ξ


@dataclass(frozen=True)
class Whitening:
    """The variables x = Lᵀ θ, with L Lᵀ the damped Gauss-Newton matrix and θ the vector of all coefficients."""

    factor: np.ndarray
    radial_shape: tuple[int, ...]

    def pack(self, mtp: MTP) -> np.ndarray:
        """Return the variables of a potential."""
        return self.factor.T @ _flat(mtp.radial_coefficients, mtp.species_energies_eV, mtp.coefficients)

    def unpack(self, x: np.ndarray) -> Coefficients:
        """Return the coefficients for given variables."""
        flat = solve_triangular(self.factor, x, lower=True, trans="T")
        radial, species = int(np.prod(self.radial_shape)), self.radial_shape[0]
        return flat[:radial].reshape(self.radial_shape), flat[radial : radial + species], flat[radial + species :]

    def pull(self, gradient: Coefficients) -> np.ndarray:
        """Return the gradient by the variables from the gradient by the coefficients."""
        return solve_triangular(self.factor, _flat(*gradient), lower=True)


def whiten(dataset: Dataset, mtp: MTP, seed: int, threads: int, ridge: np.ndarray) -> Whitening:
    """Compute the variables for the neighbourhood of a potential.

    Args:
        dataset: the training frames.
        mtp: potential at which the loss is expanded.
        seed: seed of the random signs.
        threads: number of threads; 0 for OMP_NUM_THREADS.
        ridge: penalty factors of the squared radial coefficients.
    """
    size = mtp.radial_coefficients.size + len(mtp.species) + mtp.basis_size
    samples = -(-ROWS_PER_PARAMETER * size // len(dataset.frames))
    rows = _kernel.sketch_residuals(mtp.kernel, dataset.frames, samples, seed, threads)
    matrix = rows.T @ rows / samples
    matrix[np.diag_indices(ridge.size)] += ridge.ravel()
    scale = np.sqrt(np.diag(matrix))
    scale[scale < 1e-6 * scale.max()] = 1e-6 * scale.max()  # parameters without influence, such as absent pairs
    matrix /= np.outer(scale, scale)
    matrix[np.diag_indices(size)] += DAMPING
    return Whitening(scale[:, None] * cholesky(matrix, lower=True), mtp.radial_coefficients.shape)


def _flat(radial: np.ndarray, species_energies: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    return np.concatenate([radial.ravel(), species_energies, coefficients])
