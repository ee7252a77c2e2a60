"""The linear part of the fit: least squares for ξ and the species energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from argyro.platform.potential.dataset import Dataset
from argyro.platform.potential.potential import MTP

if TYPE_CHECKING:
    from argyro.platform.potential.training import TrainingOptions


def solve_linear(dataset: Dataset, mtp: MTP, options: TrainingOptions) -> MTP:
    """The best ξ and species energies for the present radial functions, by regularised least squares.

    Columns are scaled to unit norm before the ridge is added; a species without atoms or a basis function without
    neighbours keeps the coefficient zero.
    """
    matrix, vector = dataset.normal_equations(mtp, options.threads)
    scale = np.sqrt(np.diag(matrix))
    scale[scale == 0.0] = 1.0
    factor = cho_factor(matrix / np.outer(scale, scale) + options.ridge * np.eye(len(scale)), lower=True)
    solution = cho_solve(factor, vector / scale) / scale
    return mtp.with_coefficients(mtp.radial_coefficients, solution[mtp.basis_size :], solution[: mtp.basis_size])
