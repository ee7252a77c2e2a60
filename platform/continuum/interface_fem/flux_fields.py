"""Fluxes in grains and boundaries under a unit gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.continuum.input_checks import Queries, require_collapsible
from argyro.platform.continuum.interface_fem.affine_system import DIRECT_FLOOR, collapsed_form
from argyro.platform.continuum.interface_fem.coefficients import theta_of
from argyro.platform.continuum.mesh.mesh import Mesh


@dataclass(frozen=True)
class FluxField:
    """Fluxes under a macroscopic unit gradient, relative to D_b; the last axis is the gradient direction x, y, z.

    Args:
        grain: (t, 3, 3), -∇c in each tetrahedron.
        boundary: (b, 3, 3), -w D_∥/D_b ∇_t c in each boundary triangle, per trace length, in periods.
        across: (b, 3), mean flux through each boundary triangle, from grain a to grain b.
    """

    grain: np.ndarray
    boundary: np.ndarray
    across: np.ndarray


def flux_field(
    mesh: Mesh, d_bulk_cm2_s, d_parallel_cm2_s, d_perpendicular_cm2_s, width_nm: float, grain_size_nm: float
) -> FluxField:
    """Compute the fluxes of the collapsed-interface solution; arguments as in `effective_diffusivity`.

    Raises:
        InputError: as in `effective_diffusivity`, or the boundary is too wide for the collapsed model.
    """
    along, across = (np.reshape(x, (1, -1)) for x in (d_parallel_cm2_s, d_perpendicular_cm2_s))
    queries = Queries.of(mesh, np.reshape(d_bulk_cm2_s, (1,)), along, across, width_nm, grain_size_nm)
    require_collapsible(queries)
    theta, form = theta_of(mesh, queries), collapsed_form(mesh)
    unknowns = form.solve(theta).unknowns
    boundary = np.empty((len(mesh.side_a), 3, 3))
    for number, strain in enumerate(form.strains.plane):
        members = mesh.boundary_class == number
        gradient = strain.of(unknowns)[: 3 * members.sum()].reshape(-1, 3, 3)
        boundary[members] = -theta.plane[0, number] * gradient
    jump = unknowns[mesh.side_b].mean(1) - unknowns[mesh.side_a].mean(1)
    resistance = np.maximum(theta.resistance[0, mesh.boundary_class], DIRECT_FLOOR)
    grain = -form.strains.grain.of(unknowns).reshape(-1, 3, 3)
    return FluxField(grain, boundary, -jump / resistance[:, None])
