"""Linear part of the fit: least squares for ξ and the species energies."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from argyro.platform.common.errors import InputError
from argyro.platform.potential.fitting.dataset import Dataset
from argyro.platform.potential.fitting.options import TrainingOptions
from argyro.platform.potential.mtp.model import MTP

AFFORDABLE_EVALUATIONS = 30  # evaluations of all frames; each basis function costs one evaluation of the used frames
ROWS_PER_UNKNOWN = 20  # sufficient for initial coefficients


def solve_linear(dataset: Dataset, mtp: MTP, options: TrainingOptions) -> MTP:
    """Return a potential with the best ξ and species energies for its radial functions, by regularised least squares.

    Columns are scaled to unit norm before the ridge is added. A species without atoms or a basis function without
    neighbours has a zero coefficient. Large sets are subsampled. If the solution is worse on all frames, the potential
    is returned unchanged.

    Raises:
        InputError: the basis functions are not finite numbers.
    """
    stride = _stride(dataset, mtp)
    matrix, vector = dataset.normal_equations(mtp, options.threads, stride)
    if not (np.isfinite(matrix).all() and np.isfinite(vector).all()):
        raise InputError("the basis functions are not finite numbers; train from another starting potential")
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
