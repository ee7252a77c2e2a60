"""Decides which molecular dynamics runs an adaptive campaign begins with."""

from __future__ import annotations

from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.workload.run_space import PossibleRun, partner, space_filling
from argyro.platform.execution.task import StageContext


def run(context: StageContext) -> dict:
    """Inputs: runs (the possible ones), start. Settings: found, cases whose results an earlier campaign left."""
    space = [PossibleRun(**entry) for entry in context.inputs["runs"]]
    found = set(context.settings.get("found", ()))
    chosen = space_filling(space, context.inputs["start"], [run for run in space if run.case in found])
    return {
        "runs": context.inputs["runs"],
        "chosen": [{"case": run.case, "bulk": _bulk(run, chosen)} for run in chosen],
        "found": sorted(found),
    }


def _bulk(run: PossibleRun, chosen: list[PossibleRun]) -> str | None:
    bulk = None if run.boundary == "bulk" else partner(run, chosen)
    return bulk and bulk.case


DESIGN = StageDefinition("design", 1, run)
