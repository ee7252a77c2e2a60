"""The effective diffusivity and conductivity of the polycrystal over temperature and grain size, with intervals."""

from __future__ import annotations

import numpy as np

from argyro.campaigns.pipeline.microstructure import MESH
from argyro.campaigns.pipeline.posterior import SAMPLES as COEFFICIENTS
from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.pipeline.structure import read_structure
from argyro.campaigns.pipeline.surrogate import MODEL
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import S_CM_IN_MS_CM
from argyro.platform.execution.task import StageContext

SAMPLES, TABLE = "screening_samples.npz", "effective.parquet"
PICTURE, ARRHENIUS, MAP = "grain_size.png", "arrhenius.png", "map.png"
CURVE_TEMPERATURES = 12


def run(context: StageContext) -> dict:
    """Inputs: temperatures_K, grain_sizes_nm, width_nm, screening_temperature_K, seed.

    Parents: surrogate, posterior, bulk structure, boundary structure (absent: a single crystal), microstructure:N.
    """
    from argyro.surrogates.models.surrogate import Surrogate

    inputs = context.inputs
    bulk = read_structure(context.parents["bulk"])
    cell = read_structure(context.parents["boundary"]) if "boundary" in context.parents else bulk
    model = Surrogate.load(context.parents["surrogate"] / MODEL)
    drawn = _drawn(context, model, cell)
    propagated = _propagate(context, drawn.samples)
    effective = propagated.samples_cm2_s
    conductivity = effective * conductivity_factors(bulk, inputs["temperatures_K"])[None, :, None]
    facts = {name: cell.info[name] for name in ("composition", "disorder", "boundary")}
    facts["material"] = f"{facts['composition']} {100 * facts['disorder']:g} %"
    measured = _measured(context.parent_result("surrogate")["parity"], facts)
    rows = _rows({**facts, "measured": measured}, inputs, effective, conductivity)
    screening = [row for row in rows if row["temperature_K"] == inputs["screening_temperature_K"]]
    at = inputs["temperatures_K"].index(inputs["screening_temperature_K"])
    np.savez_compressed(context.workdir / SAMPLES, conductivity_mS_cm=conductivity[:, at])
    _write_table(rows, context.workdir / TABLE)
    curve = {
        "label": f"{facts['material']}, {facts['boundary']}",
        "grain_sizes_nm": inputs["grain_sizes_nm"],
        "conductivity": [row["conductivity_mS_cm"] for row in screening],
    }
    laws = _arrhenius_curves(model, cell, facts, inputs)
    _draw(curve, laws, propagated, context)
    return {
        "screening": screening,
        "conductivity_curves": [curve],
        "arrhenius_curves": laws,
        "regimes": _regimes(facts, propagated, drawn.samples[:, 0]),
        "relative_error_bound": propagated.relative_error_bound,
        "in_domain": drawn.in_domain,
        "notes": list(drawn.warnings),
        "metrics": _metrics(screening),
        "artifacts": [PICTURE, ARRHENIUS, MAP, TABLE],
    }


def _drawn(context: StageContext, model, cell):
    """The cell's share of the samples that all candidates were drawn in, at the temperatures asked for."""
    from argyro.surrogates.data.descriptors import identity_of
    from argyro.surrogates.models.surrogate import Query

    query = Query(identity_of(cell))
    coefficients = np.load(context.parents["posterior"] / COEFFICIENTS)[query.identity.key]
    return model.at(query, coefficients, context.inputs["temperatures_K"])


def _measured(points: list[dict], facts: dict) -> dict[str, int]:
    """How many diffusivities from MD stand behind the candidate's bulk and boundary; the rest is the surrogate's."""
    mine = [p for p in points if p["material"] == facts["material"] and not p["censored"]]
    bulk = sum(p["target"] == "bulk" for p in mine)
    boundary = sum(p["target"] != "bulk" and p["boundary"] == facts["boundary"] for p in mine)
    return {"bulk": bulk, "boundary": boundary}


def _propagate(context: StageContext, drawn: np.ndarray):
    """The mean effective diffusivity of every sample over temperature and grain size.

    Args:
        context: names the polycrystals, width and grain sizes.
        drawn: (samples, 3, temperatures) bulk, parallel and perpendicular; only the bulk for a single crystal.
    """
    from argyro.platform.continuum.propagate import Propagated, propagate

    inputs = context.inputs
    sizes, temperatures = inputs["grain_sizes_nm"], inputs["temperatures_K"]
    if "boundary" not in context.parents:
        grid = (np.array(temperatures, dtype=float), np.array(sizes, dtype=float))
        alike = np.repeat(drawn[:, 0, :, None], len(sizes), axis=2)
        return Propagated(alike, *grid, 0.0, np.zeros(alike.shape[1:]))
    bulk, parallel, perpendicular = (drawn[:, target] for target in range(3))
    meshes = polycrystals(context)
    return propagate(meshes, bulk, parallel, perpendicular, inputs["width_nm"], sizes, temperatures, inputs["seed"])


