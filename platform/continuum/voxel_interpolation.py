"""Polynomial surface that extends a few voxel solutions to many posterior samples of a wide boundary."""

from __future__ import annotations

import numpy as np

from argyro.platform.continuum.homogenize import homogenize_batch
from argyro.platform.continuum.mesh.mesh import Mesh

# Voxel solutions per coefficient of the surface; the surplus measures the fit error.
SOLUTIONS_PER_COEFFICIENT = 1.5


def surface_through_voxels(
    mesh: Mesh, bulk: np.ndarray, along: np.ndarray, across: np.ndarray, width_nm: float, grain_size_nm: float
) -> tuple[np.ndarray, float]:
    """Return the mean D_eff of all samples at one temperature, and the relative error.

    A voxel solution takes about a second, and a posterior has hundreds of samples in a small region. In this region
    ln(D_eff/D_b) is approximately a second-order polynomial of ln(D_∥/D_b) and ln(D_⊥/D_b). A small number of samples
    is solved without the polynomial.

    Args:
        mesh: mesh of one polycrystal.
        bulk: (s,) bulk diffusivity in cm²/s.
        along: (s, classes) diffusivity in the boundary in cm²/s.
        across: (s, classes) diffusivity across the boundary in cm²/s.
        width_nm: GB width.
        grain_size_nm: grain size.

    Returns:
        (s,) means in cm²/s, and the error: voxel error plus twice the largest deviation of the surface.
    """
    ratios = np.log(np.column_stack([along, across]) / bulk[:, None])
    terms = _second_order(_standard(ratios))
    wanted = int(np.ceil(SOLUTIONS_PER_COEFFICIENT * terms.shape[1]))
    solved = np.arange(len(bulk)) if len(bulk) <= wanted else _spread(ratios, wanted)
    batch = homogenize_batch(mesh, bulk[solved], along[solved], across[solved], width_nm, grain_size_nm, "voxel")
    bound = float(batch.basis_error.max())
    if len(solved) == len(bulk):
        return batch.mean_cm2_s, bound
    known = np.log(batch.mean_cm2_s / bulk[solved])
    coefficients = np.linalg.lstsq(terms[solved], known, rcond=1e-8)[0]
    deviation = float(np.abs(terms[solved] @ coefficients - known).max())
    return bulk * np.exp(terms @ coefficients), bound + 2 * deviation


def _standard(ratios: np.ndarray) -> np.ndarray:
    spread = ratios.std(0)
    return (ratios - ratios.mean(0)) / np.where(spread > 0, spread, 1.0)


def _second_order(x: np.ndarray) -> np.ndarray:
    """Return the terms 1, x_i, x_i x_j, (s, coefficients)."""
    first, second = np.triu_indices(x.shape[1])
    return np.column_stack([np.ones(len(x)), x, x[:, first] * x[:, second]])


def _spread(points: np.ndarray, count: int) -> np.ndarray:
    """Choose points far from each other, starting with the outermost; return their indices."""
    points = _standard(points)
    chosen = [int(np.argmax((points**2).sum(1)))]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(np.argmax(distance)))
    return np.array(chosen)
