"""The results table of a campaign: a row for each run and direction, with interval or bound, and its origin."""

from __future__ import annotations

import pandas as pd

from argyro.campaigns.reporting.diffusion_tables import no_inversion
from argyro.campaigns.results.ancestry import Lineage, Measurement
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem

LIMITS = ("value", "low", "high")


def results_table(lineage: Lineage) -> pd.DataFrame:
    """The results table; see ``docs/results.md`` for the columns."""
    table = pd.DataFrame([row for measured in lineage.measurements for row in _rows(lineage, measured)])
    quantities = [name for name in table if name.endswith(("_cm2_s", "_nm"))]
    return table.astype(dict.fromkeys(quantities, float))  # also where a campaign has no value at all


def _rows(lineage: Lineage, measured: Measurement) -> list[dict]:
    result = lineage.store.result(measured.diffusivity)
    observations = {entry["target"]: entry for entry in result["observations"]}
    facts = _facts(lineage, measured) | {"notes": "; ".join(result["notes"])}
    bulk_known = _bulk_known(lineage.store, measured.diffusivity)
    thickness_nm = result.get("thickness_nm")
    return [
        {
            **facts,
            "direction": direction,
            "thickness_nm": thickness_nm,
            "width_nm": None if direction == "bulk" else measured.diffusivity.inputs["width_nm"],
            **_diffusivity(observations.get(direction), cell, bulk_known),
            **_cell(cell),
        }
        for direction, cell in result["measured"].items()
    ]


def _bulk_known(store: Store, diffusivity: WorkItem) -> bool:
    """Whether the bulk that a boundary's cell is inverted with has a value."""
    bulk = store.item_of(diffusivity.stage, diffusivity.parents.get("bulk", ""))
    return bulk is not None and store.result(bulk)["measured"]["bulk"]["valid"]


def _facts(lineage: Lineage, measured: Measurement) -> dict:
    """What was run: material, boundary, temperature, length, seeds, keys."""
    asked, cell = measured.run.inputs, measured.structure.inputs
    summary = lineage.store.result(measured.run)["summary"]
    labels = measured.potential.inputs["labels"]
    return {
        "material": measured.name.split("/")[1],
        "composition": cell["composition"],
        "disorder": cell["disorder"],
        "boundary": cell["boundary"],
        "temperature_K": asked["temperature_K"],
        "production_ps": summary.get("production_ps", asked["production_ps"]),
        "asked_ps": asked["production_ps"],
        "equilibrate_ps": asked["equilibrate_ps"],
        "timestep_fs": asked["timestep_fs"],
        "atoms": lineage.store.result(measured.structure)["atoms"],
        "seeds": f"{cell['seed']},{asked['seed']}",
        "label_source": f"{labels['name']} {labels['version']}",  # type: ignore[index]
        "structure": measured.structure_name,
        "diffusivity_key": measured.diffusivity.key,
        "md_key": measured.run.key,
        "structure_key": measured.structure.key,
        "potential_key": measured.potential.key,
    }


def _diffusivity(observation: dict | None, cell: dict, bulk_known: bool) -> dict:
    """Of the bulk or, by inversion with the bulk at the stated width, of the boundary."""
    value = (observation or {}).get("diffusivity_cm2_s") or {}
    return {
        **{f"diffusivity_{limit}_cm2_s": value.get(limit) for limit in LIMITS},
        "upper_bound_cm2_s": (observation or {}).get("upper_bound_cm2_s"),
        "valid": bool(value),
        "reason": "" if value else cell["reason"] or no_inversion(bulk_known),
    }


def _cell(cell: dict) -> dict:
    """Of the whole cell, as the mean-square displacement has it."""
    value = cell["diffusivity_cm2_s"] or {}
    start, end = cell["window_ps"]
    return {
        **{f"cell_{limit}_cm2_s": value.get(limit) for limit in LIMITS},
        "cell_upper_bound_cm2_s": cell["upper_bound_cm2_s"],
        "cell_valid": cell["valid"],
        "window_start_ps": start,
        "window_ps": end,
        **{key: cell[key] for key in ("estimator", "species", "frames", "ions", "ions_per_A3")},
        **{key: cell[key] for key in ("msd_A2", "drift", "drift_sigma", "loglog_slope", "ion_correlation")},
    }
