"""Periodic polycrystals: grain centres in the unit cube, relaxed by Lloyd steps, with optional log-normal sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from argyro.platform.common.errors import InputError

Volume = TypeVar("Volume", float, np.ndarray)

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

# Quadrature cells per side: 48³ samples give the volumes of 27 grains to about 1 %.
QUADRATURE_CELLS = 48
SIZE_ITERATIONS = 20
SIZE_QUADRATURE_CELLS = 32


@dataclass(frozen=True)
class Polycrystal:
    """Grain centres and power weights of a periodic Voronoi (weights zero) or Laguerre tessellation of the unit cube.

    Args:
        centres: (n, 3), in units of the period, each in [0, 1).
        weights: (n,), squared radii; a point x belongs to the grain with the smallest |x - centre|² - weight.
        seed: random seed of the centres, None for given centres.
    """

    centres: np.ndarray
    weights: np.ndarray
    seed: int | None = None

    def __post_init__(self) -> None:
        centres = np.asarray(self.centres)
        if centres.ndim != 2 or centres.shape[1] != 3 or len(centres) < 1 or not np.isfinite(centres).all():
            raise InputError(
                f"grain centres of shape {centres.shape} are invalid; give an (n, 3) array of finite numbers"
            )

    @property
    def grains(self) -> int:
        """Number of grains in the period."""
        return len(self.centres)

    @property
    def grain_size(self) -> float:
        """Equivalent-sphere diameter of the mean grain in units of the period, d = (6 / (π N))^(1/3)."""
        return equivalent_diameter(1.0 / self.grains)

    def owner(self, points: np.ndarray) -> np.ndarray:
        """Return the grain of each point, (m, 3) -> (m,)."""
        return _lifted_tree(self.centres, self.weights).query(_lift(points))[1]


def equivalent_diameter(volume: Volume) -> Volume:
    """Return the diameter of the sphere of the same volume, d = (6 V / π)^(1/3)."""
    return np.cbrt(6.0 * volume / np.pi)


def voronoi_polycrystal(grains: int = 27, seed: int = 0, lloyd_steps: int = 5, size_spread: float = 0.0) -> Polycrystal:
    """Build a periodic Voronoi tessellation, or a Laguerre tessellation of log-normal grain sizes.

    A Lloyd step moves every centre to the centre of mass of its grain, c ← (1/V) ∫ x dx. The grains become equiaxed.

    Args:
        grains: number of grains in the period.
        seed: random seed of the centres and sizes.
        lloyd_steps: number of Lloyd steps; 0 gives a Poisson-Voronoi tessellation.
        size_spread: standard deviation of ln(grain diameter); 0 gives a Voronoi tessellation.

    Raises:
        InputError: too few grains for a representative volume, or grain sizes that cannot fill space.

    Source: Lloyd, IEEE Trans. Inf. Theory 28, 129 (1982); sizes: Bourne et al., Phil. Mag. 100, 2677 (2020).
    """
    _require(grains, lloyd_steps, size_spread)
    generator = np.random.default_rng(seed)
    centres = generator.random((grains, 3))
    weights = np.zeros(grains)
    for _ in range(lloyd_steps):
        centres, _ = _lloyd_step(centres, weights)
    if size_spread > 0:
        volumes = np.exp(3 * size_spread * generator.standard_normal(grains))
        centres, weights = _fit_sizes(centres, volumes / volumes.sum())
    return Polycrystal(centres, weights, seed)


def _require(grains: int, lloyd_steps: int, size_spread: float) -> None:
    if not 8 <= grains <= 4096:
        raise InputError(
            f"grains {grains} is outside 8 to 4096; fewer grains touch their own periodic images; give for instance 27"
        )
    if lloyd_steps < 0:
        raise InputError(f"lloyd_steps {lloyd_steps} is negative; give 0 or more")
    if not 0 <= size_spread <= 0.6:
        raise InputError(
            f"size_spread {size_spread} is outside 0 to 0.6; give a spread at which convex grains fill space"
        )


def _quadrature_points(cells: int) -> np.ndarray:
    axis = (np.arange(cells) + 0.5) / cells
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)


def _lift(points: np.ndarray) -> np.ndarray:
    return np.column_stack([points % 1.0, np.zeros(len(points))])


def _lifted_tree(centres: np.ndarray, weights: np.ndarray) -> cKDTree:
    """Build a 4D tree in which the power distance is Euclidean: height² = max weight - weight."""
    from scipy.spatial import cKDTree

    height = np.sqrt(weights.max() - weights)
    return cKDTree(np.column_stack([centres % 1.0, height]), boxsize=[1.0, 1.0, 1.0, 0.0])


def _lloyd_step(
    centres: np.ndarray, weights: np.ndarray, cells: int = QUADRATURE_CELLS
) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres of mass and the volumes of the grains, by quadrature."""
    points = _quadrature_points(cells)
    owner = _lifted_tree(centres, weights).query(_lift(points))[1]
    count = np.bincount(owner, minlength=len(centres))
    offset = points - centres[owner]
    offset -= np.round(offset)
    moment = np.stack([np.bincount(owner, offset[:, axis], len(centres)) for axis in range(3)], -1)
    return (centres + moment / np.maximum(count, 1)[:, None]) % 1.0, count / len(points)


def _fit_sizes(centres: np.ndarray, volumes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Adjust weights and centres until every grain has its target volume: w += r_target² - r², r from the volume."""
    target = equivalent_diameter(volumes) ** 2 / 4
    weights = target - target.mean()
    for step in range(SIZE_ITERATIONS):
        moved, measured = _lloyd_step(centres, weights, SIZE_QUADRATURE_CELLS)
        if step < SIZE_ITERATIONS // 2:
            centres = moved
        weights = weights + 0.5 * (target - equivalent_diameter(measured) ** 2 / 4)
    if (measured == 0).any():
        raise InputError("a grain of the drawn sizes has no volume; reduce the size spread or use another seed")
    return centres, weights
