"""Complementary energy: equilibrated fluxes give a lower bound of the effective diffusivity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.continuum.interface_fem.affine_system import (
    DIRECT_FLOOR,
    REDUCED_FLOOR,
    CollapsedForm,
    Solution,
    affine_factors,
)
from argyro.platform.continuum.interface_fem.coefficients import Coefficients

WIDTH_NODES = 6


@dataclass(frozen=True)
class Fluxes:
    """Equilibrated fluxes as columns, one row per strain of the form, Bᵀ W σ = 0.

    Args:
        grain: (3 t, k), C(w) ∇u with C(w) = 1 - w A / (2 V) (1 - n nᵀ) in tetrahedra at a boundary.
        plane: per class (m, k), w D_∥ times the strain of the mid-plane.
        jump: per class (m, k), 1/R times the jump.
        line: per set of classes (m, k), 1/ρ times the difference at triple lines.
    """

    grain: np.ndarray
    plane: tuple[np.ndarray, ...]
    jump: tuple[np.ndarray, ...]
    line: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, form: CollapsedForm, theta: Coefficients, solution: Solution) -> Fluxes:
        """Compute the fluxes of the three load cases of one solution."""
        strains, classes = form.strains, len(form.strains.plane)
        factors = affine_factors(theta, DIRECT_FLOOR)[0, 2:]
        grain = strains.grain.of(solution.unknowns).reshape(-1, 3, 3)
        tangential = strains.side.of(solution.unknowns).reshape(-1, 3, 3)
        grain[_behind(form)] -= theta.width[0] * side_shares(form)[:, None, None] * tangential
        return cls(
            grain.reshape(-1, 3),
            *(
                tuple(f * s.of(solution.unknowns) for f, s in zip(factors[k * classes :], part, strict=False))
                for k, part in enumerate((strains.plane, strains.jump, strains.line))
            ),
        )

    def __matmul__(self, mixing: np.ndarray) -> Fluxes:
        return Fluxes(self.grain @ mixing, *(tuple(f @ mixing for f in part) for part in self._parts))

    @property
    def _parts(self) -> tuple[tuple[np.ndarray, ...], ...]:
        return self.plane, self.jump, self.line

    def joined(self, other: Fluxes) -> Fluxes:
        """Concatenate the columns of both."""
        parts = zip(self._parts, other._parts, strict=True)
        joined = (tuple(np.hstack(pair) for pair in zip(*part, strict=True)) for part in parts)
        return Fluxes(np.hstack([self.grain, other.grain]), *joined)


def complementary_terms(form: CollapsedForm, fluxes: Fluxes, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrices and load of the complementary energy: D ≥ Hᵀ M(θ)⁻¹ H for all equilibrated fluxes.

    M = M_grain + Σ_j w l_j(w) M_side(w_j) + Σ_c (1/(w D_∥) M_plane + R M_jump)_c + Σ_s ρ M_line. The side factor
    1/(1 - w s) - 1 = w s/(1 - w s), s = A / 2V, is interpolated over the width nodes w_j. The largest interpolation
    error enlarges it, so that the bound stays valid.

    Args:
        form: affine form of the mesh.
        fluxes: fluxes with k columns.
        nodes: (WIDTH_NODES,), see `width_nodes`.

    Returns:
        (1 + WIDTH_NODES + 2 classes + sets, k, k) and (k, 3).
    """
    strains, mesh = form.strains, form.mesh
    behind, share = _behind(form), side_shares(form)
    normals = np.concatenate([mesh.normals, mesh.normals])
    at_side = fluxes.grain.reshape(len(mesh.tets), 3, -1)[behind]
    tangential = at_side - normals[:, :, None] * np.einsum("tc,tck->tk", normals, at_side)[:, None]
    tangential = tangential.reshape(3 * len(behind), -1)
    volume = mesh.volumes[behind]
    grain = _gram(fluxes.grain, strains.grain.weight)
    margin = 1 + _interpolation_error(nodes, share)
    sides = [margin * _gram(tangential, np.repeat(volume * share / (1 - width * share), 3)) for width in nodes]
    planes = [_gram(f, s.weight) for f, s in zip(fluxes.plane, strains.plane, strict=True)]
    resistive = zip((*fluxes.jump, *fluxes.line), (*strains.jump, *strains.line), strict=True)
    jumps = [_gram(f, s.weight) for f, s in resistive]
    load = fluxes.grain.T @ (strains.grain.weight[:, None] * strains.grain.macro)
    for flux, strain in zip(fluxes.plane, strains.plane, strict=True):
        load += flux.T @ (strain.weight[:, None] * strain.macro)
    return np.stack([grain, *sides, *planes, *jumps]), load


def width_nodes(widest: float) -> np.ndarray:
    """Return the Chebyshev nodes of [0, widest]."""
    return widest * (1 - np.cos((2 * np.arange(WIDTH_NODES) + 1) * np.pi / (2 * WIDTH_NODES))) / 2


def complementary_factors(theta: Coefficients, nodes: np.ndarray) -> np.ndarray:
    """Return the factors of the matrices of `complementary_terms`, (q, terms)."""
    side = theta.width[:, None] * _lagrange(theta.width, nodes)
    resistances = np.maximum(np.column_stack([theta.resistance, theta.line]), REDUCED_FLOOR)
    return np.column_stack([np.ones(len(theta)), side, 1 / theta.plane, resistances])


def side_shares(form: CollapsedForm) -> np.ndarray:
    """Return A / (2 V) of the tetrahedra at boundaries, (2 b,): the fraction of conduction removed per width."""
    return np.tile(form.mesh.areas, 2) / (2 * form.mesh.volumes[_behind(form)])


def _behind(form: CollapsedForm) -> np.ndarray:
    return np.concatenate([form.mesh.tet_a, form.mesh.tet_b])


def _gram(columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return columns.T @ (weight[:, None] * columns)


def _lagrange(width: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Evaluate the Lagrange polynomials of the nodes at each width, (q, nodes)."""
    columns = []
    for node in nodes:
        others = nodes[nodes != node]
        columns.append(np.prod((width[:, None] - others) / (node - others), axis=1))
    return np.stack(columns, 1)


def _interpolation_error(nodes: np.ndarray, share: np.ndarray) -> float:
    """Return the largest relative error of the interpolated 1/(1 - w share) over widths and shares."""
    widths = np.linspace(0, nodes.max() + nodes.min(), 400)
    share = np.linspace(0, share.max(), 50)
    exact = 1 / (1 - widths[:, None] * share)
    return float(np.abs(_lagrange(widths, nodes) @ (1 / (1 - nodes[:, None] * share)) / exact - 1).max())
