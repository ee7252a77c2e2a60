"""Rigid-body translations of two grains: the displacement shift lattice and the contact gap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd, lcm

import numpy as np

from argyro.platform.structures.boundaries.csl import BoundaryType, short_lattice_points
from argyro.platform.structures.boundaries.slabs import Slab, plane_spacing

# Minimum distances of ions of different grains, in lattice parameters (Å at 9.86 Å: 3.35, 3.45, 4.9).
ANION_ANION, ANION_CENTRE, CENTRE_CENTRE = 0.340, 0.350, 0.497


@dataclass(frozen=True)
class ShiftLattice:
    """In-plane displacement shift lattice in Hermite normal form, in units of the plane cell's sides over `whole`.

    An in-plane translation by a lattice vector of either grain reproduces the boundary. These vectors span the shift
    lattice. Its basis is (along, skew), (0, across).

    Source: Bollmann, Crystal Defects and Crystalline Interfaces (1970).
    """

    along: int
    skew: int
    across: int
    whole: int

    def holds(self, shares: np.ndarray) -> bool:
        """Return whether a translation (2,), in fractions of the plane cell's sides, leaves the boundary unchanged."""
        first, second = (int(x) for x in np.round(shares * self.whole))
        return first % self.along == 0 and (second - first // self.along * self.skew) % self.across == 0


@lru_cache(maxsize=256)
def shift_lattice(boundary: BoundaryType) -> ShiftLattice:
    """Return the in-plane displacement shift lattice of a boundary."""
    squares = np.round(4 * np.sum(boundary.plane_vectors**2, axis=1)).astype(int)
    whole = lcm(*(int(square) for square in squares))
    generators = {(whole, 0), (0, whole)}
    for grain in (0, 1):
        points = short_lattice_points()[:2000]
        points = points[np.isclose(points @ boundary.orientation(grain)[2], 0)]
        generators |= {(int(x), int(y)) for x, y in np.round(_shares(boundary, grain, points) * whole)}
    return ShiftLattice(*_hermite(generators), whole)


def _shares(boundary: BoundaryType, grain: int, points: np.ndarray) -> np.ndarray:
    """Return the in-plane parts (p, 2) of crystal vectors (p, 3) of a grain, in fractions of the plane cell's sides."""
    in_cell_axes = points @ boundary.orientation(grain).T
    return in_cell_axes[:, :2] / np.linalg.norm(boundary.plane_vectors, axis=1)


def _hermite(rows: set[tuple[int, int]]) -> tuple[int, int, int]:
    """Return the Hermite normal form (a, b), (0, c) of a lattice of integer pairs."""
    pivot, below = (0, 0), 0
    for row in rows:
        upper, lower = pivot, row
        while lower[0]:
            quotient = upper[0] // lower[0]
            upper, lower = lower, (upper[0] - quotient * lower[0], upper[1] - quotient * lower[1])
        pivot, below = upper, gcd(below, lower[1])
    sign = 1 if pivot[0] > 0 else -1
    return sign * pivot[0], sign * pivot[1] % below, below


@lru_cache(maxsize=256)
def thickness_period(boundary: BoundaryType) -> int:
    """Return the smallest number of lattice planes after which both faces of each grain are in register.

    Grains whose thickness is a multiple of this period have the same two boundaries. Each plane shifts a face
    sideways; the faces are in register when the total shift belongs to the displacement shift lattice.
    """
    lattice, points = shift_lattice(boundary), short_lattice_points()
    steps = []
    for grain in (0, 1):
        heights = points @ boundary.orientation(grain)[2]
        up = points[np.flatnonzero(np.isclose(heights, plane_spacing(boundary)))[0]]
        steps.append(_shares(boundary, grain, up[None])[0])
    return next(count for count in range(1, 1000) if all(lattice.holds(count * step) for step in steps))


def layers_for(boundary: BoundaryType, thickness_A: float, lattice_parameter_A: float) -> int:
    """Return the smallest multiple of the thickness period, in lattice planes, that reaches this thickness."""
    period = thickness_period(boundary)
    return period * ceil(thickness_A / (period * plane_spacing(boundary) * lattice_parameter_A) - 1e-9)


def translation_grid(boundary: BoundaryType, lattice_parameter_A: float, spacing_A: float) -> np.ndarray:
    """Return a grid of translations (t, 3) in Å over one cell of the shift lattice, at most one spacing apart."""
    lattice = shift_lattice(boundary)
    lengths_A = np.linalg.norm(boundary.plane_vectors, axis=1) * lattice_parameter_A
    sides_A = lengths_A * np.array([lattice.along, lattice.across]) / lattice.whole
    steps = [np.arange(n) / n * side for side in sides_A for n in [max(1, ceil(side / spacing_A))]]
    return np.array(np.meshgrid(*steps, [0.0], indexing="ij")).reshape(3, -1).T


def contact_gap(lower: Slab, upper: Slab, plane_cell_A: np.ndarray, lattice_parameter_A: float) -> float:
    """Return the gap in Å at which the first ions of two slabs touch; negative when the slabs interlock.

    The gap is relative to slabs stacked without a gap. A pair at lateral distance ρ and height difference h touches at
    distance d when the gap is √(d² - ρ²) - h.

    Args:
        lower: lower slab; the height of its upper face is its thickness.
        upper: upper slab; its lower face is at z = 0.
        plane_cell_A: (2,) sides of the rectangular cell.
        lattice_parameter_A: cubic lattice parameter; scales the contact distances.
    """
    below, below_centre = lower.ions()
    above, above_centre = upper.ions()
    reach = CENTRE_CENTRE * lattice_parameter_A
    near = below[:, 2] > lower.thickness_A - reach
    below, below_centre = below[near] - [0, 0, lower.thickness_A], below_centre[near]
    near = above[:, 2] < reach
    above, above_centre = above[near], above_centre[near]
    contact = lattice_parameter_A * np.array([ANION_ANION, ANION_CENTRE, CENTRE_CENTRE])
    distance = contact[below_centre[:, None].astype(int) + above_centre[None].astype(int)]
    step = above[None] - below[:, None]
    lateral = step[..., :2] - np.round(step[..., :2] / plane_cell_A) * plane_cell_A
    room = distance**2 - np.sum(lateral**2, axis=-1)
    return float(np.max(np.sqrt(np.maximum(room, 0.0)) - step[..., 2], where=room > 0, initial=-reach))
