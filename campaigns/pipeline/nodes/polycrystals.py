"""From diffusivities to the ranking: polycrystals, the surrogate and its samples, effective transport."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from argyro.campaigns.pipeline.homogenize import HOMOGENIZE
from argyro.campaigns.pipeline.microstructure import MICROSTRUCTURE
from argyro.campaigns.pipeline.nodes.draft import Draft
from argyro.campaigns.pipeline.posterior import POSTERIOR
from argyro.campaigns.pipeline.ranking import RANKING
from argyro.campaigns.pipeline.surrogate import SURROGATE
from argyro.campaigns.spec.foundation_model import foundation_source
from argyro.campaigns.workload.atom_counts import BULK
from argyro.campaigns.workload.run_space import Cell


def add_microstructures(draft: Draft) -> list[str]:
    """Polycrystals, each of a seed of its own; returns their names."""
    asked = draft.campaign.homogenization
    return [
        draft.add(
            f"microstructure/{number}",
            MICROSTRUCTURE,
            {"grains": asked.grains, "seed": draft.campaign.seed + number},
            facts={"grains": asked.grains},
            cost=draft.costs.microstructure(draft.campaign),
        )
        for number in range(asked.realisations)
    ]


def add_surrogate(draft: Draft, measured: Mapping[str, str], microstructure: str) -> str:
    """The surrogate of all diffusivities.

    Args:
        draft: with the runs.
        measured: diffusivity item -> its structure item.
        microstructure: the polycrystal that stands for all in its answers.
    """
    parents = {name: name for pair in measured.items() for name in pair}
    parents["microstructure"] = microstructure
    options = draft.campaign.surrogate.model_dump(mode="json", exclude={"foundation"})
    settings = {}
    if draft.campaign.surrogate.foundation is not None:
        settings["foundation"] = draft.campaign.surrogate.foundation.model_dump()
        options["foundation"] = foundation_source(settings["foundation"]).identity()
    return draft.add(
        "surrogate",
        SURROGATE,
        {"options": options, "seed": draft.campaign.seed, "cells": dict(measured), "labels": draft.labels},
        parents=parents | {name: name for name in draft.named("learn")},
        tolerant=True,
        lives_on=list(measured),
        facts={"members": options["members"]},
        settings=settings,
        cost=draft.costs.surrogate(draft.campaign),
    )


def add_posterior(draft: Draft, surrogate: str, candidates: Sequence[Cell]) -> str:
    """Samples of all candidates together; what some structure fails to give is left out."""
    names = [cell.structure(0) for cell in candidates]
    inputs = {"samples": draft.campaign.homogenization.samples, "seed": draft.campaign.seed}
    parents = {"surrogate": surrogate, **{name: name for name in names}}
    return draft.add("posterior", POSTERIOR, inputs, parents=parents, tolerant=True, lives_on=["surrogate"])


def add_homogenization(
    draft: Draft, cell: Cell, surrogate: str, posterior: str, microstructures: Sequence[str]
) -> None:
    """Effective transport of polycrystals of a candidate."""
    campaign = draft.campaign
    inputs = {
        "temperatures_K": sorted({campaign.screening_temperature_K, *campaign.temperatures_K}),
        "grain_sizes_nm": sorted(campaign.grain_sizes_nm),
        "width_nm": campaign.boundary_width_nm,
        "screening_temperature_K": campaign.screening_temperature_K,
        "seed": campaign.seed,
    }
    parents = {"surrogate": surrogate, "posterior": posterior, "bulk": Cell(cell.material, BULK).structure(0)}
    if cell.boundary != BULK:
        parents["boundary"] = cell.structure(0)
    parents |= {f"microstructure:{number}": name for number, name in enumerate(microstructures)}
    draft.add(
        f"homogenize/{cell.label}",
        HOMOGENIZE,
        inputs,
        parents=parents,
        facts={**cell.facts, "boundary_width_nm": campaign.boundary_width_nm},
        cost=draft.costs.homogenization(campaign),
    )


def add_ranking(draft: Draft) -> None:
    """The ranking of all candidates that came through."""
    facts = {"screening_temperature_K": draft.campaign.screening_temperature_K}
    parents = {name: name for name in draft.named("homogenize")}
    draft.add("ranking", RANKING, dict(facts), parents=parents, tolerant=True, facts=facts)
