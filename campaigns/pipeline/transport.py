"""All runs of a cell together: one diffusivity per temperature, its law, the conductivity, the boundary's profile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean

from argyro.campaigns.pipeline import boundary_cell
from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.task import StageContext

PICTURE, PROFILE_PICTURE = "transport.png", "profile.png"
CELL, BULK = "cell", "bulk"  # what the roles of the parents begin with
WITH_WIDTH = ("parallel", "perpendicular")


def run_bulk(context: StageContext) -> dict:
    """Inputs: screening_temperature_K. Parents: the diffusivities of the bulk, those that came about."""
    runs = _runs(context, CELL)
    result = _result(context, {"bulk": _ensembles(runs, "bulk")}, runs, notes=[])
    for point in result["points"]:
        alike = [run for run in runs if run["measured"]["bulk"]["temperature_K"] == point["temperature_K"]]
        point |= {"haven_ratio": _haven(alike), "between_cages_per_ns": _jumps(alike)}
    return result


def run_boundary(context: StageContext) -> dict:
    """Inputs: screening_temperature_K, width_nm, seed. Parents: diffusivities of the boundary's cell and of the bulk.

    Cell and bulk are each averaged over their runs before the mixture is inverted: inverted one by one, noisy runs
    often leave no positive value, and those that do lean to one side.
    """
    cells = _runs(context, CELL)
    if not cells:
        raise ArgyroError("no run of this cell gave a diffusivity; see the errors of its md items")
    bulk = {ensemble.temperature_K: ensemble for ensemble in _ensembles(_runs(context, BULK), "bulk")}
    targets: dict[str, list] = {}
    notes: list[str] = []
    for target in ("parallel", "perpendicular"):
        ensembles = _ensembles(cells, target)
        pairs = [(cell, bulk[cell.temperature_K]) for cell in ensembles if cell.temperature_K in bulk]
        inverted = [_inverted(context, target, *pair, _thickness_nm(cells, pair[0].temperature_K)) for pair in pairs]
        targets |= {target: [found for found, _ in inverted if found], f"cell_{target}": ensembles}
        notes += [note for _, note in inverted if note]
    result = _result(context, targets, cells, notes)
    return result | {"profile": _profile(context, cells), "excess": _excess(cells)}


def _runs(context: StageContext, kind: str) -> list[dict]:
    roles = sorted(role for role in context.parents if role.startswith(f"{kind}:"))
    return [context.parent_result(role) for role in roles]


def _ensembles(runs: Sequence[dict], target: str) -> list:
    """The runs' diffusivities, combined at each temperature."""
    from argyro.platform.dynamics.diffusion.replicates import ensemble
    from argyro.platform.dynamics.diffusion.tracer import Diffusivity

    measured = [Diffusivity.from_json(run["measured"][target]) for run in runs]
    groups = {
        value: [(run.estimate, run.upper_bound_cm2_s) for run in measured if run.temperature_K == value]
        for value in sorted({run.temperature_K for run in measured})
    }
    return [ensemble(value, group) for value, group in groups.items()]


def _thickness_nm(cells: Sequence[dict], temperature_K: float) -> float:
    """Mean length of cell for each boundary at a temperature: cells differ and expand."""
    return fmean(cell["thickness_nm"] for cell in cells if _temperature_K(cell) == temperature_K)


def _temperature_K(cell: dict) -> float:
    return cell["measured"]["parallel"]["temperature_K"]


def _inverted(context: StageContext, target: str, cell, bulk, thickness_nm: float) -> tuple:
    """The boundary's own diffusivity, None if nothing is known of it, and the reason."""
    from argyro.platform.common.estimate import Uncertain

    inputs = context.inputs
    found, note = boundary_cell.invert(target, cell, bulk, inputs["width_nm"], thickness_nm, inputs["seed"])
    if found is None:
        return None, note
    value = found["diffusivity_cm2_s"]
    bound = found["upper_bound_cm2_s"]
    return replace(cell, estimate=value and Uncertain.from_json(value), upper_bound_cm2_s=bound), note


