"""Derive properties of a boundary from its cell: diffusivities, profile across it, excess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.campaigns.pipeline.stages.md import Production
from argyro.campaigns.spec.material import Cell
from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.boundaries.slab_profile import SlabProfile
from argyro.platform.dynamics.diffusion.run_observation import RunObservation
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.surrogates.data.excess import Excess

PROFILE_PICTURE = "profile.png"


@dataclass(frozen=True)
class CellRun:
    """One direction of a run.

    Args:
        target: bulk, parallel or perpendicular.
        run: facts of the run.
        realisation: number of the arrangement of atoms.
        thickness_nm: length of cell per boundary; None for the bulk.
    """

    target: str
    run: RunObservation
    realisation: int
    thickness_nm: float | None = None


def diffusivities(cell: Cell, runs: Sequence[CellRun], width_nm: float) -> dict[tuple[str, float], Uncertain]:
    """Compute the posterior of the boundary's diffusivities from runs of its cell and its bulk alone.

    Where the runs do not inform a diffusivity, its interval is the prior's.

    Args:
        cell: with the boundary.
        runs: of the cell and of its bulk.
        width_nm: of the boundary.

    Returns:
        target and temperature -> diffusivity in cm²/s, for every target and temperature of the cell's runs.
    """
    from argyro.surrogates.data.boundary_excess import BoundaryExcess
    from argyro.surrogates.data.observation import of_run
    from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
    from argyro.surrogates.forward.hyperparameters import Hyperparameters
    from argyro.surrogates.forward.process import Process
    from argyro.surrogates.forward.runs import runs_of

    observations = [
        of_run(
            one.run,
            structure=_named(cell.bulk if one.target == "bulk" else cell),
            target=one.target,
            thickness_nm=one.thickness_nm,
            width_nm=None if one.target == "bulk" else width_nm,
            realisation=one.realisation,
        )
        for one in runs
    ]
    arrays, prior = runs_of(observations, BoundaryExcess()), ArrheniusPrior()
    mean = np.tile(prior.mean, (len(arrays.rows), 1))
    centre, covariance = Process.fit("gp", Hyperparameters(), arrays, mean, prior).latent_values()
    found = {}
    for index, one in enumerate(runs):
        if one.target != "bulk":
            half = 1.959964 * float(np.sqrt(covariance[index, 1, 1]))
            limits = (float(np.exp(centre[index, 1] + shift)) for shift in (0.0, -half, half))
            found[one.target, one.run.temperature_K] = Uncertain(*limits)
    return found


def _named(cell: Cell) -> Atoms:
    """Name material and boundary without atoms, which the kernel does not need."""
    atoms = Atoms()
    material = cell.material
    atoms.info |= {"composition": material.composition, "disorder": material.share, "boundary": str(cell.boundary)}
    return atoms


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
