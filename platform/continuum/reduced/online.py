"""Online stage of the reduced model: effective tensors with certified bounds, batched in numpy.

This module uses numpy, because JAX can deadlock: with one CPU thread, XLA blocks two concurrent Python threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argyro.platform.continuum.interface_fem.coefficients import Coefficients

if TYPE_CHECKING:
    from argyro.platform.continuum.reduced.basis import ReducedModel

# Queries per batch; the matrices fit into the cache of a CPU core.
CHUNK = 32
# Relative distance of the two bounds below which the upper one is the answer: it is exact for a homogeneous medium,
# while the lower one contains an interpolation error.
NEGLIGIBLE = 1e-5


def evaluate(model: ReducedModel, theta: Coefficients) -> tuple[np.ndarray, np.ndarray]:
    """Evaluate effective tensors relative to D_b and their certified relative errors.

    With upper bound U and lower bound L, the tensor is (U + L)/2 and |tensor - D|₂ ≤ tr(U - L)/2. The relative bound is
    this value divided by the mean tr(U + L)/6. The reference is the finite-element solution on the same mesh. Where the
    bounds agree to NEGLIGIBLE, the tensor is U, and its bound is twice as large.

    Args:
        model: reduced model of the mesh.
        theta: coefficients of q queries.

    Returns:
        (q, 3, 3) tensors and (q,) bounds, infinite for queries without a bound.
    """
    primal, dual = model.factors(theta)
    upper = np.tensordot(primal, model.constant, 1) - _energies(primal, model.primal, model.primal_load)
    dual_load = np.zeros((*model.dual.shape[:2], 3))
    dual_load[0] = model.dual_load  # the first dual factor is one
    lower = _energies(dual, model.dual, dual_load)
    tensor = (upper + lower) / 2
    trace = np.trace(tensor, axis1=1, axis2=2)
    gap = np.abs(np.trace(upper - lower, axis1=1, axis2=2)) / 2
    valid = np.isfinite(gap) & (trace > 0) & model.covers(theta)
    bound = np.full(len(theta), np.inf)
    np.divide(3 * gap, trace, out=bound, where=valid)
    close = bound < NEGLIGIBLE
    tensor[close], bound[close] = upper[close], 2 * bound[close]
    return tensor, bound


def _energies(factors: np.ndarray, terms: np.ndarray, loads: np.ndarray) -> np.ndarray:
    """Compute Lᵀ M⁻¹ L with M = Σ_t f_t M_t and L = Σ_t f_t L_t, (q, 3, 3); NaN where M is not positive definite.

    With M = C Cᵀ the last rows of the Cholesky factor of [[M, L], [Lᵀ, s 1]] are Lᵀ C⁻ᵀ for any large s. One
    factorization therefore also solves the triangular system.

    Args:
        factors: (q, t).
        terms: (t, n, n).
        loads: (t, n, 3).
    """
    size = terms.shape[1]
    square = np.concatenate([terms, loads], axis=2).reshape(len(terms), -1)
    workspace = np.empty(
        (CHUNK, size, size + 3)
    )  # reused between chunks, because allocation costs more than arithmetic
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
