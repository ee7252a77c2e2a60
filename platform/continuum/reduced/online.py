"""The reduced model's online stage, batched in JAX on whatever device it finds."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from argyro.platform.continuum.interface_fem.coefficients import Coefficients

if TYPE_CHECKING:
    from argyro.platform.continuum.reduced.basis import ReducedModel

# Queries solved at once: their matrices stay in the cache of a CPU core.
CHUNK = 128


def evaluate(model: ReducedModel, theta: Coefficients) -> tuple[np.ndarray, np.ndarray]:
    """Effective tensors over D_b and their certified relative errors.

    With U the upper and L the lower bound, the tensor is (U + L)/2 and |tensor - D|₂ ≤ tr(U - L)/2; the bound is that
    over the mean tr(U + L)/6. It holds against the finite-element solution on the same mesh.

    Args:
        model: of the mesh.
        theta: q queries.

    Returns:
        (q, 3, 3) tensors and (q,) bounds, infinite where the model cannot tell.
    """
    import jax

    count = len(theta)
    rows = np.arange(-(-count // CHUNK) * CHUNK) % count  # the last chunk is filled with repeats
    with jax.enable_x64(True):
        arrays = (model.primal, model.primal_load, model.constant, model.dual, model.dual_load)
        upper, lower = _compiled()(*model.factors(theta[rows]), *arrays)
    upper, lower = np.asarray(upper)[:count], np.asarray(lower)[:count]
    tensor = (upper + lower) / 2
    trace = np.trace(tensor, axis1=1, axis2=2)
    gap = np.abs(np.trace(upper - lower, axis1=1, axis2=2)) / 2
    bound = np.where(np.isfinite(gap) & (trace > 0) & model.covers(theta), 3 * gap / trace, np.inf)
    return tensor, bound


@functools.cache
def _compiled():
    """The compiled batch; JAX is imported only here."""
    import jax
    import jax.numpy as jnp

    def chunk(primal_factors, dual_factors, primal, primal_load, constant, dual, dual_load):
        upper = jnp.tensordot(primal_factors, primal, 1)
        lower = jnp.tensordot(dual_factors, dual, 1)
        load = jnp.tensordot(primal_factors, primal_load, 1)
        loads = jnp.concatenate([load, jnp.broadcast_to(dual_load, load.shape)])
        # One factorization of both halves: two concurrent ones wait for each other on a small CPU thread pool.
        energy = _energies(jnp.concatenate([upper, lower]), loads)
        count = len(primal_factors)
        return jnp.tensordot(primal_factors, constant, 1) - energy[:count], energy[count:]

    def _energies(matrix, load):
        """Lᵀ M⁻¹ L after scaling M to a unit diagonal."""
        scale = jax.lax.rsqrt(jnp.einsum("bii->bi", matrix))[:, :, None]
        factor = jnp.linalg.cholesky(matrix * scale * jnp.swapaxes(scale, 1, 2), symmetrize_input=False)
        half = jax.lax.linalg.triangular_solve(factor, load * scale, left_side=True, lower=True)
        return jnp.einsum("bki,bkj->bij", half, half)

    @jax.jit
    def batch(primal_factors, dual_factors, *model):
        pieces = [factors.reshape(-1, CHUNK, factors.shape[1]) for factors in (primal_factors, dual_factors)]
        results = jax.lax.map(lambda piece: chunk(*piece, *model), tuple(pieces))
        return [result.reshape(-1, 3, 3) for result in results]

    return batch
