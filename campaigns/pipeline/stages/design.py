"""Decide on the first molecular dynamics runs of an adaptive campaign."""

from __future__ import annotations

from collections.abc import Sequence

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.workload.run_space import DecidedRun, RunConditions, partner, space_filling
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult


class DesignInputs(Contract):
    """Decide the first batch: the possible runs, and the number to start with."""

    runs: tuple[RunConditions, ...]
    start: int


class DesignResult(StageResult):
    """Hold the first batch, and the runs whose results an earlier campaign left in the store."""

    chosen: tuple[DecidedRun, ...]
    found: tuple[RunConditions, ...]


def run(context: StageContext[DesignInputs, tuple[RunConditions, ...]]) -> DesignResult:
    """Select runs spread over the space; the settings are the runs found in the store."""
    space, found = context.inputs.runs, set(context.settings)
    chosen = space_filling(space, context.inputs.start, [run for run in space if run in found])
    decided = [DecidedRun(run, None if run.is_bulk else partner(run, chosen)) for run in chosen]
    return DesignResult(chosen=tuple(decided), found=tuple(sorted(found)))


DESIGN = Stage("design", 3, run, DesignInputs, DesignResult)


def add_design(draft: Draft, space: Sequence[RunConditions], found: Sequence[RunConditions]) -> str:
    """Add the first decision; returns the name of its node.

    Args:
        draft: of an adaptive campaign.
        space: possible runs.
        found: runs that are in the store.
    """
    asked = draft.campaign.acquisition
    assert asked is not None  # only adaptive campaigns decide
    return draft.add(DESIGN, "", DesignInputs(runs=tuple(space), start=asked.start), settings=tuple(found))
