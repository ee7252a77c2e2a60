"""Voxel finite elements: matrix-free HEX8 and conjugate gradients with an FFT preconditioner of the uniform medium."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.mesh.mesh import Mesh
from argyro.platform.continuum.voxel.structure import diffusivity_field

if TYPE_CHECKING:
    from jax import Array

# The error of D_eff is quadratic in the residual: 1e-3 gives about 1e-5.
TOLERANCE = 1e-3
MOST_ITERATIONS = 2000
ROUNDING = {"float32": 3e-5, "float64": 1e-12}
LEAST_CELLS_ACROSS = 8
CELLS = (32, 48, 64, 96, 128)


@dataclass(frozen=True)
class VoxelSolution:
    """Effective tensor (3, 3) in the field's unit, relative solver error, cells per side, iterations."""

    tensor: np.ndarray
    error: float
    cells: int
    iterations: int


def voxel_tensor(
    mesh: Mesh, width: float, parallel: np.ndarray, perpendicular: np.ndarray, cells: int | None = None
) -> VoxelSolution:
    """Compute the effective tensor, relative to D_b, of the mesh's polycrystal with boundaries of finite width.

    Args:
        mesh: mesh with grains and GB classes.
        width: GB width in periods.
        parallel: (classes,), D_∥/D_b.
        perpendicular: (classes,), D_⊥/D_b.
        cells: voxels per side; None gives LEAST_CELLS_ACROSS voxels across the boundary.

    Raises:
        InputError: the boundary is too thin for the largest grid.
    """
    if cells is None:
        cells = _cells_for(width, mesh.grain_size)
    field = diffusivity_field(mesh, width, parallel, perpendicular, cells)
    return solve_voxels(field, least=min(1.0, float(np.min(parallel)), float(np.min(perpendicular))))


def solve_voxels(
    field: np.ndarray, tolerance: float = TOLERANCE, precision: str = "float32", least: float | None = None
) -> VoxelSolution:
    """Compute the effective tensor of a periodic field of symmetric diffusion tensors on a cube of voxels.

    Each voxel is one trilinear element with exact integration. The averages and differences of the nodal values along
    each axis diagonalise -∇·(D ∇), except for the off-diagonal entries of D. The preconditioner is the same operator
    of a homogeneous medium, inverted by FFT.

    Args:
        field: (6, n, n, n): xx, yy, zz, yz, xz, xy.
        tolerance: relative tolerance of the residual in the norm of the preconditioner.
        precision: ``float32`` or ``float64``.
        least: smallest eigenvalue of all tensors, if known.

    Raises:
        InputError: the field has a wrong shape or is not positive.

    Source: Leute et al., J. Comput. Phys. 453, 110931 (2022); Schneider et al., Comput. Mech. 59, 247 (2017).
    """
    _require_field(field)
    import jax
    import jax.numpy as jnp

    largest = float(field[:3].max())
    least = _least_eigenvalue(field) if least is None else least
    with jax.enable_x64(precision == "float64"):
        scaled = jnp.asarray(field / largest, dtype=precision)
        flux, energy, iterations = _compiled()(scaled, tolerance)
        tensor = np.asarray(flux, dtype=float) + _mean_tensor(field) / largest
    tensor = (tensor + tensor.T) / 2
    if int(iterations) >= MOST_ITERATIONS:
        raise InputError(
            f"the solver did not converge in {MOST_ITERATIONS} iterations at contrast {largest / field[:3].min():.1e};"
            " use precision 'float64' or a smaller contrast"
        )
    # K is bounded below by the homogeneous operator of the least diffusivity: the error is at most rᵀ K₀⁻¹ r / least.
    error = 4 * float(energy) / field.shape[1] ** 3 * largest / least / (np.trace(tensor) / 3)
    return VoxelSolution(tensor * largest, error + ROUNDING[precision], field.shape[1], int(iterations))


def _mean_tensor(field: np.ndarray) -> np.ndarray:
    """Return the volume mean (3, 3) of the diffusion tensors: the flux of a uniform gradient, exact where uniform."""
    xx, yy, zz, yz, xz, xy = (float(component.mean(dtype=float)) for component in field)
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _cells_for(width: float, grain_size: float) -> int:
    wanted = LEAST_CELLS_ACROSS / width
    if wanted > CELLS[-1] * 1.5:
        raise InputError(
            f"w/d = {width / grain_size:.3g} needs {wanted:.0f}³ voxels to resolve the boundary, more than the limit;"
            " use method 'direct' or 'reduced'"
        )
    return next((cells for cells in CELLS if cells >= wanted), CELLS[-1])


def _require_field(field: np.ndarray) -> None:
    cubic = field.ndim == 4 and field.shape[0] == 6 and len(set(field.shape[1:])) == 1 and field.shape[1] % 2 == 0
    if not cubic:
        raise InputError(f"a field of shape {field.shape} is invalid; give (6, n, n, n) with an even n")
    if not (np.isfinite(field).all() and (field[:3] > 0).all()):
        raise InputError("a diffusion tensor is not positive; give diagonal entries above 0")


def _least_eigenvalue(field: np.ndarray) -> float:
    xx, yy, zz, yz, xz, xy = field
    rows = [np.stack(row, -1) for row in ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz))]
    least = float(np.linalg.eigvalsh(np.stack(rows, -2)).min())
    if least <= 0:
        raise InputError(
            f"the smallest eigenvalue of the diffusion tensors is {least:.3g}; give positive definite tensors"
        )
    return least


