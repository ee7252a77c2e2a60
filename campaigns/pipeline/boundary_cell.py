"""What a cell with boundaries says of the boundary itself: inversion of the mixture, profile across it, excess."""

from __future__ import annotations

from argyro.campaigns.pipeline.md import TRAJECTORY
from argyro.platform.execution.task import StageContext

PROFILE_PICTURE = "profile.png"


def invert(target: str, cell, bulk, width_nm: float, thickness_nm: float, seed: int) -> tuple[dict | None, str]:
    """The boundary's own diffusivity, or what is known of it where the inversion has no answer, with the reason.

    Args:
        target: "parallel" or "perpendicular".
        cell: diffusivity of the cell in that direction, of a run or an ensemble.
        bulk: that of the bulk.
        width_nm: of the boundary.
        thickness_nm: of the cell per boundary.
        seed: of the draws.
    """
    from argyro.platform.common.errors import InputError
    from argyro.platform.dynamics.boundaries import mixture_inversion

    inversion = {
        "parallel": mixture_inversion.boundary_parallel,
        "perpendicular": mixture_inversion.boundary_perpendicular,
    }[target]
    measured = cell.estimate is not None and bulk.estimate is not None
    try:
        if not measured:
            raise InputError("cell or bulk have upper bounds only")
        value, _ = inversion(cell.estimate, bulk.estimate, width_nm, thickness_nm, seed)
    except InputError as error:
        bound = _boundary_bound(target, cell, width_nm / thickness_nm)
        note = f"{target}: {error}" if measured else ""  # a bound says by itself why it is one
        return ({"diffusivity_cm2_s": None, "upper_bound_cm2_s": bound} if bound else None), note
    return {"diffusivity_cm2_s": value.to_json(), "upper_bound_cm2_s": None}, ""


def _boundary_bound(target: str, cell, fraction: float) -> float | None:
    """Along the boundary f D_GB <= D_cell whatever the grain does; across it the cell alone sets no such bound."""
    if target != "parallel":
        return None
    return (cell.estimate.high if cell.estimate else cell.upper_bound_cm2_s) / fraction


def profile(context: StageContext, trajectory, atoms) -> dict | None:
    """Local diffusivity against the distance to the boundary, where the run is long enough for it."""
    import numpy as np

    from argyro.campaigns.plots.figures import boundary_profile
    from argyro.platform.common.errors import InputError
    from argyro.platform.dynamics.boundaries.slab_profile import slab_profile

    fractions = np.atleast_1d(atoms.info["boundary_planes_A"]) / atoms.cell.array[2, 2]
    try:
        slabs = slab_profile(trajectory, fractions).to_json()
    except InputError:  # a run of less than 40 ps
        return None
    boundary_profile(slabs, context.inputs["width_nm"], context.workdir / PROFILE_PICTURE)
    return slabs


def excess(context: StageContext, trajectory, atoms) -> dict | None:
    """Excess volume and energy of the boundary over the bulk at the same temperature.

    None where a run was cut short, or where cell and bulk differ in composition.
    """
    from argyro.platform.common.errors import InputError
    from argyro.platform.dynamics.boundaries.excess import boundary_energy_J_m2, excess_volume_A
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory

    cell, bulk = (context.parent_result(role)["summary"] for role in ("run", "bulk_run"))
    if "volume_A3" not in cell or "volume_A3" not in bulk:
        return None
    counts = trajectory.counts, Trajectory.read(context.parents["bulk_run"] / TRAJECTORY).counts
    energies = [summary["potential_energy_eV_atom"] * summary["atoms"] for summary in (cell, bulk)]
    shape = cell["cell_A"][0][0] * cell["cell_A"][1][1], int(atoms.info["boundaries"])
    try:
        return {
            "volume_A": excess_volume_A(cell["volume_A3"], counts[0], bulk["volume_A3"], counts[1], *shape),
            "energy_J_m2": boundary_energy_J_m2(energies[0], counts[0], energies[1], counts[1], *shape),
        }
    except InputError:
        return None
