"""Many posterior samples of a thick boundary from a few voxel solutions."""

from __future__ import annotations

import numpy as np

from argyro.platform.continuum.homogenize import homogenize_batch
from argyro.platform.continuum.mesh.mesh import Mesh

# Voxel solutions per coefficient of the surface; the excess tells how good it is.
SOLUTIONS_PER_COEFFICIENT = 1.5


def surface_through_voxels(
    mesh: Mesh, bulk: np.ndarray, along: np.ndarray, across: np.ndarray, width_nm: float, grain_size_nm: float
) -> tuple[np.ndarray, float]:
    """Means of D_eff of all samples of one temperature, and their relative error.

    A voxel solution takes about a second, a posterior has hundreds of samples in a small region: there
    ln(D_eff/D_b) is a second-order polynomial of ln(D_∥/D_b), ln(D_⊥/D_b). Few samples are solved one by one.

    Args:
        mesh: of one polycrystal.
        bulk: (s,).
        along: (s, classes).
        across: (s, classes).
        width_nm: GB width.
        grain_size_nm: grain size.

    Returns:
        (s,) means and twice the largest deviation of the surface from the voxel solutions, their own error added.
    """
    ratios = np.log(np.column_stack([along, across]) / bulk[:, None])
    terms = _second_order(_standard(ratios))
    wanted = int(np.ceil(SOLUTIONS_PER_COEFFICIENT * terms.shape[1]))
    solved = np.arange(len(bulk)) if len(bulk) <= wanted else _spread(ratios, wanted)
    batch = homogenize_batch(mesh, bulk[solved], along[solved], across[solved], width_nm, grain_size_nm, "voxel")
    bound = float(batch.relative_error_bound.max())
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
    """1, x_i, x_i x_j, (s, coefficients)."""
    first, second = np.triu_indices(x.shape[1])
    return np.column_stack([np.ones(len(x)), x, x[:, first] * x[:, second]])


def _spread(points: np.ndarray, count: int) -> np.ndarray:
    """Positions of points far from each other, starting with the outermost."""
    points = _standard(points)
    chosen = [int(np.argmax((points**2).sum(1)))]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(np.argmax(distance)))
    return np.array(chosen)
