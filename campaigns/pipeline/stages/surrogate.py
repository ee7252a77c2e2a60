"""Train the surrogate on all diffusivities of the campaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
from pydantic import ConfigDict, Field

from argyro.campaigns.pipeline.draft import Draft, LabelIdentity
from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY
from argyro.campaigns.pipeline.stages.disorder import DISORDER
from argyro.campaigns.pipeline.stages.held_out import CALIBRATION, PARITY, held_out
from argyro.campaigns.pipeline.stages.learn import LEARN, family_of
from argyro.campaigns.pipeline.stages.microstructure import MICROSTRUCTURE
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, read_structure, structure_of
from argyro.campaigns.plots.series import ParityPoint
from argyro.campaigns.spec.foundation_model import foundation_source
from argyro.campaigns.spec.material import BoundaryType, Cell, Material
from argyro.campaigns.spec.schema import Foundation
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.common.estimate import Uncertain
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked
from argyro.surrogates.data import observation
from argyro.surrogates.models.surrogate import Surrogate

MODEL, PICTURE = "model", "parity.png"


class SurrogateInputs(Contract):
    """Decide a surrogate.

    Args:
        members: of the ensemble of networks.
        steps: of the training.
        foundation: identity of the model whose descriptors the networks see; None for none.
        labels: identity of the reference of all potentials.
        reference_model: model of the reference, which selects its measured bias; empty for its only one.
        seed: of the training.
        boundary_shares: mixture of boundary types of a question that names none; empty for equal shares.
    """

    members: int
    steps: int
    foundation: dict[str, Any] | None = None
    labels: LabelIdentity
    reference_model: str = ""
    seed: int
    boundary_shares: dict[str, float] = Field(default_factory=dict)


class Scores(Contract):
    """Accuracy on held-out values; None for numbers that too few data leave undefined."""

    model_config = ConfigDict(extra="ignore")

    mae_dex: float | None
    rmse_dex: float | None
    coverage_95: float | None
    negative_log_density: float | None
    values: int
    bounds: int
    cells: int = 0
    run_mae_dex: float | None = None


class Split(Contract):
    """Accuracy of the candidates on one way to hold out data."""

    split: str
    groups: int
    best: str
    scores: dict[str, Scores]


class TrainingReport(Contract):
    """Report of a training; see `surrogates.training.train`."""

    model_config = ConfigDict(extra="ignore")

    shipped: str
    split: str
    scores: dict[str, Scores]
    calibration_factor: float | None
    noise_floor_dex: float | None
    values: int
    bounds: int
    materials: tuple[str, ...]
    boundaries: tuple[str, ...]
    temperatures_K: tuple[float, ...]
    seed: int
    label_source: str
    splits: list[Split]
    potential_warnings: list[str]


class SurrogateResult(StageResult):
    """Hold the accuracy of the surrogate; the model is a folder of the item."""

    observations: int
    report: TrainingReport
    parity: list[ParityPoint]

    def tracked(self) -> Tracked:
        """Select the accuracy of all candidates, and of the one that ships."""
        report = self.report
        errors = [abs(point.log10_error) for point in self.parity if not point.censored]
        metrics: dict[str, float | None] = {
            "observations": len(self.parity),
            "upper_bounds": report.bounds,
            "fitted_mae_dex": sum(errors) / len(errors) if errors else None,
            "noise_floor_dex": report.noise_floor_dex,
            "calibration_factor": report.calibration_factor,
        }
        for kind, score in report.scores.items():
            parts = {"mae_dex": score.mae_dex, "rmse_dex": score.rmse_dex, "coverage_95": score.coverage_95}
            names = ("held_out", kind) if kind == report.shipped else (kind,)
            metrics |= {f"{name}_{part}": value for name in names for part, value in parts.items()}
        params = report.model_dump(include={"shipped", "split", "label_source", "seed"})
        artifacts = [PICTURE, f"{MODEL}/README.md", *([PARITY, CALIBRATION] if report.splits else [])]
        return Tracked(metrics, params=params, artifacts=artifacts, model=MODEL)


def run(context: StageContext[SurrogateInputs, Foundation | None]) -> SurrogateResult:
    """Train, score on held-out data and store the model with the polycrystal that it answers through."""
    from argyro.campaigns.plots.figures import parity
    from argyro.surrogates.homogenized.polycrystal import Polycrystal
    from argyro.surrogates.serving.predictor import Oracle
    from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

    inputs = context.inputs
    observations = list(observations_of(context, inputs.labels))
    foundation = foundation_source(context.settings.model_dump()) if context.settings else None
    options = SurrogateOptions(
        inputs.members, inputs.steps, foundation=foundation, reference_model=inputs.reference_model
    )
    model = train_surrogate(observations, options, inputs.seed)
    splits = held_out(observations, options, inputs.seed, context.workdir)
    added = {
        "splits": splits,
        "potential_warnings": _potential_warnings(context),
        "boundary_shares": inputs.boundary_shares,
        "disorders": _disorders(context),
    }
    model = replace(model, report=model.report | added)
    polycrystal = Polycrystal.load(context.parent("microstructure", MICROSTRUCTURE).folder)
    Oracle(model, polycrystal).save(context.workdir / MODEL)
    points = _parity_points(model, observations)
    parity(points, context.workdir / PICTURE)
    report = TrainingReport.model_validate(_without_nan(model.report))
    return SurrogateResult(observations=len(observations), report=report, parity=points)


def _potential_warnings(context: StageContext[SurrogateInputs, Foundation | None]) -> list[str]:
    """Collect the warnings of the potentials that did not converge, each after its family."""
    learned = [(parent.folder, parent.result) for parent in context.parents("potentials", LEARN)]
    return [f"{family_of(folder)}: {result.warning}" for folder, result in learned if result.warning]


def _disorders(context: StageContext[SurrogateInputs, Foundation | None]) -> dict[str, dict[str, float]]:
    """Collect the disorders that runs predicted, at the temperature of published samples, by composition."""
    from argyro.surrogates.data.disorder_estimate import PUBLISHED_K, at_temperature

    found = ((parent.inputs, parent.result) for parent in context.parents("disorders", DISORDER))
    return {
        inputs.composition: at_temperature(result.disorder, inputs.quench_temperature_K, PUBLISHED_K).to_json()
        for inputs, result in found
        if result.is_computed
    }


def _without_nan(value: Any) -> Any:
    """Replace numbers that are not finite by None."""
    if isinstance(value, dict):
        return {name: _without_nan(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def observations_of(context: StageContext, labels: LabelIdentity) -> Iterator[observation.Observation]:
    """Collect all runs that succeeded, in each of their directions.

    Args:
        context: with the parents in the roles diffusivities and structures.
        labels: reference of all potentials.
    """
    structures = {
        (parent.inputs.cell, parent.inputs.number): read_structure(parent.folder)
        for parent in context.parents("structures", STRUCTURE)
    }
    for parent in context.parents("diffusivities", DIFFUSIVITY):
        run, result = parent.inputs.conditions, parent.result
        for target, seen in result.runs.items():
            yield observation.of_run(
                seen,
                structure=structures[run.cell, run.realisation],
                target=target,
                thickness_nm=result.thickness_nm,
                width_nm=parent.inputs.width_nm,
                realisation=run.realisation,
                material=run.cell.material.label,
                boundary=str(run.cell.boundary),
                label_source=labels.label,
                excess=result.excess,
                pairs=result.stretches.get(target, ()),
            )


def _parity_points(model: Surrogate, observations: Sequence[observation.Observation]) -> list[ParityPoint]:
    """Compare each run's part in its own diffusivity with the surrogate; vague parts are left out."""
    from argyro.surrogates.models.network_targets import network_targets
    from argyro.surrogates.models.training_arrays import examples_of

    examples = examples_of(observations)
    found = network_targets(examples.runs, examples.structure_of_run, model.prior)
    own = dict(zip(found.runs.tolist(), zip(found.log_values, found.log_sigmas, strict=True), strict=True))
    points = []
    for index, seen in enumerate(observations):
        if seen.bounded:
            points.append(_parity_point(model, seen, seen.upper_bound_cm2_s, None))
        elif index in own:
            value, half = own[index][0], 1.959964 * own[index][1]
            interval = Uncertain(*(float(np.exp(value + shift)) for shift in (0.0, -half, half)))
            points.append(_parity_point(model, seen, interval.value, interval))
    return points


