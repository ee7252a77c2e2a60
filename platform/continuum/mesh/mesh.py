"""Conforming tetrahedral mesh of a periodic polycrystal: nodes separate per grain, boundary triangles in pairs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.mesh.polycrystal import Polycrystal, equivalent_diameter
from argyro.platform.continuum.mesh.refinement import refine_tetrahedra, refine_triangles
from argyro.platform.continuum.mesh.tessellation import Facet, facets, merge_periodic

FORMAT = 1


@dataclass(frozen=True)
class Mesh:
    """Tetrahedra of the grains and triangles of the boundaries, with lengths in units of the period.

    Every grain has its own nodes, so that the concentration can jump across a boundary. Boundary triangle k is
    ``side_a[k]`` in one grain and ``side_b[k]`` in the other. Corresponding corners differ by a period vector.

    Args:
        points: (n, 3), unwrapped, so that each grain is connected.
        tets: (t, 4) nodes, positively oriented.
        tet_grain: (t,) grain of each tetrahedron.
        side_a, side_b: (b, 3) nodes of each boundary triangle in its two grains.
        tet_a, tet_b: (b,) tetrahedra with these triangles as faces.
        boundary_grains: (b, 2) the two grains.
        boundary_facet: (b,) number of the plane facet of each triangle.
        boundary_class: (b,) number of the GB class of each triangle.
        centres: (g, 3) grain centres.
        weights: (g,) power weights of the grains.
    """

    points: np.ndarray
    tets: np.ndarray
    tet_grain: np.ndarray
    side_a: np.ndarray
    side_b: np.ndarray
    tet_a: np.ndarray
    tet_b: np.ndarray
    boundary_grains: np.ndarray
    boundary_facet: np.ndarray
    boundary_class: np.ndarray
    centres: np.ndarray
    weights: np.ndarray

    @property
    def grains(self) -> int:
        """Number of grains in the period."""
        return len(self.centres)

    @property
    def classes(self) -> int:
        """Number of GB classes."""
        return int(self.boundary_class.max()) + 1

    @property
    def grain_size(self) -> float:
        """Equivalent-sphere diameter of the mean grain in periods, d = (6 / (π N))^(1/3)."""
        return float(equivalent_diameter(1.0 / self.grains))

    @cached_property
    def volumes(self) -> np.ndarray:
        """Volumes of the tetrahedra, (t,)."""
        corner = self.points[self.tets]
        return np.linalg.det(corner[:, 1:] - corner[:, :1]) / 6

    @cached_property
    def areas(self) -> np.ndarray:
        """Areas of the boundary triangles, (b,)."""
        return np.linalg.norm(self._triangle_normals, axis=1)

    @cached_property
    def normals(self) -> np.ndarray:
        """Unit normals from grain a to grain b, (b, 3)."""
        normal = self._triangle_normals / self.areas[:, None]
        inner = self.points[self.tets[self.tet_a]].mean(1) - self.points[self.side_a[:, 0]]
        return normal * -np.sign((inner * normal).sum(1))[:, None]

    @cached_property
    def _triangle_normals(self) -> np.ndarray:
        corner = self.points[self.side_a]
        return 0.5 * np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])

    @cached_property
    def hash(self) -> str:
        """Digest of all arrays, the name of the mesh in caches."""
        digest = hashlib.sha256()
        for field in fields(self):
            array = np.ascontiguousarray(getattr(self, field.name))
            digest.update(f"{field.name}{array.dtype.str}{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def network_edges(self) -> np.ndarray:
        """Number of the GB network's edge opposite each corner of each triangle, (b, 3), one number per triple line."""
        corner = self.points[self.side_a]
        middles = (corner.sum(1, keepdims=True) - corner) / 2
        return merge_periodic(middles.reshape(-1, 3)).reshape(-1, 3)

    @cached_property
    def line_classes(self) -> tuple[np.ndarray, np.ndarray]:
        """Sets of GB classes that meet at triple lines, (sets, classes) of bool; and the set of each edge, (edges,).

        A triple line is an edge at which more than two triangles meet; other edges have the number -1.
        """
        triple = np.bincount(self.network_edges.ravel()) > 2
        present = np.zeros((len(triple), self.classes), dtype=bool)
        present[self.network_edges, self.boundary_class[:, None]] = True
        sets, number = np.unique(present[triple], axis=0, return_inverse=True)
        of_edge = np.full(len(triple), -1)
        of_edge[triple] = number.ravel()
        return sets, of_edge

    def with_classes(self, boundary_class: np.ndarray) -> Mesh:
        """Return the same mesh with other GB classes, (b,) integers from 0."""
        return replace(self, boundary_class=np.asarray(boundary_class, dtype=int))

    def save(self, path: Path | str) -> None:
        """Write all arrays to one .npz file."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        with Path(path).open("wb") as file:
            np.savez_compressed(file, format=FORMAT, **arrays)

    @classmethod
    def load(cls, path: Path | str) -> Mesh:
        """Read a file of `save`.

        Raises:
            InputError: the file is not an argyro mesh.
        """
        names = [field.name for field in fields(cls)]
        try:
            with np.load(path, allow_pickle=False) as data:
                return cls(**{name: data[name] for name in names})
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path} is not a polycrystal mesh ({error}); write one with Mesh.save") from error


def mesh(polycrystal: Polycrystal, refinements: int = 0) -> Mesh:
    """Cut every grain into tetrahedra (grain centre, facet centre, facet edge) and refine them.

    Args:
        polycrystal: tessellation.
        refinements: number of red refinements; each divides a tetrahedron into eight.

    Raises:
        InputError: a thin facet gives tetrahedra without volume, or the number of refinements is outside 0 to 4.
    """
    if not 0 <= refinements <= 4:
        raise InputError(f"refinements {refinements} is outside 0 to 4; give 1 for an error of 0.1 %")
    coarse = _coarse_mesh(facets(polycrystal), polycrystal)
    for _ in range(refinements):
        coarse = refined(coarse)
    return coarse


def _coarse_mesh(polygons: list[Facet], polycrystal: Polycrystal) -> Mesh:
    nodes = _GrainNodes(polycrystal.centres, _corner_labels(polygons))
    tets: list[tuple[int, ...]] = []
    grains: list[int] = []
    sides: tuple[list, list] = ([], [])
    facet_of: list[int] = []
    for number, facet in enumerate(polygons):
        for side, grain, shift in ((0, facet.grains[0], 0 * facet.shift), (1, facet.grains[1], facet.shift)):
            middle = nodes.new(facet.corners.mean(0) - shift)
            ring = [nodes.corner(grain, number, k, facet.corners[k] - shift) for k in range(len(facet.corners))]
            for first, second in zip(ring, ring[1:] + ring[:1], strict=True):
                sides[side].append((middle, first, second))
                tets.append((grain, middle, first, second))
                grains.append(grain)
        facet_of += [number] * len(facet.corners)
    tetrahedra = _positively_oriented(np.array(nodes.points), np.array(tets))
    return _assemble(
        np.array(nodes.points),
        tetrahedra,
        np.array(grains),
        np.array(sides[0]),
        np.array(sides[1]),
        np.array([polygons[k].grains for k in facet_of]),
        np.array(facet_of),
        np.zeros(len(facet_of), dtype=int),
        polycrystal,
    )


class _GrainNodes:
    """Nodes of all grains: node g is the centre of grain g; only facets of one grain share corner nodes."""

    def __init__(self, centres: np.ndarray, labels: list[np.ndarray]):
        self.points = list(centres)
        self._centres, self._labels = centres, labels
        self._known: dict[tuple[int, int], list[int]] = {}

    def new(self, point: np.ndarray) -> int:
        self.points.append(point)
        return len(self.points) - 1

    def corner(self, grain: int, facet: int, index: int, point: np.ndarray) -> int:
        # Images of one corner in one grain differ by whole periods.
        label = int(self._labels[facet][index])
        known = self._known.setdefault((grain, label), [])
        for node in known:
            if np.linalg.norm(self.points[node] - point) < 0.5:
                return node
        known.append(self.new(point))
        return known[-1]


def _corner_labels(polygons: list[Facet]) -> list[np.ndarray]:
    labels = merge_periodic(np.concatenate([facet.corners for facet in polygons]))
    return np.split(labels, np.cumsum([len(facet.corners) for facet in polygons])[:-1])


def _positively_oriented(points: np.ndarray, tets: np.ndarray) -> np.ndarray:
    corner = points[tets]
    negative = np.linalg.det(corner[:, 1:] - corner[:, :1]) < 0
    tets = tets.copy()
    tets[negative, 2], tets[negative, 3] = tets[negative, 3], tets[negative, 2].copy()
    return tets


def _assemble(
    points: np.ndarray,
    tets: np.ndarray,
    tet_grain: np.ndarray,
    side_a: np.ndarray,
    side_b: np.ndarray,
    boundary_grains: np.ndarray,
    boundary_facet: np.ndarray,
    boundary_class: np.ndarray,
    polycrystal: Polycrystal,
) -> Mesh:
    """Build a Mesh with the tetrahedron behind every boundary triangle; refuse slivers."""
    made = Mesh(
        points, tets, tet_grain, side_a, side_b,
        _tetrahedron_behind(side_a, tets), _tetrahedron_behind(side_b, tets),
        boundary_grains, boundary_facet, boundary_class, polycrystal.centres, polycrystal.weights,
    )  # fmt: skip
    longest = np.linalg.norm(points[tets[:, 1]] - points[tets[:, 2]], axis=1).max()
    if made.volumes.min() < 1e-14 * longest**3 or made.areas.min() < 1e-14 * longest**2:
        raise InputError(
            f"the mesh has slivers: minimum volume {made.volumes.min():.1e}, minimum boundary area"
            f" {made.areas.min():.1e} (cube = 1); use another seed or more Lloyd steps"
        )
    return made


def _tetrahedron_behind(triangles: np.ndarray, tets: np.ndarray) -> np.ndarray:
    """Find the tetrahedron that has each triangle as a face."""
    faces = np.sort(np.concatenate([np.delete(tets, k, axis=1) for k in range(4)]), axis=1)
    both = np.concatenate([faces, np.sort(triangles, axis=1)])
    _, label = np.unique(both, axis=0, return_inverse=True)
    label = label.ravel()
    owner = np.full(label.max() + 1, -1)
    owner[label[: len(faces)]] = np.tile(np.arange(len(tets)), 4)
    return owner[label[len(faces) :]]


def refined(coarse: Mesh) -> Mesh:
    """Divide each tetrahedron into eight and each boundary triangle into four."""
    points, tets, midpoint = refine_tetrahedra(coarse.points, coarse.tets)
    return _assemble(
        points,
        _positively_oriented(points, tets),
        np.repeat(coarse.tet_grain, 8),
        refine_triangles(coarse.side_a, midpoint),
        refine_triangles(coarse.side_b, midpoint),
        np.repeat(coarse.boundary_grains, 4, axis=0),
        np.repeat(coarse.boundary_facet, 4),
        np.repeat(coarse.boundary_class, 4),
        Polycrystal(coarse.centres, coarse.weights),
    )
