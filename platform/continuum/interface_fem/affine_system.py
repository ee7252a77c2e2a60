"""Affine matrices of the collapsed-interface form and their direct solution."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from threading import Lock

import numpy as np
import scipy.sparse as sp
from cachetools import LRUCache, cached
from scipy.sparse.linalg import splu

from argyro.platform.continuum.interface_fem.coefficients import Coefficients
from argyro.platform.continuum.interface_fem.strain_operators import CollapsedStrains, Strain, collapsed_strains
from argyro.platform.continuum.mesh.mesh import Mesh

KEPT_MESHES = 16
# Least resistances, in periods, of a direct solution and of a reduced one: smaller ones would cost digits. A direct
# solution is extrapolated to the resistances asked for, to second order in this number.
DIRECT_FLOOR, REDUCED_FLOOR = 1e-8, 1e-10
# Largest fraction of a tetrahedron's conduction that the side term may remove.
LARGEST_SIDE_SHARE = 0.9


@dataclass(frozen=True)
class CollapsedForm:
    """Affine form K(θ) = K_grain - w K_side + Σ_c (w D_∥ K_plane + K_jump / R)_c + Σ_s (K_line / ρ)_s, D_b = 1.

    The sum over s is over the sets of classes that meet at triple lines. All matrices have one sparsity pattern.

    Args:
        mesh: mesh of the polycrystal.
        strains: strain operators of the mesh.
        pattern: empty matrix with the common pattern; the first unknown is fixed (free constant of the concentration).
        values: (2 + 2 classes + sets, non-zeros): entries of grain, side, planes, jumps, triple lines.
        loads: (2 + 2 classes + sets, unknowns, 3).
        constants: (2 + 2 classes + sets, 3, 3).
    """

    mesh: Mesh
    strains: CollapsedStrains
    pattern: sp.csc_array
    values: np.ndarray
    loads: np.ndarray
    constants: np.ndarray

    @property
    def terms(self) -> list[Strain]:
        """Strains in the order of `values`."""
        return all_terms(self.strains)

    def solve(self, theta: Coefficients, floor: float = DIRECT_FLOOR) -> Solution:
        """Solve for the concentration and the effective tensor of one query.

        D_eff = G + Fᵀu with K u = -F, in units of D_b. The period is the unit cube. Resistances below the floor are
        extrapolated: 1/D_eff is linear in a small resistance.

        Args:
            theta: coefficients of one query (leading axis of length one).
            floor: least resistance of the matrix.
        """
        factors = affine_factors(theta, floor)[0]
        matrix = sp.csc_array(
            (factors @ self.values, self.pattern.indices, self.pattern.indptr), shape=self.pattern.shape
        )
        load = np.tensordot(factors, self.loads, 1)
        # Minimum-degree ordering without pivoting, because the matrix is positive definite.
        factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        unknowns = np.zeros_like(load)
        unknowns[1:] = factor.solve(-load[1:])
        constant = np.tensordot(factors, self.constants, 1)
        tensor = constant + load.T @ unknowns
        residual = load[1:] + matrix @ unknowns[1:]
        error = np.abs((unknowns[1:] * residual).sum(0)).max() / tensor.trace() * 3
        tensor, beyond = self._extrapolated((tensor + tensor.T) / 2, theta, factors, unknowns)
        return Solution(unknowns, tensor, float(error) + beyond)

    def _extrapolated(
        self, tensor: np.ndarray, theta: Coefficients, factors: np.ndarray, unknowns: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return the tensor at the resistances asked for, and its relative error: dD/dR = -Σ area q qᵀ, flux q."""
        classes = len(self.strains.plane)
        asked = np.concatenate([theta.resistance[0], theta.line[0]])
        resistive = [*self.strains.jump, *self.strains.line]
        change = np.zeros((3, 3))
        for strain, wanted, conductance in zip(resistive, asked, factors[2 + classes :], strict=True):
            if wanted * conductance < 1:
                flux = conductance * strain.of(unknowns)
                change += (wanted - 1 / conductance) * (flux.T @ (strain.weight[:, None] * flux))
        if not change.any():
            return tensor, 0.0
        inverse = np.linalg.inv(tensor)
        step = inverse @ change @ inverse
        moved = np.linalg.inv(inverse + step)
        return (moved + moved.T) / 2, float(np.linalg.norm(tensor @ step, 2) ** 2)


def widest_boundary(mesh: Mesh) -> float:
    """Find the width w at which the side term removes all conduction of a tetrahedron, min 2 V / A, in periods."""
    behind = np.concatenate([mesh.tet_a, mesh.tet_b])
    return float((2 * mesh.volumes[behind] / np.tile(mesh.areas, 2)).min())


@dataclass(frozen=True)
class Solution:
    """Periodic unknowns (n, 3), effective tensor (3, 3) relative to D_b, and relative rounding error."""

    unknowns: np.ndarray
    tensor: np.ndarray
    error: float


def all_terms(strains: CollapsedStrains) -> list[Strain]:
    """List the strains in the order of the factors: grain, side, planes, jumps, triple lines."""
    return [strains.grain, strains.side, *strains.plane, *strains.jump, *strains.line]


def affine_factors(theta: Coefficients, floor: float) -> np.ndarray:
    """Return the factors of the terms of `CollapsedForm`, (q, terms), with resistances of at least floor."""
    resistances = np.maximum(np.column_stack([theta.resistance, theta.line]), floor)
    return np.column_stack([np.ones(len(theta)), -theta.width, theta.plane, 1 / resistances])


@cached(LRUCache(KEPT_MESHES), key=attrgetter("hash"), lock=Lock())
def collapsed_form(mesh: Mesh) -> CollapsedForm:
    """Assemble the form of a mesh; a cache keeps the last forms, because assembly takes longer than a solve."""
    strains = collapsed_strains(mesh)
    terms = all_terms(strains)
    matrices = [term.stiffness[1:, 1:].tocoo() for term in terms]
    size = strains.unknowns - 1
    rows = np.concatenate([matrix.row for matrix in matrices]).astype(np.int64)
    columns = np.concatenate([matrix.col for matrix in matrices]).astype(np.int64)
    keys, place = np.unique(columns * size + rows, return_inverse=True)
    values = np.zeros((len(terms), len(keys)))
    owner = np.repeat(np.arange(len(terms)), [matrix.nnz for matrix in matrices])
    np.add.at(values, (owner, place.ravel()), np.concatenate([matrix.data for matrix in matrices]))
    pointers = np.searchsorted(keys // size, np.arange(size + 1)).astype(np.int32)
    pattern = sp.csc_array((np.zeros(len(keys)), (keys % size).astype(np.int32), pointers), shape=(size, size))
    loads = np.stack([term.load for term in terms])
    return CollapsedForm(mesh, strains, pattern, values, loads, np.stack([term.constant for term in terms]))