@functools.cache
def _compiled() -> Callable[[Array, float], tuple[Array, Array, Array]]:
    """Compile the solver; JAX is imported only here."""
    import jax
    import jax.numpy as jnp

    x, y, z = -3, -2, -1

    def split(u: Array, axis: int) -> tuple[Array, Array]:
        """Return the average and half difference of each node and the next one."""
        following = jnp.roll(u, -1, axis)
        return (u + following) / 2, (following - u) / 2

    def joined(average: Array, difference: Array, axis: int) -> Array:
        """Apply the transpose of `split`."""
        return (average - difference) / 2 + jnp.roll((average + difference) / 2, 1, axis)

    def apply(u: Array, d: Array, macro: Array | None = None) -> tuple[Array, tuple[Array, Array, Array]]:
        """Return nodal forces and mean element fluxes of nodal values u (n, n, n), with lengths in elements.

        A trilinear field has the modes 1, ξ, η, ζ, ξη, ηζ, ξζ, ξηζ. The integrals of products of their gradients
        over the element give the factors 1, 1/3 and 1/9. `macro` adds a macroscopic gradient to the linear modes.
        """
        average_x, difference_x = split(u, x)
        xy0, y_ = split(average_x, y)
        x_, xy = split(difference_x, y)
        _, dz = split(xy0, z)
        dy, dyz = split(y_, z)
        dx, dxz = split(x_, z)
        dxy, dxyz = split(xy, z)
        if macro is not None:
            dx, dy, dz = dx + macro[0], dy + macro[1], dz + macro[2]
        flux_x = d[0] * dx + d[5] * dy + d[4] * dz
        flux_y = d[5] * dx + d[1] * dy + d[3] * dz
        flux_z = d[4] * dx + d[3] * dy + d[2] * dz
        force_xy = ((d[0] + d[1]) * dxy + d[4] * dyz + d[3] * dxz) / 3
        force_yz = ((d[1] + d[2]) * dyz + d[4] * dxy + d[5] * dxz) / 3
        force_xz = ((d[0] + d[2]) * dxz + d[3] * dxy + d[5] * dyz) / 3
        force_xyz = (d[0] + d[1] + d[2]) / 9 * dxyz
        none = jnp.zeros_like(flux_x)
        of_y = joined(flux_y, force_yz, z)
        of_x = joined(flux_x, force_xz, z)
        of_xy = joined(force_xy, force_xyz, z)
        forces = joined(joined(joined(none, flux_z, z), of_y, y), joined(of_x, of_xy, y), x)
        return forces, (flux_x, flux_y, flux_z)

    def inverse_symbol(n: int, dtype: Any) -> Array:
        """Invert the homogeneous operator in Fourier space, with zero for its null space."""
        point = jnp.zeros((n, n, n), dtype).at[0, 0, 0].set(1)
        unit = jnp.array([1, 1, 1, 0, 0, 0], dtype)
        symbol = jnp.fft.rfftn(apply(point, unit)[0]).real
        return jnp.where(symbol > 1e-5 * symbol.max() / n**2, 1 / symbol, 0)

    def one_load(d: Array, inverse: Array, load: Array, tolerance: float) -> tuple:
        """Run conjugate gradients for one macroscopic gradient; return the mean flux and the residual energy."""
        shape = d.shape[1:]
        macro = load / 2

        def precondition(r: Array) -> Array:
            return jnp.fft.irfftn(jnp.fft.rfftn(r) * inverse, s=shape).astype(r.dtype)

        def unfinished(state: tuple) -> Array:
            return (state[4] > tolerance**2 * state[5]) & (state[6] < MOST_ITERATIONS)

        def step(state: tuple) -> tuple:
            u, r, p, _, rz, first, count = state
            forces = apply(p, d)[0]
            alpha = rz / jnp.vdot(p, forces)
            u, r = u + alpha * p, r - alpha * forces
            preconditioned = precondition(r)
            following = jnp.vdot(r, preconditioned)
            p = preconditioned + following / rz * p
            return u, r, p, alpha, following, first, count + 1

        zero = jnp.zeros(shape, d.dtype)
        r = -apply(zero, d, macro)[0]
        p = precondition(r)
        rz = jnp.vdot(r, p)
        one = jnp.ones((), d.dtype)
        u, r, _, _, rz, _, count = jax.lax.while_loop(unfinished, step, (zero, r, p, one, rz, rz, 0))
        fluxes = apply(u, d)[1]  # without the macroscopic gradient: its flux is the exact mean of the field
        return jnp.stack([2 * flux.mean() for flux in fluxes]), rz, count, u, r

    @jax.jit
    def solve(d: Array, tolerance: float) -> tuple[Array, Array, Array]:
        inverse = inverse_symbol(d.shape[1], d.dtype)
        # Solve the loads one by one to stay in the CPU cache.
        loads = jnp.eye(3, dtype=d.dtype)
        tensor, energies, counts, u, r = jax.lax.map(lambda load: one_load(d, inverse, load, tolerance), loads)
        # The bilinear form of two loads replaces the mean flux: its error is quadratic in the residuals.
        tensor = tensor - 4 * jnp.einsum("jxyz,ixyz->ji", r, u) / d[0].size
        return tensor, energies.max(), counts.max()

    return solve