def _parity_point(
    model: Surrogate, seen: observation.Observation, measured_cm2_s: float, interval: Uncertain | None
) -> ParityPoint:
    """Predict the diffusivity of a run with the surrogate, as its reference has it."""
    predicted = getattr(model.predict(seen.structure, [seen.temperature_K]).given_reference, seen.target)[0]
    info = seen.structure.info
    material = Material(composition=info["composition"], disorder=float(info["disorder"]))
    return ParityPoint(
        cell=Cell(material, BoundaryType(seen.boundary)),
        target=seen.target,
        temperature_K=seen.temperature_K,
        measured_cm2_s=measured_cm2_s,
        measured_interval_cm2_s=interval,
        censored=seen.bounded,
        predicted_cm2_s=predicted,
        log10_error=float(np.log10(predicted.value / measured_cm2_s)),
    )


SURROGATE = Stage("surrogate", 13, run, SurrogateInputs, SurrogateResult)


def add_surrogate(draft: Draft, measured: Mapping[RunConditions, str], microstructure: str) -> str:
    """Add the surrogate of all diffusivities; returns the name of its node.

    Args:
        draft: with the runs.
        measured: run -> name of its diffusivity's node.
        microstructure: the polycrystal through which the surrogate answers.
    """
    asked, campaign = draft.campaign.surrogate, draft.campaign
    inputs = SurrogateInputs(
        members=asked.members,
        steps=asked.steps,
        foundation=foundation_source(asked.foundation.model_dump()).identity() if asked.foundation else None,
        labels=draft.labels,
        boundary_shares=campaign.boundary_shares,
        reference_model=str(campaign.labels.kwargs.get("model", "")),
        seed=campaign.seed,
    )
    return draft.add(
        SURROGATE,
        "",
        inputs,
        parents={
            **run_parents(measured),
            "microstructure": [microstructure],
            "potentials": sorted(draft.names(LEARN.name)),
            "disorders": sorted(draft.names(DISORDER.name)),
        },
        tolerant=True,
        needs_any=["diffusivities"],
        params={"members": asked.members},
        settings=asked.foundation,
        cost=draft.costs.surrogate(campaign),
    )


def run_parents(measured: Mapping[RunConditions, str]) -> dict[str, Sequence[str]]:
    """Name the parents from which `observations_of` collects."""
    runs = sorted(measured)
    structures = list(dict.fromkeys(structure_of(run) for run in runs))
    return {"diffusivities": [measured[run] for run in runs], "structures": structures}