def polycrystals(context: StageContext) -> list:
    """Meshes of the parents microstructure:N, their reduced bases at hand."""
    from argyro.platform.continuum.mesh.mesh import Mesh
    from argyro.platform.continuum.reduced.basis import reduced_model

    meshes = []
    for role in sorted(role for role in context.parents if role.startswith("microstructure:")):
        meshes.append(Mesh.load(context.parents[role] / MESH))
        reduced_model(meshes[-1], cache=context.parents[role])
    return meshes


def _regimes(facts: dict, propagated, bulk: np.ndarray) -> list[dict]:
    """For each grain size, whether D_eff(T) bends and where boundaries take over; needs three temperatures."""
    from argyro.platform.continuum.regimes import arrhenius_bend, takeover

    temperatures = propagated.temperatures_K
    if len(temperatures) < 3:
        return []
    rows = []
    for s, size in enumerate(propagated.grain_sizes_nm):
        samples = propagated.samples_cm2_s[:, :, s]
        bend, crossing = arrhenius_bend(temperatures, samples), takeover(temperatures, bulk, samples)
        rows.append(
            {
                **facts,
                "grain_size_nm": float(size),
                "cold_eV": bend.cold_eV.to_json(),
                "hot_eV": bend.hot_eV.to_json(),
                "non_arrhenius": bend.non_arrhenius,
                "takeover_K": crossing.temperature_K and crossing.temperature_K.to_json(),
                "takeover_share": crossing.share,
                "boundaries": "fast" if crossing.fast else "blocking",
            }
        )
    return rows


def conductivity_factors(bulk, temperatures_K: list[float]) -> np.ndarray:
    """Nernst-Einstein factor from cm²/s to mS/cm, for each temperature."""
    from argyro.platform.common.conductivity import conductivity_S_cm

    li_per_A3 = bulk.symbols.count("Li") / bulk.get_volume()
    return np.array([S_CM_IN_MS_CM * conductivity_S_cm(1.0, li_per_A3, T) for T in temperatures_K])


def _rows(facts: dict, inputs, effective: np.ndarray, conductivity: np.ndarray) -> list[dict]:
    """A row for each temperature and grain size."""
    return [
        {
            **facts,
            "temperature_K": temperature,
            "grain_size_nm": size,
            "width_nm": inputs["width_nm"],
            "effective_cm2_s": Uncertain.from_samples(effective[:, t, s]).to_json(),
            "conductivity_mS_cm": Uncertain.from_samples(conductivity[:, t, s]).to_json(),
        }
        for t, temperature in enumerate(inputs["temperatures_K"])
        for s, size in enumerate(inputs["grain_sizes_nm"])
    ]


def _write_table(rows: list[dict], path) -> None:
    """The rows as parquet, uncertain numbers in three columns."""
    import pandas as pd

    pd.json_normalize(rows, sep="_").to_parquet(path)


def _draw(curve: dict, laws: list[dict], propagated, context: StageContext) -> None:
    from argyro.campaigns.plots.figures import arrhenius_plot, curve_label, grain_size_plot
    from argyro.platform.continuum.plots import draw_map

    drawn = {law["label"] for law in laws}
    points = [
        point
        for point in context.parent_result("surrogate")["parity"]
        if curve_label(point["material"], point["boundary"], point["target"]) in drawn
    ]
    arrhenius_plot(points, laws, context.workdir / ARRHENIUS)
    draw_map(propagated, context.workdir / MAP)
    grain_size_plot([curve], context.workdir / PICTURE, context.inputs["screening_temperature_K"])


def _arrhenius_curves(model, cell, facts: dict, inputs) -> list[dict]:
    """The surrogate's D(T) of bulk and boundary, for plots; equidistant in 1/T."""
    from argyro.campaigns.plots.figures import curve_label

    lowest, highest = min(inputs["temperatures_K"]), max(inputs["temperatures_K"])
    temperatures = (1 / np.linspace(1 / lowest, 1 / highest, CURVE_TEMPERATURES)).tolist()
    prediction = model.predict(cell, temperatures, seed=inputs["seed"])
    return [
        {
            "label": curve_label(facts["material"], facts["boundary"], target),
            "temperatures_K": temperatures,
            "diffusivity": [value.to_json() for value in getattr(prediction, target)],
        }
        for target in ("bulk", "parallel", "perpendicular")
        if getattr(prediction, target) is not None
    ]


def _metrics(screening: list[dict]) -> dict[str, float]:
    """Headline numbers of the item for MLflow: one per grain size."""
    return {
        f"{name}_{row['grain_size_nm']:g}_nm": row[name]["value"]
        for row in screening
        for name in ("conductivity_mS_cm", "effective_cm2_s")
    }


HOMOGENIZE = StageDefinition("homogenize", 2, run)
