"""Crystal slabs cut from complete units: PS4 groups belong to their P, close pairs of Li sites to their midpoint.

A half-open slab has the thickness of an integer number of lattice-plane spacings. It contains every kind of unit
equally often for every cut, so that stoichiometry and charge are correct by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.structures.boundaries.csl import BoundaryType, short_lattice_points
from argyro.platform.structures.crystal.lattice_sites import ARMS, CENTRE, FREE_SITES, LITHIUM_PAIRS


@dataclass(frozen=True)
class Slab:
    """Grain with its lower face at z = 0, in Å; shapes as in `lattice_sites.Skeleton`."""

    centres: np.ndarray
    arms: np.ndarray
    free: np.ndarray
    pairs: np.ndarray
    thickness_A: float

    def moved(self, shift_A: np.ndarray) -> Slab:
        """Return the slab displaced as a rigid body."""
        return Slab(self.centres + shift_A, self.arms, self.free + shift_A, self.pairs + shift_A, self.thickness_A)

    def repeated(self, counts: tuple[int, int], plane_cell_A: np.ndarray) -> Slab:
        """Return the slab repeated in its plane along the two vectors (2, 3) of its cell."""
        shifts = np.array([i * plane_cell_A[0] + j * plane_cell_A[1] for i, j in np.ndindex(*counts)])

        def tiled(points: np.ndarray) -> np.ndarray:
            axes = (len(shifts),) + (1,) * (points.ndim - 1) + (3,)
            return (points[None] + shifts.reshape(axes)).reshape(-1, *points.shape[1:])

        arms = np.tile(self.arms, (len(shifts), 1, 1))
        return Slab(tiled(self.centres), arms, tiled(self.free), tiled(self.pairs), self.thickness_A)

    def ions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return positions (f, 3) of centres, corners and free anions, and a mask (f,) of the centres."""
        corners = (self.centres[:, None] + self.arms).reshape(-1, 3)
        positions = np.concatenate([self.centres, corners, self.free.reshape(-1, 3)])
        return positions, np.arange(len(positions)) < len(self.centres)


def plane_spacing(boundary: BoundaryType) -> float:
    """Return the distance between neighbouring lattice planes parallel to the boundary, in lattice parameters."""
    heights = short_lattice_points() @ np.array(boundary.plane) / np.linalg.norm(boundary.plane)
    return float(heights[heights > 1e-9].min())


def terminations(boundary: BoundaryType, grain: int) -> list[float]:
    """List the distinct terminations of a grain between its ion layers, as fractions of the plane spacing.

    Args:
        boundary: type of boundary.
        grain: 0 lower, 1 upper.
    """
    normal, spacing = boundary.orientation(grain)[2], plane_spacing(boundary)
    layers = np.array([CENTRE, *FREE_SITES.values()]) @ normal / spacing % 1.0
    layers = np.unique(np.round(layers, 6) % 1.0)
    following = np.append(layers[1:], layers[0] + 1.0)
    return [float(cut) % 1.0 for cut in (layers + following) / 2]


def cut_slab(boundary: BoundaryType, grain: int, layers: int, termination: float, lattice_parameter_A: float) -> Slab:
    """Cut a grain of complete lattice planes over the rectangular coincidence cell of the boundary.

    Args:
        boundary: type of boundary.
        grain: 0 lower, 1 upper.
        layers: number of lattice planes.
        termination: position of the cut in the first plane, as a fraction of the spacing.
        lattice_parameter_A: cubic lattice parameter.
    """
    turn = boundary.orientation(grain)
    basis = _slab_basis(boundary, turn, layers)
    points = _points_inside(basis)
    inverse = np.linalg.inv(basis)

    def wrapped(reference: np.ndarray) -> np.ndarray:
        """Return the translations by whole periods that bring reference points (k, 3) into the slab."""
        share = (points[:, None] + reference) @ inverse
        share[..., 2] -= termination / layers
        return -np.floor(share + 1e-9) @ basis + points[:, None]

    free, middles = np.array(list(FREE_SITES.values())), LITHIUM_PAIRS.mean(axis=1)
    pairs = (wrapped(middles)[:, :, None] + LITHIUM_PAIRS).reshape(-1, 2, 3)
    centres = (wrapped(CENTRE[None]) + CENTRE).reshape(-1, 3)
    to_cell = lattice_parameter_A * turn.T
    spacing_A = plane_spacing(boundary) * lattice_parameter_A
    slab = Slab(
        centres=centres @ to_cell,
        arms=np.broadcast_to(ARMS @ to_cell, (len(points), 4, 3)),
        free=(wrapped(free) + free) @ to_cell,
        pairs=pairs @ to_cell,
        thickness_A=layers * spacing_A,
    )
    return slab.moved(np.array([0.0, 0.0, -termination * spacing_A]))


def _slab_basis(boundary: BoundaryType, turn: np.ndarray, layers: int) -> np.ndarray:
    """Return two in-plane vectors and one of `layers` plane spacings upwards, as rows in the grain's crystal axes."""
    in_plane = boundary.plane_vectors @ boundary.frame.T @ turn
    points = short_lattice_points()
    heights = points @ turn[2]
    up = points[np.flatnonzero(np.isclose(heights, plane_spacing(boundary)))[0]]
    return np.array([*in_plane, layers * up])


def _points_inside(basis: np.ndarray) -> np.ndarray:
    """Return all face-centred lattice points (4 × volume, 3) in the half-open cell of a basis."""
    corners = np.array(list(np.ndindex(2, 2, 2))) @ basis * 2
    low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    spans = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    points = np.array(np.meshgrid(*spans, indexing="ij")).reshape(3, -1).T
    points = points[points.sum(axis=1) % 2 == 0] / 2
    share = points @ np.linalg.inv(basis)
    return points[np.all((share > -1e-9) & (share < 1 - 1e-9), axis=1)]
