"""Coincidence boundaries of the face-centred lattice: rotations, plane cells and names.

A rotation by θ about an axis of squared length N makes one in Σ lattice points coincide when tan(θ/2) = (n/m) √N.
Σ is m² + N n² divided by its powers of two. All calculations use integers.

Source: Grimmer, Bollmann, Warrington, Acta Cryst. A 30, 197 (1974); Sutton and Balluffi, Interfaces in Crystalline
Materials (1995), chapter 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import gcd

import numpy as np

from argyro.platform.common.errors import InputError

AXES = ((0, 0, 1), (1, 0, 0), (1, 1, 0), (1, 1, 1))
LARGEST_SIGMA = 11  # the list includes every Σ below 13
LARGEST_INDEX = 4  # Miller indices of the listed planes
LARGEST_AREA = 8.0  # area of the coincidence cell of a listed plane, in squared lattice parameters
_SEARCH = 14  # search range for plane vectors in half lattice parameters; covers every listed boundary
_NAME = re.compile(r"^sigma(\d+)\(((?:-?\d){3})\)\[((?:-?\d){3})\]$")


@dataclass(frozen=True)
class BoundaryType:
    """Coincidence boundary: rotation axis, Σ and the boundary plane in the indices of the lower grain.

    Attributes:
        sigma: reciprocal density of coincidence points.
        axis: (h, k, l) of the rotation axis.
        plane: (h, k, l) of the boundary plane.
        numerator, denominator: rotation matrix as an integer matrix (nested tuples) divided by an integer.
    """

    sigma: int
    axis: tuple[int, int, int]
    plane: tuple[int, int, int]
    numerator: tuple[tuple[int, int, int], ...]
    denominator: int

    @property
    def name(self) -> str:
        """Name of the boundary, for instance "sigma3(1-12)[110]"."""
        return f"sigma{self.sigma}({_digits(self.plane)})[{_digits(self.axis)}]"

    @property
    def rotation(self) -> np.ndarray:
        """Proper rotation (3, 3) that maps the lower grain onto the upper one."""
        return np.array(self.numerator) / self.denominator

    @cached_property
    def angle_deg(self) -> float:
        """Rotation angle in degrees."""
        return float(np.degrees(np.arccos((np.trace(self.rotation) - 1) / 2)))

    @property
    def kind(self) -> str:
        """Boundary type: "twist" (axis normal to the plane), "tilt" (axis in the plane) or "mixed"."""
        if np.dot(self.axis, self.plane) == 0:
            return "tilt"
        return "twist" if not np.any(np.cross(self.axis, self.plane)) else "mixed"

    @cached_property
    def plane_vectors(self) -> np.ndarray:
        """Shortest orthogonal coincidence vectors (2, 3) in the plane, in lattice parameters of the lower grain."""
        return _plane_vectors(self)

    @property
    def frame(self) -> np.ndarray:
        """Proper rotation (3, 3) from the axes of the lower grain to the cell axes x, y (in-plane) and z (normal)."""
        first, second = self.plane_vectors
        rows = np.array([first, second, np.cross(first, second)])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def orientation(self, grain: int) -> np.ndarray:
        """Return the rotation (3, 3) from crystal to cell axes of the lower (0) or upper (1) grain."""
        return self.frame if grain == 0 else self.frame @ self.rotation

    @property
    def sides(self) -> tuple[str, str]:
        """Names of the two boundaries of a periodic cell: the facing planes, each in the indices of its grain.

        The first name is the boundary in the middle of the cell, the second the boundary across the cell's end. Each
        name gives the lower grain first. On a polar plane (hkl) and (-h-k-l) are different surfaces.
        """
        lower = np.array(self.plane)
        upper = np.round(self.rotation.T @ lower * self.denominator).astype(int)
        upper = upper // gcd(*(int(index) for index in upper))
        return f"({_digits(lower)})|({_digits(-upper)})", f"({_digits(-lower)})|({_digits(upper)})"

    @property
    def is_polar(self) -> bool:
        """Whether no operation of -43m reverses the plane's normal, so that its two surfaces differ."""
        normal = np.array(self.plane)
        return not any(np.allclose(operation @ normal, -normal) for operation in tetrahedral_group())

    @property
    def sides_equal(self) -> bool:
        """Whether the two boundaries of a periodic cell are equivalent by symmetry.

        They are equivalent when an operation of one grain exchanges them and keeps the normal, or when an operation
        common to both grains reverses the normal. The point group has no inversion: on polar planes such as {111} both
        conditions fail when the polar axes of the grains are opposite.
        """
        lower, upper = self.orientation(0), self.orientation(1)
        operations = tetrahedral_group()
        for operation in operations:
            exchange = upper @ operation @ lower.T
            if np.isclose(exchange[2, 2], 1) and _in_group(lower.T @ exchange @ upper, operations):
                return True
            flip = lower @ operation @ lower.T
            if np.isclose(flip[2, 2], -1) and _in_group(upper.T @ flip @ upper, operations):
                return True
        return False