def _haven(runs: Iterable[dict]) -> dict | None:
    """Haven ratio over runs, of those long enough to give one."""
    from argyro.platform.common.estimate import Uncertain
    from argyro.platform.dynamics.diffusion.replicates import combine

    found = [run["collective"]["haven_ratio"] for run in runs]
    ratios = [Uncertain.from_json(ratio) for ratio in found if ratio]
    return combine(ratios).to_json() if ratios else None


def _jumps(runs: Iterable[dict]) -> float | None:
    rates = [run["jumps"]["between_per_ns"]["value"] for run in runs if run["jumps"]]
    return sum(rates) / len(rates) if rates else None


def _profile(context: StageContext, runs: Sequence[dict]) -> dict | None:
    """Profile at the highest temperature, the sharpest, averaged over runs, with the width it suggests."""
    from argyro.campaigns.plots.figures import boundary_profile
    from argyro.platform.dynamics.boundaries.slab_profile import SlabProfile, mean_profile, suggested_width_nm

    given = [run for run in runs if run["profile"]]
    if not given:
        return None
    hottest = max(map(_temperature_K, given))
    alike = [run["profile"] for run in given if _temperature_K(run) == hottest]
    slabs = [SlabProfile.from_json(profile) for profile in alike]
    mean = mean_profile([profile for profile in slabs if len(profile.distance_A) == len(slabs[0].distance_A)])
    data = mean.to_json()
    boundary_profile(data, context.inputs["width_nm"], context.workdir / PROFILE_PICTURE)
    width_nm = suggested_width_nm(mean.distance_A, mean.parallel_cm2_s, mean.parallel_half_cm2_s)
    return data | {"temperature_K": hottest, "suggested_width_nm": width_nm}


def _excess(runs: Sequence[dict]) -> dict | None:
    """Mean over runs, and the standard deviation between them: arrangements of a disordered crystal differ."""
    import numpy as np

    found = [run["excess"] for run in runs if run["excess"]]
    if not found:
        return None
    columns = {name: np.array([entry[name] for entry in found]) for name in found[0]}
    spread = {
        f"{name}_sigma": float(values.std(ddof=1)) if len(values) > 1 else None for name, values in columns.items()
    }
    return {name: float(values.mean()) for name, values in columns.items()} | spread


def _law(ensembles: Sequence, temperature_K: float) -> dict | None:
    """Arrhenius law; None where fewer than two temperatures give a value."""
    from argyro.platform.common.errors import InputError
    from argyro.platform.dynamics.diffusion.arrhenius_fit import arrhenius

    try:
        fit = arrhenius(ensembles)
    except InputError:
        return None
    return fit.to_json() | {"screening": {"temperature_K": temperature_K, **fit.at(temperature_K).to_json()}}


def _result(context: StageContext, targets: dict[str, list], runs: Sequence[dict], notes: list[str]) -> dict:
    from argyro.campaigns.plots.figures import transport_plot

    laws = {name: _law(ensembles, context.inputs["screening_temperature_K"]) for name, ensembles in targets.items()}
    width_nm = context.inputs.get("width_nm")
    points = [
        {"target": name, "width_nm": width_nm if name in WITH_WIDTH else None} | ensemble.to_json()
        for name, ensembles in targets.items()
        for ensemble in ensembles
    ]
    transport_plot(points, laws, context.workdir / PICTURE)
    return {
        "points": points,
        "laws": laws,
        "ions_per_A3": next(iter(runs[0]["measured"].values()))["ions_per_A3"],
        "notes": notes,
        "metrics": {f"{name}_Ea_eV": law["activation_energy_eV"]["value"] for name, law in laws.items() if law},
        "artifacts": [PICTURE],
    }


BULK_TRANSPORT = StageDefinition("transport", 2, run_bulk)
BOUNDARY_TRANSPORT = StageDefinition("transport", 3, run_boundary)
