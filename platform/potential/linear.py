"""The linear part of the fit: least squares for ξ and the species energies, and variables in which it is well conditioned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from argyro.platform.potential.dataset import Dataset
from argyro.platform.potential.potential import MTP

if TYPE_CHECKING:
    from argyro.platform.potential.training import TrainingOptions

RADIAL_STEP = 0.1  # a change of the radial coefficients that counts as much as a unit of the whitened ones


@dataclass(frozen=True)
class Whitening:
    """Variables x = (radial / step, Lᵀ c) with N = L Lᵀ the normal matrix: the linear part of the loss is |x|² around its minimum."""

    factor: np.ndarray  # L, lower
    radial_shape: tuple[int, ...]
    basis_size: int

    def pack(self, mtp: MTP) -> np.ndarray:
        """Variables of a potential."""
        linear = np.concatenate([mtp.coefficients, mtp.species_energies_eV])
        return np.concatenate([mtp.radial_coefficients.ravel() / RADIAL_STEP, self.factor.T @ linear])

    def unpack(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Radial coefficients, species energies and ξ."""
        radial = x[: int(np.prod(self.radial_shape))]
        linear = solve_triangular(self.factor, x[radial.size :], lower=True, trans="T")
        return RADIAL_STEP * radial.reshape(self.radial_shape), linear[self.basis_size :], linear[: self.basis_size]

    def pull(self, radial: np.ndarray, species_energies: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        """Gradient in the variables from the gradient in the coefficients."""
        linear = solve_triangular(self.factor, np.concatenate([coefficients, species_energies]), lower=True)
        return np.concatenate([RADIAL_STEP * radial.ravel(), linear])


def solve_linear(dataset: Dataset, mtp: MTP, options: TrainingOptions) -> tuple[MTP, Whitening]:
    """The best ξ and species energies for the present radial functions, by regularised least squares.

    Columns are scaled to unit norm before the ridge is added; a species without atoms or a basis function without neighbours keeps
    the coefficient zero.
    """
    matrix, vector = dataset.normal_equations(mtp, options.threads)
    scale = np.sqrt(np.diag(matrix))
    scale[scale == 0.0] = 1.0
    regular = matrix / np.outer(scale, scale) + options.ridge * np.eye(len(scale))
    factor, _ = cho_factor(regular, lower=True)
    solution = cho_solve((factor, True), vector / scale) / scale
    solved = mtp.with_coefficients(mtp.radial_coefficients, solution[mtp.basis_size :], solution[: mtp.basis_size])
    whitening = Whitening(np.tril(factor) * scale[:, None], mtp.radial_coefficients.shape, mtp.basis_size)
    return solved, whitening
