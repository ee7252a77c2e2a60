"""Diffusivities from one run; of a boundary cell also those of the boundary itself, by inversion with the bulk."""

from __future__ import annotations

from argyro.campaigns.stages import StageDefinition
from argyro.campaigns.stages.md import TRAJECTORY
from argyro.campaigns.stages.structure import read_structure
from argyro.platform.execution import StageContext
from argyro.platform.units import NM_IN_A

MSD_PICTURE = "msd.png"
NOT_CROSSED = "perpendicular: ions did not cross a whole layer, as the series mixture assumes; biased towards the bulk"


def run_bulk(context: StageContext) -> dict:
    """Inputs: temperature_K, seed. Parent: run."""
    from argyro.platform.dynamics.diffusivity import diffusivities
    from argyro.platform.dynamics.report import plot_diffusion
    from argyro.platform.dynamics.trajectory import Trajectory

    trajectory = Trajectory.read(context.parents["run"] / TRAJECTORY)
    measured = diffusivities(trajectory, context.inputs["temperature_K"], ("xyz",), context.inputs["seed"])["xyz"]
    plot_diffusion(trajectory, measured.to_json(), context.workdir / MSD_PICTURE)
    observation = {"target": "bulk", "width_nm": None, **_value_or_bound(measured)}
    return _result({"bulk": measured}, [observation], notes=[])


def run_boundary(context: StageContext) -> dict:
    """Inputs: temperature_K, width_nm, seed. Parents: run and structure of the boundary cell; bulk diffusivity."""
    from argyro.platform.dynamics.boundary import layers_crossed
    from argyro.platform.dynamics.diffusivity import Diffusivity, diffusivities
    from argyro.platform.dynamics.report import plot_diffusion
    from argyro.platform.dynamics.trajectory import Trajectory

    inputs = context.inputs
    trajectory = Trajectory.read(context.parents["run"] / TRAJECTORY)
    cell = diffusivities(trajectory, inputs["temperature_K"], ("xy", "z"), inputs["seed"])
    plot_diffusion(trajectory, cell["xy"].to_json(), context.workdir / MSD_PICTURE)
    bulk = Diffusivity.from_json(context.parent_result("bulk")["measured"]["bulk"])
    boundaries = read_structure(context.parents["structure"]).info["boundaries"]
    thickness_nm = float(trajectory.cell_A[2, 2]) / boundaries / NM_IN_A
    observations, notes = [], []
    for target, axes in (("parallel", "xy"), ("perpendicular", "z")):
        found, note = _invert(target, cell[axes], bulk, inputs["width_nm"], thickness_nm, inputs["seed"])
        observations += [{"target": target, "width_nm": inputs["width_nm"], **found}] if found else []
        notes += [note] if note else []
    if cell["z"].valid and not layers_crossed(cell["z"], thickness_nm):
        notes.append(NOT_CROSSED)
    return _result({"parallel": cell["xy"], "perpendicular": cell["z"]}, observations, notes) | {
        "thickness_nm": thickness_nm
    }


def _invert(target: str, cell, bulk, width_nm: float, thickness_nm: float, seed: int) -> tuple[dict | None, str]:
    """The boundary's own diffusivity, or what is known of it where the inversion has no answer, with the reason."""
    from argyro.platform.dynamics import boundary
    from argyro.platform.errors import InputError

    inversion = {"parallel": boundary.boundary_parallel, "perpendicular": boundary.boundary_perpendicular}[target]
    try:
        value, _ = inversion(cell, bulk, width_nm, thickness_nm, seed)
    except InputError as error:
        bound = _boundary_bound(target, cell, width_nm / thickness_nm)
        note = f"{target}: {error}" if cell.valid and bulk.valid else ""  # a bound says by itself why it is one
        return ({"diffusivity_cm2_s": None, "upper_bound_cm2_s": bound} if bound else None), note
    return {"diffusivity_cm2_s": value.to_json(), "upper_bound_cm2_s": None}, ""


def _boundary_bound(target: str, cell, fraction: float) -> float | None:
    """Along the boundary f D_GB <= D_cell whatever the grain does; across it the cell alone sets no such bound."""
    if target != "parallel":
        return None
    return (cell.estimate.high if cell.estimate else cell.upper_bound_cm2_s) / fraction


def _value_or_bound(measured) -> dict:
    value = measured.estimate.to_json() if measured.estimate else None
    return {"diffusivity_cm2_s": value, "upper_bound_cm2_s": None if value else measured.upper_bound_cm2_s}


def _result(measured: dict, observations: list[dict], notes: list[str]) -> dict:
    metrics: dict[str, float] = {}
    for observation in observations:
        name = "bulk" if observation["target"] == "bulk" else f"boundary_{observation['target']}"
        if observation["diffusivity_cm2_s"]:
            metrics |= {
                f"{name}_{limit}_cm2_s": observation["diffusivity_cm2_s"][limit] for limit in ("value", "low", "high")
            }
        else:
            metrics[f"{name}_upper_bound_cm2_s"] = observation["upper_bound_cm2_s"]
    return {
        "measured": {target: diffusivity.to_json() for target, diffusivity in measured.items()},
        "observations": observations,
        "notes": notes,
        "metrics": metrics,
        "artifacts": [MSD_PICTURE],
    }


BULK_DIFFUSIVITY = StageDefinition("diffusivity", 1, run_bulk)
BOUNDARY_DIFFUSIVITY = StageDefinition("diffusivity", 1, run_boundary)
