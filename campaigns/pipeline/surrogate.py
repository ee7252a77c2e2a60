"""Trains the surrogate on all diffusivities of the campaign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite

from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.pipeline.structure import read_structure
from argyro.platform.common.estimate import Uncertain
from argyro.platform.execution.task import StageContext

MODEL = "model"


def run(context: StageContext) -> dict:
    """Inputs: options, seed, cells (diffusivity -> structure), labels.

    Parents: those cells' items that came about, and microstructure, through which the model answers for polycrystals.
    """
    from argyro.campaigns.pipeline.held_out import CALIBRATION, PARITY, held_out
    from argyro.surrogates.homogenized.polycrystal import Polycrystal
    from argyro.surrogates.serving.predictor import Oracle
    from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

    observations = list(observations_of(context))
    options, seed = SurrogateOptions(**context.inputs["options"] | _foundation(context)), context.inputs["seed"]
    model = train_surrogate(observations, options, seed)
    splits = held_out(observations, options, seed, context.workdir)
    model = replace(model, report=model.report | {"splits": splits, "potential_warnings": _potential_warnings(context)})
    Oracle(model, Polycrystal.load(context.parents["microstructure"])).save(context.workdir / MODEL)
    points = _parity(model, observations)
    from argyro.campaigns.plots.figures import parity

    parity(points, context.workdir / "parity.png")
    report = _without_nan(model.report)
    return {
        "observations": len(observations),
        "report": report,
        "parity": points,
        "params": {name: report[name] for name in ("shipped", "split", "label_source", "seed")},
        "metrics": _metrics(report, points),
        "artifacts": ["parity.png", f"{MODEL}/README.md", *([PARITY, CALIBRATION] if splits else [])],
        "model": MODEL,
    }


def _potential_warnings(context: StageContext) -> list[str]:
    """Warnings of the potentials that did not converge, each after its family."""
    learned = sorted(name for name in context.parents if name.startswith("learn/"))
    notes = {name.partition("/")[2]: context.parent_result(name).get("notes", []) for name in learned}
    return [f"{family}: {note}" for family, of_family in notes.items() for note in of_family]


def _foundation(context: StageContext) -> dict:
    """The foundation model that the campaign names, if any: its identity is an option, its file among the settings."""
    from argyro.campaigns.spec.foundation_model import foundation_source

    named = context.settings.get("foundation")
    return {"foundation": foundation_source(named)} if named else {}


def _metrics(report: dict, points: list[dict]) -> dict[str, float | None]:
    """Accuracy for MLflow: of the candidate that ships, and of all, on what was held out."""
    errors = [abs(point["log10_error"]) for point in points if not point["censored"]]
    metrics = {
        "observations": len(points),
        "upper_bounds": report["bounds"],
        "fitted_mae_dex": sum(errors) / len(errors) if errors else None,
        "noise_floor_dex": report["noise_floor_dex"],
        "calibration_factor": report["calibration_factor"],
    }
    for kind, score in report["scores"].items():
        names = ("held_out", kind) if kind == report["shipped"] else (kind,)
        metrics |= {f"{name}_{part}": score[part] for name in names for part in ("mae_dex", "rmse_dex", "coverage_95")}
    return metrics


def _without_nan(value):
    """The same report with None for numbers that too few data leave undefined."""
    if isinstance(value, dict):
        return {name: _without_nan(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def observations_of(context: StageContext) -> Iterator:
    """The diffusivities and bounds of all runs that came about."""
    from argyro.surrogates.data.excess import Excess
    from argyro.surrogates.data.observation import Observation

    for name, cell in sorted(context.inputs["cells"].items()):
        if name not in context.parents or cell not in context.parents:
            continue  # failed for good; the campaign goes on without it
        structure = read_structure(context.parents[cell])
        result = context.parent_result(name)
        excess = result.get("excess")  # of a boundary whose run was not cut short
        for entry in result["observations"]:
            value = entry["diffusivity_cm2_s"]
            yield Observation(
                structure=structure,
                target=entry["target"],
                temperature_K=next(iter(result["measured"].values()))["temperature_K"],
                diffusivity=Uncertain.from_json(value) if value else None,
                upper_bound_cm2_s=entry["upper_bound_cm2_s"],
                width_nm=entry["width_nm"],
                material=cell.split("/")[1],
                boundary=structure.info["boundary"],
                label_source=" ".join((context.inputs["labels"]["name"], context.inputs["labels"]["version"])),
                excess=Excess(**excess) if excess else None,
            )


def _parity(model, observations: list) -> list[dict]:
    """What the surrogate says where MD was run, beside what MD said."""
    import numpy as np

    points = []
    for observation in observations:
        prediction = model.predict(observation.structure, [observation.temperature_K])
        predicted = getattr(prediction, observation.target)[0]
        points.append(
            {
                "material": observation.material,
                "boundary": observation.boundary,
                "target": observation.target,
                "temperature_K": observation.temperature_K,
                "measured_cm2_s": observation.reference_cm2_s,
                "measured_interval_cm2_s": observation.diffusivity.to_json() if observation.diffusivity else None,
                "censored": observation.censored,
                "predicted_cm2_s": predicted.to_json(),
                "log10_error": float(np.log10(predicted.value / observation.reference_cm2_s)),
            }
        )
    return points


SURROGATE = StageDefinition("surrogate", 8, run)
