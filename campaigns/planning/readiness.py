"""Readiness of this machine for a campaign; the validity of a campaign file depends on no machine."""

from __future__ import annotations

import shutil
from pathlib import Path

from argyro.campaigns.planning.dft_requirements import dft_lacking
from argyro.campaigns.spec.consent import executions
from argyro.campaigns.spec.foundation_model import foundation_source
from argyro.campaigns.spec.label_source import reference
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.labels.references import RECIPES
from argyro.platform.labels.source import LabelSource


def lacking(campaign: Campaign) -> list[str]:
    """List missing requirements; programs of the campaign file are located, not started."""
    references = references_lacking(campaign, ask=False)
    return [*_programs(campaign), *_lammps(campaign), *references, *dft_lacking(campaign)]


def references_lacking(campaign: Campaign, *, ask: bool) -> list[str]:
    """List missing requirements of the references on this machine.

    Args:
        campaign: campaign with labels and optional teacher and foundation model.
        ask: whether interpreters of the campaign file may be started.
    """
    labels = campaign.labels.model_dump(mode="json")
    source = reference(labels)
    found = _reference(source, ask) + (_reference(LabelSource("mace"), ask) if campaign.labels.teacher else [])
    if campaign.labels.known and not found and (ask or source.python is None):
        found += _other_labels(campaign, source)
    return found + _foundation(campaign)


def _reference(source: LabelSource, ask: bool) -> list[str]:
    if source.python is not None and shutil.which(source.python) is None:
        repair = ""
        if source.source in RECIPES:
            repair = f"; create it with `argyro labels install {source.source}`"
        return [f"the interpreter {source.python} does not exist{repair}"]
    if source.python is not None and not ask:
        return []
    available, reason = source.available()
    return [] if available else [f"label source {source.source}: {reason}"]


def _other_labels(campaign: Campaign, source: LabelSource) -> list[str]:
    """List known labels of another reference, which must not share a training set with new labels."""
    from argyro.platform.learning.existing_labels import read_known, require_same_source

    try:
        require_same_source(read_known(campaign.labels.known), source.label_source)
    except InputError as error:
        return [str(error)]
    return []


def _foundation(campaign: Campaign) -> list[str]:
    from argyro.platform.labels.descriptors import require_describing

    if campaign.surrogate.foundation is None:
        return []
    try:
        require_describing(foundation_source(campaign.surrogate.foundation.model_dump()))
    except InputError as error:
        return [f"surrogate.foundation: {error}"]
    return []


def _programs(campaign: Campaign) -> list[str]:
    found = []
    for one in executions(campaign):
        name = one.runs.rpartition(":")[0] if one.how == "Python file" else one.runs
        if one.how in ("Python file", "model file with code"):
            there = Path(name).is_file()
        else:
            there = one.how != "program" or shutil.which(name.split()[0]) is not None
        if not there and not one.setting.endswith(".python"):  # listed with the reference
            found.append(f"{one.setting}: {name} is missing on this machine")
    return found


def _lammps(campaign: Campaign) -> list[str]:
    from argyro.platform.potential.native.lammps_commands import lammps_command

    try:
        lammps_command(lammps=campaign.md.lammps)
    except ArgyroError as error:
        return [str(error)]
    return []
