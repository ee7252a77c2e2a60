"""Online stage of the reduced model: effective tensors with certified bounds, batched in numpy.

Numpy and not JAX: XLA's CPU thread pool of one thread blocks for ever when two Python threads evaluate at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argyro.platform.continuum.interface_fem.coefficients import Coefficients

if TYPE_CHECKING:
    from argyro.platform.continuum.reduced.basis import ReducedModel

# Queries solved at once: their matrices stay in the cache of a CPU core.
CHUNK = 32


def evaluate(model: ReducedModel, theta: Coefficients) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate effective tensors over D_b and their certified relative errors.

    With U the upper and L the lower bound, the tensor is (U + L)/2 and |tensor - D|₂ ≤ tr(U - L)/2; the bound is that
    over the mean tr(U + L)/6. It holds against the finite-element solution on the same mesh.

    Args:
        model: of the mesh.
        theta: q queries.

    Returns:
        (q, 3, 3) tensors and (q,) bounds, infinite where the model gives none.
    """
    primal, dual = model.factors(theta)
    upper = np.tensordot(primal, model.constant, 1) - _energies(primal, model.primal, model.primal_load)
    dual_load = np.zeros((*model.dual.shape[:2], 3))
    dual_load[0] = model.dual_load  # the dual's first factor is one
    lower = _energies(dual, model.dual, dual_load)
    tensor = (upper + lower) / 2
    trace = np.trace(tensor, axis1=1, axis2=2)
    gap = np.abs(np.trace(upper - lower, axis1=1, axis2=2)) / 2
    valid = np.isfinite(gap) & (trace > 0) & model.covers(theta)
    bound = np.full(len(theta), np.inf)
    np.divide(3 * gap, trace, out=bound, where=valid)
    return tensor, bound


def _energies(factors: np.ndarray, terms: np.ndarray, loads: np.ndarray) -> np.ndarray:
    """Compute Lᵀ M⁻¹ L with M = Σ_t f_t M_t and L = Σ_t f_t L_t, (q, 3, 3); NaN where M is not positive definite.

    With M = C Cᵀ the last rows of the Cholesky factor of [[M, L], [Lᵀ, s 1]] are Lᵀ C⁻ᵀ for any large s. One
    factorization thus solves the triangular system as well.

    Args:
        factors: (q, t).
        terms: (t, n, n).
        loads: (t, n, 3).
    """
    size = terms.shape[1]
    square = np.concatenate([terms, loads], axis=2).reshape(len(terms), -1)
    workspace = np.empty((CHUNK, size, size + 3))  # kept between chunks: new memory costs more than the arithmetic
    bordered = np.zeros((CHUNK, size + 3, size + 3))
    bordered[:, range(size, size + 3), range(size, size + 3)] = 1e30
    energies = np.empty((len(factors), 3, 3))
    for start in range(0, len(factors), CHUNK):
        part = factors[start : start + CHUNK]
        combined, matrix = workspace[: len(part)], bordered[: len(part)]
        np.matmul(part, square, out=combined.reshape(len(part), -1))
        diagonal = np.einsum("bii->bi", combined[:, :, :size])
        scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, np.nan))
        combined *= scale[:, :, None]
        np.multiply(combined[:, :, :size], scale[:, None, :], out=matrix[:, :size, :size])
        matrix[:, size:, :size] = combined[:, :, size:].swapaxes(1, 2)
        factor = _factors(matrix)
        rows = factor[:, size:, :size]
        np.matmul(rows, rows.swapaxes(1, 2), out=energies[start : start + CHUNK])
    return energies


def _factors(matrices: np.ndarray) -> np.ndarray:
    """Factorize (q, n, n) matrices, NaN for those that are not positive definite."""
    try:
        return np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.full_like(matrices, np.nan)
        return np.concatenate([_factors(matrices[k : k + 1]) for k in range(len(matrices))])
