"""Solve the linear part of the fit: least squares for ξ and the species energies."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from argyro.platform.common.errors import InputError
from argyro.platform.potential.fitting.dataset import Dataset
from argyro.platform.potential.fitting.options import TrainingOptions
from argyro.platform.potential.mtp.model import MTP

AFFORDABLE_EVALUATIONS = 30  # of all frames; each basis function costs one of the frames used
ROWS_PER_UNKNOWN = 20  # and more are not needed for a start


def solve_linear(dataset: Dataset, mtp: MTP, options: TrainingOptions) -> MTP:
    """Return the best ξ and species energies for the present radial functions, by regularised least squares.

    Columns are scaled to unit norm before the ridge is added; a species without atoms or a basis function without
    neighbours keeps the coefficient zero. Of many frames a part is used; if its solution is worse for all of them the
    potential is returned as it was.

    Raises:
        InputError: the basis functions are not finite numbers.
    """
    stride = _stride(dataset, mtp)
    matrix, vector = dataset.normal_equations(mtp, options.threads, stride)
    if not (np.isfinite(matrix).all() and np.isfinite(vector).all()):
        raise InputError("the basis functions are not finite numbers; the starting potential is damaged", path="start")
    scale = np.sqrt(np.diag(matrix))
    scale[scale == 0.0] = 1.0
    factor = cho_factor(matrix / np.outer(scale, scale) + options.ridge * np.eye(len(scale)), lower=True)
    solution = cho_solve(factor, vector / scale) / scale
    solved = mtp.with_coefficients(mtp.radial_coefficients, solution[mtp.basis_size :], solution[: mtp.basis_size])
    if stride == 1:
        return solved
    return min(solved, mtp, key=lambda trial: dataset.errors(trial, options.threads)["loss"])


def _stride(dataset: Dataset, mtp: MTP) -> int:
    rows, unknowns = 3 * int(dataset.sizes.sum()), mtp.basis_size + len(mtp.species)
    stride = max(1, min(unknowns // AFFORDABLE_EVALUATIONS, rows // (ROWS_PER_UNKNOWN * unknowns)))
    seen, every = (frozenset().union(*part) for part in (dataset.species[::stride], dataset.species))
    return stride if seen == every else 1
