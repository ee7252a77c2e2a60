"""Strain operators of the collapsed-interface element for grains, sides, mid-planes, jumps and triple lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from argyro.platform.continuum.interface_fem.jaxfem import element_gradients
from argyro.platform.continuum.mesh.mesh import Mesh


@dataclass(frozen=True)
class Strain:
    """Energy Σ_k weight_k |operator u + macro E|_k² of the periodic unknowns u and the macroscopic gradient E.

    Args:
        operator: (m, unknowns) sparse.
        macro: (m, 3).
        weight: (m,), positive.
    """

    operator: sp.csr_array
    macro: np.ndarray
    weight: np.ndarray

    @property
    def stiffness(self) -> sp.csr_array:
        """Stiffness K = Bᵀ W B, (unknowns, unknowns)."""
        return (self.operator.T @ sp.diags_array(self.weight) @ self.operator).tocsr()

    @property
    def load(self) -> np.ndarray:
        """Load F = Bᵀ W b, (unknowns, 3)."""
        return self.operator.T @ (self.weight[:, None] * self.macro)

    @property
    def constant(self) -> np.ndarray:
        """Constant term G = bᵀ W b, (3, 3)."""
        return self.macro.T @ (self.weight[:, None] * self.macro)

    def of(self, unknowns: np.ndarray) -> np.ndarray:
        """Return the total strain of the three load cases, (unknowns, 3) -> (m, 3)."""
        return self.operator @ unknowns + self.macro


@dataclass(frozen=True)
class CollapsedStrains:
    """Strains of one mesh, with one plane and one jump per GB class and one line per set of classes that meet at it.

    Unknowns: grain nodes, one value per boundary triangle (mid-plane), one per edge of the boundary network.
    """

    grain: Strain
    side: Strain
    plane: tuple[Strain, ...]
    jump: tuple[Strain, ...]
    line: tuple[Strain, ...]
    unknowns: int


def collapsed_strains(mesh: Mesh) -> CollapsedStrains:
    """Build all strain operators of a mesh.

    Source: Scholz, Ou, Grabowski, Fritzen, arXiv:2504.10348 (collapsed interface). This mid-plane is hybrid instead.
    """
    nodes, triangles = len(mesh.points), len(mesh.side_a)
    edges = mesh.network_edges
    sets, line_set = mesh.line_classes
    numbers = line_set[edges]
    unknowns = nodes + triangles + int(edges.max()) + 1
    middle = nodes + np.arange(triangles)
    edges = nodes + triangles + edges
    gradient = _tetrahedron_gradients(mesh)
    members = [np.flatnonzero(mesh.boundary_class == number) for number in range(mesh.classes)]
    return CollapsedStrains(
        grain=_grain(mesh, gradient, unknowns),
        side=_side(mesh, gradient, unknowns),
        plane=tuple(_plane(mesh, edges[chosen], middle[chosen], chosen, unknowns) for chosen in members),
        jump=tuple(_jump(mesh, middle[chosen], chosen, unknowns) for chosen in members),
        line=tuple(_line(mesh, edges, numbers == number, unknowns) for number in range(len(sets))),
        unknowns=unknowns,
    )


def _operator(columns: np.ndarray, values: np.ndarray, unknowns: int) -> sp.csr_array:
    """Assemble rows (element, component) from columns (element, node) and values (element, component, node)."""
    elements, components, width = values.shape
    rows = np.repeat(np.arange(elements * components), width)
    columns = np.repeat(columns[:, None, :], components, axis=1)
    return sp.csr_array((values.ravel(), (rows, columns.ravel())), shape=(elements * components, unknowns))


def _tetrahedron_gradients(mesh: Mesh) -> np.ndarray:
    """Return ∇λ of the four nodes, (t, 3, 4)."""
    gradients, _ = element_gradients(mesh.points, mesh.tets, "TET4")
    return np.swapaxes(gradients[:, 0], 1, 2)  # constant in the element, so that any quadrature point will do


def _grain(mesh: Mesh, gradient: np.ndarray, unknowns: int) -> Strain:
    """Build the gradient in each tetrahedron with weight V."""
    macro = np.tile(np.eye(3), (len(mesh.tets), 1))
    return Strain(_operator(mesh.tets, gradient, unknowns), macro, np.repeat(mesh.volumes, 3))


def _tangential(mesh: Mesh) -> np.ndarray:
    """Return the projectors I - n nᵀ of the boundary triangles, (b, 3, 3)."""
    return np.eye(3) - mesh.normals[:, :, None] * mesh.normals[:, None, :]


def _side(mesh: Mesh, gradient: np.ndarray, unknowns: int) -> Strain:
    """Build the tangential gradient of the grains at the boundary, half the area per side; rows of side a, then b."""
    projector = _tangential(mesh)
    tets = np.concatenate([mesh.tet_a, mesh.tet_b])
    values = np.concatenate([projector, projector]) @ gradient[tets]
    macro = np.concatenate([projector, projector]).reshape(-1, 3)
    return Strain(_operator(mesh.tets[tets], values, unknowns), macro, np.repeat(np.tile(mesh.areas / 2, 2), 3))


def _plane(mesh: Mesh, edges: np.ndarray, middle: np.ndarray, chosen: np.ndarray, unknowns: int) -> Strain:
    """Build the lowest-order Raviart-Thomas flux a + b (x - x_c) of the mid-plane, with edge values λ and a mean m.

    a is minus the gradient of the edge values (Crouzeix-Raviart) and b = 2 A (m - mean λ) / ∫|x - x_c|². The integral
    is A Σ l² / 36 with the side lengths l of the triangle. The energy is A |∇λ|² + (144 A / Σ l²) (m - mean λ)².

    Source: Arnold, Brezzi, RAIRO M2AN 19, 7 (1985).
    """
    corner = mesh.points[mesh.side_a[chosen]]
    opposite = np.roll(corner, -2, axis=1) - np.roll(corner, -1, axis=1)  # sides opposite the corners
    area, sense = mesh.areas[chosen], mesh._triangle_normals[chosen] / mesh.areas[chosen][:, None]
    hat = np.cross(sense[:, None], opposite) / (2 * area[:, None, None])  # gradients of the hat functions
    gradient = _operator(edges, -2 * np.swapaxes(hat, 1, 2), unknowns)
    third = np.broadcast_to([[-1 / 3, -1 / 3, -1 / 3, 1.0]], (len(chosen), 1, 4))
    bubble = _operator(np.column_stack([edges, middle]), third, unknowns)
    lengths2 = (opposite**2).sum((1, 2))
    return Strain(
        sp.vstack([gradient, bubble]).tocsr(),
        np.concatenate([_tangential(mesh)[chosen].reshape(-1, 3), np.zeros((len(chosen), 3))]),
        np.concatenate([np.repeat(area, 3), 144 * area / lengths2]),
    )


def _jump(mesh: Mesh, middle: np.ndarray, chosen: np.ndarray, unknowns: int) -> Strain:
    """Build the jump across the boundary with a resistance R/2 on each side of the mid-plane.

    (2/R) [(a - m)² + (b - m)²] = (1/R) [(a - b)² + 4 ((a + b)/2 - m)²]. The first square is integrated exactly.
    """
    mass = (np.ones((3, 3)) + np.eye(3)) / 12
    factor = np.linalg.cholesky(mass).T  # the squared rows sum to the mass matrix of the triangle
    both = np.column_stack([mesh.side_a[chosen], mesh.side_b[chosen]])
    jump = _operator(both, np.broadcast_to(np.hstack([factor, -factor]), (len(chosen), 3, 6)), unknowns)
    mean = np.broadcast_to([[1 / 3] * 6 + [-2.0]], (len(chosen), 1, 7))
    offset = _operator(np.column_stack([both, middle]), mean, unknowns)
    area = mesh.areas[chosen]
    return Strain(
        sp.vstack([jump, offset]).tocsr(),
        np.zeros((4 * len(chosen), 3)),
        np.concatenate([np.repeat(area, 3), area]),
    )


def _line(mesh: Mesh, edges: np.ndarray, chosen: np.ndarray, unknowns: int) -> Strain:
    """Build the difference between the value of a triple line and the grain edges that meet there, weight length.

    Without it the flux of layers that end at a triple line could not enter the grains, and a layer like the grain
    would change the effective diffusivity.

    Args:
        mesh: mesh of the polycrystal.
        edges: (b, 3) unknowns of the network edges opposite the corners of the boundary triangles.
        chosen: (b, 3) True for triple lines of one set of classes.
        unknowns: number of all unknowns.
    """
    columns, lengths = [], []
    for side in (mesh.side_a, mesh.side_b):
        for corner in range(3):
            ends = np.delete(side, corner, axis=1)[chosen[:, corner]]
            columns.append(np.column_stack([ends, edges[chosen[:, corner], corner]]))
            lengths.append(np.linalg.norm(mesh.points[ends[:, 0]] - mesh.points[ends[:, 1]], axis=1))
    together = np.concatenate(columns)
    difference = np.broadcast_to([[0.5, 0.5, -1.0]], (len(together), 1, 3))
    return Strain(_operator(together, difference, unknowns), np.zeros((len(together), 3)), np.concatenate(lengths))