def parse_boundary(name: str) -> BoundaryType:
    """Parse a boundary name such as "sigma5(021)[100]".

    Raises:
        InputError: the name is malformed, Σ does not occur about the axis, or plane and axis give no coincidence
            cell of usable size.
    """
    match = _NAME.match(name.replace(" ", ""))
    if not match:
        form = "is neither 'bulk' nor a name of the form sigma<S>(<plane>)[<axis>]"
        raise _refuse(name, form, "for instance sigma5(001)[001]")
    sigma, plane, axis = int(match[1]), _indices(match[2]), _indices(match[3])
    known = sigmas(axis)
    if sigma not in known:
        accepted = ", ".join(f"sigma{value}" for value in known)
        offered = f"is not a supported coincidence boundary about [{_digits(axis)}]"
        raise _refuse(name, offered, f"one of {accepted}")
    choices = _rotations(axis, sigma)
    boundaries = [BoundaryType(sigma, axis, plane, *rotation) for rotation in choices]
    symmetric = [boundary for boundary in boundaries if _is_symmetric(boundary)]
    boundary = (symmetric or boundaries)[0]
    _ = boundary.plane_vectors
    return boundary


@lru_cache(maxsize=1)
def list_boundaries() -> tuple[BoundaryType, ...]:
    """List twist and symmetric tilt boundaries about <100>, <110> and <111> below Σ13, planes up to index 3."""
    found: list[BoundaryType] = []
    for axis in AXES:
        for sigma in sigmas(axis):
            for boundary in _of_rotation(axis, sigma):
                if not any(boundary.name == other.name for other in found):
                    found.append(boundary)
    return tuple(sorted(found, key=lambda boundary: (boundary.sigma, boundary.axis, boundary.kind, boundary.plane)))


def sigmas(axis: tuple[int, int, int]) -> list[int]:
    """List the Σ from 3 to 11 that rotations about an axis can have."""
    return sorted({sigma for sigma, _, _ in _angles(axis) if 1 < sigma <= LARGEST_SIGMA})


def _of_rotation(axis: tuple[int, int, int], sigma: int) -> Iterator[BoundaryType]:
    """Yield the twist boundary and one symmetric tilt boundary for each family of planes."""
    rotations = _rotations(axis, sigma)
    if axis != (1, 0, 0):  # <100> twist boundaries are listed under [001], tilt boundaries under [100]
        yield BoundaryType(sigma, axis, axis, *rotations[0])
    if axis == (0, 0, 1):
        return
    families = set()
    for plane in _PREFERRED_PLANES + _planes():
        family = tuple(sorted(np.abs(plane)))
        tilts = [BoundaryType(sigma, axis, plane, *rotation) for rotation in rotations]
        tilts = [boundary for boundary in tilts if boundary.kind == "tilt" and _is_symmetric(boundary)]
        if family in families or not tilts or not _is_small(tilts[0]):
            continue
        families.add(family)
        yield tilts[0]


def _is_small(boundary: BoundaryType) -> bool:
    """Return whether a coincidence cell exists within the search range and is small enough to be listed."""
    try:
        return float(np.prod(np.linalg.norm(boundary.plane_vectors, axis=1))) <= LARGEST_AREA
    except InputError:
        return False


_PREFERRED_PLANES = [(1, -1, 2), (-1, 1, 1), (0, 2, 1)]  # names used in the literature; each family is listed once


def _planes() -> list[tuple[int, int, int]]:
    """List planes of small coprime indices, one of each pair of opposite normals, lowest indices first."""
    span = range(-LARGEST_INDEX, LARGEST_INDEX + 1)
    planes = [indices for indices in product(span, span, span) if gcd(*indices) == 1 and indices > (0, 0, 0)]
    return sorted(planes, key=lambda plane: (sum(np.square(plane)), tuple(-np.array(plane))))


def _is_symmetric(boundary: BoundaryType) -> bool:
    """Return whether the plane has the same form in both grains; true for every twist boundary."""
    if boundary.kind != "tilt":
        return True
    in_upper = boundary.rotation.T @ boundary.plane
    return bool(np.allclose(np.sort(np.abs(in_upper)), np.sort(np.abs(boundary.plane))))


