"""Decisions of an adaptive campaign: with which runs it begins, and with which it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from argyro.campaigns.pipeline.acquisition import ACQUISITION
from argyro.campaigns.pipeline.design import DESIGN
from argyro.campaigns.pipeline.nodes.draft import Draft
from argyro.campaigns.workload.run_space import Decided, PossibleRun


def add_design(draft: Draft, space: Sequence[PossibleRun], found: Sequence[str]) -> str:
    """The first decision; `found` are the cases that the store holds already."""
    asked = draft.campaign.acquisition
    assert asked is not None  # who decides has it
    inputs = {"runs": [run.to_json() for run in space], "start": asked.start}
    return draft.add("design", DESIGN, inputs, settings={"found": list(found)})


def add_acquisition(
    draft: Draft, decided: Decided, design: str, measured: Mapping[str, str], microstructures: Sequence[str]
) -> None:
    """The next decision, by the results of all runs so far; one that failed is left out.

    Args:
        draft: with the runs.
        decided: so far.
        design: name of the first decision.
        measured: diffusivity item -> its structure item.
        microstructures: names of the polycrystals.
    """
    campaign = draft.campaign
    asked = campaign.acquisition
    assert asked is not None  # who decides has it
    results = [f"{stage}/{case}" for case, _ in decided.runs for stage in ("md", "diffusivity")]
    inputs = {
        "decided": [list(pair) for pair in decided.runs],
        "cells": dict(measured),
        "batch": asked.batch,
        "grain_sizes_nm": sorted(campaign.grain_sizes_nm),
        "width_nm": campaign.boundary_width_nm,
        "screening_temperature_K": campaign.screening_temperature_K,
        "equilibrate_ps": campaign.md.equilibrate_ps,
        "labels": draft.labels,
        "seed": campaign.seed,
    }
    draft.add(
        f"acquisition/{decided.round}",
        ACQUISITION,
        inputs,
        parents={name: name for name in (design, *draft.named("structure"), *results, *microstructures)},
        tolerant=True,
        decision=True,
        facts={"round": decided.round, "runs": len(decided.runs)},
        settings={"md_cores": campaign.resources.md.cpu},
    )
