"""Derive properties of a boundary from its cell: inversion of the mixture, profile across it, excess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.campaigns.pipeline.md import Production
from argyro.campaigns.pipeline.notes import Note
from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.boundaries.slab_profile import SlabProfile
from argyro.platform.dynamics.diffusion.replicates import Ensemble
from argyro.platform.dynamics.diffusion.tracer import Diffusivity
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.surrogates.data.excess import Excess

PROFILE_PICTURE = "profile.png"


@dataclass(frozen=True)
class Inverted:
    """Diffusivity of a boundary: a value, an upper bound, or neither; with the reason if the inversion failed."""

    estimate: Uncertain | None = None
    upper_bound_cm2_s: float | None = None
    note: Note | None = None


def invert(
    target: str,
    cell: Diffusivity | Ensemble,
    bulk: Diffusivity | Ensemble,
    width_nm: float,
    thickness_nm: float,
    seed: int,
) -> Inverted:
    """Compute the diffusivity of the boundary itself.

    Args:
        target: "parallel" or "perpendicular".
        cell: diffusivity of the cell in that direction, of a run or an ensemble.
        bulk: diffusivity of the bulk.
        width_nm: of the boundary.
        thickness_nm: length of cell per boundary.
        seed: of the draws.
    """
    from argyro.platform.dynamics.boundaries import mixture_inversion

    inversion = {
        "parallel": mixture_inversion.boundary_parallel,
        "perpendicular": mixture_inversion.boundary_perpendicular,
    }[target]
    bound = _boundary_bound(target, cell, width_nm / thickness_nm)
    if cell.estimate is None or bulk.estimate is None:  # the bound is its own explanation
        return Inverted(upper_bound_cm2_s=bound)
    try:
        value, _ = inversion(cell.estimate, bulk.estimate, width_nm, thickness_nm, seed)
    except InputError:
        detail = f"a width of {width_nm:g} nm in {thickness_nm:.2f} nm of cell"
        return Inverted(None, bound, Note(code="no-inversion", target=target, detail=detail))
    return Inverted(value)


def _boundary_bound(target: str, cell: Diffusivity | Ensemble, fraction: float) -> float | None:
    """Along the boundary f D_GB <= D_cell whatever the grain does; across it the cell alone sets no such bound."""
    limit = cell.estimate.high if cell.estimate else cell.upper_bound_cm2_s
    return limit / fraction if target == "parallel" and limit else None


def profile(trajectory: Trajectory, atoms: Atoms, width_nm: float, workdir: Path) -> SlabProfile | None:
    """Compute and draw the local diffusivity against the distance to the boundary; None for a run below 40 ps."""
    from argyro.campaigns.plots.figures import boundary_profile
    from argyro.platform.dynamics.boundaries.slab_profile import slab_profile

    fractions = np.atleast_1d(atoms.info["boundary_planes_A"]) / atoms.cell.array[2, 2]
    try:
        slabs = slab_profile(trajectory, fractions)
    except InputError:
        return None
    boundary_profile(slabs, width_nm, workdir / PROFILE_PICTURE)
    return slabs


def excess(
    cell: Production, cell_counts: Mapping, bulk: Production, bulk_counts: Mapping, boundaries: int
) -> Excess | None:
    """Compute excess volume and energy over the bulk at the same temperature; None where compositions differ.

    Args:
        cell: production of the cell with boundaries.
        cell_counts: its atoms by element.
        bulk: production of the bulk.
        bulk_counts: its atoms by element.
        boundaries: number of boundaries in the cell.
    """
    from argyro.platform.dynamics.boundaries.excess import boundary_energy_J_m2, excess_volume_A

    cell_eV, bulk_eV = (run.potential_energy_eV_atom * run.atoms for run in (cell, bulk))
    shape = cell.cell_A[0][0] * cell.cell_A[1][1], boundaries
    try:
        return Excess(
            energy_J_m2=boundary_energy_J_m2(cell_eV, cell_counts, bulk_eV, bulk_counts, *shape),
            volume_A=excess_volume_A(cell.volume_A3, cell_counts, bulk.volume_A3, bulk_counts, *shape),
        )
    except InputError:
        return None
