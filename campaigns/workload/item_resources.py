"""Look up the resources of an item of a stage."""

from __future__ import annotations

from argyro.campaigns.spec.schema import Campaign, StageResources
from argyro.platform.execution.task import Resources

SECONDS_PER_HOUR = 3600.0
LABELLING = ("learn", "reference_check")  # stages that take labels


def item_resources(campaign: Campaign, stage: str) -> Resources:
    """Return the campaign's ``resources`` for a stage; an item that takes labels also holds theirs.

    Args:
        campaign: with its ``resources``.
        stage: name of the stage.
    """
    asked = getattr(campaign.resources, stage, StageResources())
    parts = [asked, campaign.resources.labels] if stage in LABELLING else [asked]
    threads = campaign.labels.threads if stage in LABELLING else 1
    custom: dict[str, float] = {}
    for part in parts:
        custom |= {name: max(amount, custom.get(name, 0.0)) for name, amount in part.custom.items()}
    return Resources(
        cpu=max(threads, *(part.cpu for part in parts)),
        gpu=max(part.gpu for part in parts),
        memory_GB=max(part.memory_GB for part in parts),
        custom=tuple(sorted(custom.items())),
        limit_s=SECONDS_PER_HOUR * asked.hours,
    )
