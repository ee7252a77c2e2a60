"""Diffusivities from one run; of a boundary cell also those of the boundary itself, by inversion with the bulk."""

from __future__ import annotations

from argyro.campaigns.pipeline import boundary_cell
from argyro.campaigns.pipeline.md import TRAJECTORY
from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.pipeline.structure import read_structure
from argyro.platform.common.units import NM_IN_A
from argyro.platform.execution.task import StageContext

MSD_PICTURE = "msd.png"
DENSITY_CUBE, DENSITY_PICTURE = "density.cube", "density.png"
NOT_CROSSED = "perpendicular: ions did not cross a whole layer, as the series mixture assumes; biased towards the bulk"


def run_bulk(context: StageContext) -> dict:
    """Inputs: temperature_K, seed. Parents: run, structure."""
    from argyro.platform.dynamics.diffusion.report import plot_diffusion
    from argyro.platform.dynamics.diffusion.tracer import diffusivities
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory

    trajectory = Trajectory.read(context.parents["run"] / TRAJECTORY)
    measured = diffusivities(trajectory, context.inputs["temperature_K"], ("xyz",), context.inputs["seed"])["xyz"]
    plot_diffusion(trajectory, measured.to_json(), context.workdir / MSD_PICTURE)
    observation = {"target": "bulk", "width_nm": None, **_value_or_bound(measured)}
    return _result({"bulk": measured}, trajectory, [observation], notes=[]) | _sites(context, trajectory)


def _sites(context: StageContext, trajectory) -> dict:
    """Jump rates and the map of the ions, all crystal cells laid over one another."""
    from argyro.platform.common.errors import InputError
    from argyro.platform.dynamics.sites.li_sites import crystal_cells
    from argyro.platform.dynamics.sites.report import jump_report, write_density

    cells = crystal_cells(trajectory)
    framework = _first_cell(read_structure(context.parents["structure"]), cells, trajectory.species)
    for name in (DENSITY_CUBE, DENSITY_PICTURE):
        write_density(trajectory, context.workdir / name, framework, cells)
    try:
        jumps = jump_report(trajectory)
    except InputError as error:  # frames too far apart, or a melt
        return {"jumps": None, "notes": [f"no jump rates: {error}"]}
    return {"jumps": jumps, "artifacts": [MSD_PICTURE, DENSITY_PICTURE]}


def _first_cell(atoms, cells: tuple[int, int, int], mobile: str):
    """Framework of the crystal cell at the origin."""
    inside = ((atoms.get_scaled_positions() * cells + 1e-6) % cells < 1).all(axis=1)
    framework = atoms[[bool(kept) and element != mobile for kept, element in zip(inside, atoms.symbols, strict=True)]]
    framework.set_cell(atoms.cell.array / [[number] for number in cells])
    return framework


def run_boundary(context: StageContext) -> dict:
    """Inputs: temperature_K, width_nm, seed. Parents: run and structure of the boundary cell; bulk_run, bulk."""
    from argyro.platform.dynamics.boundaries.mixture_inversion import layers_crossed
    from argyro.platform.dynamics.diffusion.report import plot_diffusion
    from argyro.platform.dynamics.diffusion.tracer import Diffusivity, diffusivities
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory

    inputs = context.inputs
    trajectory = Trajectory.read(context.parents["run"] / TRAJECTORY)
    cell = diffusivities(trajectory, inputs["temperature_K"], ("xy", "z"), inputs["seed"])
    plot_diffusion(trajectory, cell["xy"].to_json(), context.workdir / MSD_PICTURE)
    bulk = Diffusivity.from_json(context.parent_result("bulk")["measured"]["bulk"])
    atoms = read_structure(context.parents["structure"])
    thickness_nm = float(trajectory.cell_A[2, 2]) / atoms.info["boundaries"] / NM_IN_A
    observations, notes = [], []
    for target, axes in (("parallel", "xy"), ("perpendicular", "z")):
        found, note = boundary_cell.invert(target, cell[axes], bulk, inputs["width_nm"], thickness_nm, inputs["seed"])
        observations += [{"target": target, "width_nm": inputs["width_nm"], **found}] if found else []
        notes += [note] if note else []
    if cell["z"].valid and not layers_crossed(cell["z"], thickness_nm):
        notes.append(NOT_CROSSED)
    return _result({"parallel": cell["xy"], "perpendicular": cell["z"]}, trajectory, observations, notes) | {
        "thickness_nm": thickness_nm,
        "excess": boundary_cell.excess(context, trajectory, atoms),
        "profile": boundary_cell.profile(context, trajectory, atoms),
    }


def _value_or_bound(measured) -> dict:
    value = measured.estimate.to_json() if measured.estimate else None
    return {"diffusivity_cm2_s": value, "upper_bound_cm2_s": None if value else measured.upper_bound_cm2_s}


def _result(measured: dict, trajectory, observations: list[dict], notes: list[str]) -> dict:
    from argyro.platform.dynamics.diffusion.report import charge_report
    from argyro.platform.dynamics.diffusion.run_length import advice

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
        "measured": {target: run.to_json() | {"advice": advice(run)} for target, run in measured.items()},
        "collective": charge_report(trajectory, next(iter(measured.values()))),
        "observations": observations,
        "notes": notes,
        "metrics": metrics,
        "artifacts": [MSD_PICTURE],
    }


BULK_DIFFUSIVITY = StageDefinition("diffusivity", 2, run_bulk)
BOUNDARY_DIFFUSIVITY = StageDefinition("diffusivity", 2, run_boundary)