def _angles(axis: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """List Σ and the integers m, n of tan(θ/2) = (n/m) √N, smallest angles first."""
    norm = int(np.dot(axis, axis))
    found = []
    for m in range(1, 12):
        for n in range(1, 12):
            if gcd(m, n) == 1:
                sigma = m * m + norm * n * n
                while sigma % 2 == 0:
                    sigma //= 2
                found.append((n / m, sigma, m, n))
    return [entry[1:] for entry in sorted(found)]


def _rotations(axis: tuple[int, int, int], sigma: int) -> list[tuple[tuple[tuple[int, int, int], ...], int]]:
    """List the integer rotation matrices of smallest angle for one Σ about an axis, in both senses."""
    _, m, n = next(entry for entry in _angles(axis) if entry[0] == sigma)
    return [_rotation(m, sense * n, axis) for sense in (1, -1)]


def _rotation(m: int, n: int, axis: tuple[int, int, int]) -> tuple[tuple[tuple[int, int, int], ...], int]:
    """Return the rotation of the quaternion (m, n·axis) as numerator and denominator."""
    vector = n * np.array(axis)
    cross = np.array([[0, -vector[2], vector[1]], [vector[2], 0, -vector[0]], [-vector[1], vector[0], 0]])
    square = int(vector @ vector)
    matrix = (m * m - square) * np.eye(3, dtype=int) + 2 * np.outer(vector, vector) + 2 * m * cross
    return tuple((int(x), int(y), int(z)) for x, y, z in matrix), m * m + square


@lru_cache(maxsize=1)
def _lattice_points() -> np.ndarray:
    """List face-centred lattice points near the origin in half lattice parameters, shortest first."""
    span = np.arange(-_SEARCH, _SEARCH + 1)
    points = np.array(np.meshgrid(span, span, span, indexing="ij")).reshape(3, -1).T
    points = points[(points.sum(axis=1) % 2 == 0) & np.any(points != 0, axis=1)]
    return points[np.argsort(np.einsum("ij,ij->i", points, points), kind="stable")]


def short_lattice_points() -> np.ndarray:
    """List face-centred lattice points (p, 3) near the origin in lattice parameters, shortest first."""
    return _lattice_points() / 2


@lru_cache(maxsize=256)
def _plane_vectors(boundary: BoundaryType) -> np.ndarray:
    """Find the smallest rectangle of coincidence vectors in the plane; see `BoundaryType.plane_vectors`."""
    points = _lattice_points()
    points = points[points @ np.array(boundary.plane) == 0]
    upper = points @ np.array(boundary.numerator)  # the transpose rotates into the axes of the upper grain
    whole = np.all(upper % boundary.denominator == 0, axis=1)
    shared = whole & ((upper // boundary.denominator).sum(axis=1) % 2 == 0)
    points = points[shared][:200]
    area = np.sqrt(np.outer(*(2 * [np.einsum("ij,ij->i", points, points)])))
    area[points @ points.T != 0] = np.inf
    if len(points) == 0 or not np.isfinite(area.min()):
        raise _refuse(boundary.name, "has no rectangular coincidence cell of usable size", "a plane of lower indices")
    first, second = np.unravel_index(np.argmin(area), area.shape)
    vectors = np.array([points[first], points[second]])
    if np.cross(*vectors) @ np.array(boundary.plane) < 0:
        vectors[1] *= -1
    return vectors / 2


def tetrahedral_group() -> list[np.ndarray]:
    """List the 24 operations of -43m: permutations of the axes with an even number of sign changes."""
    signs = [np.diag(s) for s in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))]
    orders = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1), (2, 1, 0))
    return [np.eye(3)[list(order)] @ sign for order in orders for sign in signs]


def _in_group(matrix: np.ndarray, operations: list[np.ndarray]) -> bool:
    """Return whether a matrix is one of the operations."""
    return any(np.allclose(matrix, operation, atol=1e-6) for operation in operations)


def _indices(text: str) -> tuple[int, int, int]:
    """Parse three signed digits."""
    first, second, third = (int(index) for index in re.findall(r"-?\d", text))
    return first, second, third


def _digits(indices: Iterable[int]) -> str:
    """Join indices without separators, as in (1-12)."""
    return "".join(str(index) for index in indices)


def _refuse(name: str, why: str, accepted: str) -> InputError:
    """Build the error of an unsupported boundary."""
    message = f"boundary '{name}' {why}; use {accepted} (argyro structure --list-boundaries)"
    return InputError(message, path="boundary", accepted=accepted)
