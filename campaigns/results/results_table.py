"""Results table of a campaign: one row per run and direction, with interval or bound, and origin."""

from __future__ import annotations

import pandas as pd

from argyro.campaigns.results.ancestry import Lineage, Measurement
from argyro.platform.common.estimate import Uncertain

LIMITS = ("value", "low", "high")
OF_THE_CELL = (
    *("estimator", "species", "frames", "ions", "ions_per_A3"),
    *("msd_A2", "drift", "drift_sigma", "loglog_slope", "ion_correlation"),
)


def results_table(lineage: Lineage) -> pd.DataFrame:
    """Make the table; see ``docs/results.md`` for the columns."""
    table = pd.DataFrame([row for measured in lineage.measurements for row in _rows(measured)])
    quantities = [name for name in table if name.endswith(("_cm2_s", "_nm"))]
    return table.astype(dict.fromkeys(quantities, float))  # also for a campaign without any value


def _rows(measured: Measurement) -> list[dict[str, object]]:
    result = measured.diffusivity.result
    facts = _facts(measured) | {"notes": "; ".join(note.text for note in result.notes)}
    rows = []
    for direction, cell in result.measured.items():
        found = next((seen for seen in result.observations if seen.target == direction), None)
        value = found.diffusivity_cm2_s if found else None
        start, end = cell.window_ps
        rows.append(
            {
                **facts,
                "direction": direction,
                "thickness_nm": result.thickness_nm,
                "width_nm": measured.diffusivity.inputs.width_nm,
                **_limits("diffusivity", value),
                "upper_bound_cm2_s": found.upper_bound_cm2_s if found else None,
                "valid": value is not None,
                "reason": "" if value else cell.reason,
                **_limits("cell", cell.estimate),
                "cell_upper_bound_cm2_s": cell.upper_bound_cm2_s,
                "cell_valid": cell.valid,
                "window_start_ps": start,
                "window_ps": end,
                **{name: getattr(cell, name) for name in OF_THE_CELL},
            }
        )
    return rows


def _limits(name: str, value: Uncertain | None) -> dict[str, float | None]:
    return {f"{name}_{limit}_cm2_s": getattr(value, limit, None) for limit in LIMITS}


def _facts(measured: Measurement) -> dict[str, object]:
    """Collect material, boundary, temperature, length, seeds and keys of the run."""
    run, asked, structure = measured.run, measured.run.inputs, measured.structure
    conditions, cut_short, judgements = asked.conditions, run.result.cut_short, run.result.judgements
    length_ps = judgements[-1].length_ps if judgements else conditions.length_ps
    return {
        "material": conditions.cell.material.label,
        **conditions.cell.facts,
        "temperature_K": conditions.temperature_K,
        "production_ps": cut_short.production_ps if cut_short else length_ps,
        "asked_ps": conditions.length_ps,
        "equilibrate_ps": asked.equilibrate_ps,
        "timestep_fs": asked.timestep_fs,
        "atoms": structure.result.atoms,
        "seeds": f"{structure.inputs.seed},{asked.seed}",
        "label_source": measured.potential.inputs.labels.label,
        "structure": measured.structure_name,
        "diffusivity_key": measured.diffusivity.key,
        "md_key": run.key,
        "structure_key": structure.key,
        "potential_key": measured.potential.key,
    }
