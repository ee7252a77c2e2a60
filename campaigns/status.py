"""How far a campaign is, read from its folder alone."""

from __future__ import annotations

from pathlib import Path

from argyro.campaigns.adaptive import grown_graph
from argyro.campaigns.folder import CampaignFolder
from argyro.platform.execution import progress_file

STATES = ("waiting", "running", "done", "failed", "quarantined")


def campaign_status(root: Path) -> dict:
    """The document of `argyro status`: for each stage the number of items in each state, and the last errors.

    An item counts as running while it tells its progress or holds unfinished work, and as quarantined when it failed
    for good; the next `argyro run` tries it again.

    Raises:
        InputError: not a campaign's folder.
    """
    folder = CampaignFolder(Path(root))
    campaign = folder.campaign()
    store = folder.store(campaign)
    graph = grown_graph(campaign, store)
    quarantine = folder.scratch / "quarantine"
    stages = {stage: {"name": stage, **dict.fromkeys(STATES, 0)} for stage in graph.stages()}
    errors = []
    for name, item in graph.items().items():
        log = quarantine / f"{item.key}.log"
        if store.has(item):
            state = "done"
        elif log.exists():
            state = "quarantined"
            errors.append(f"{name}: {log.read_text().split(chr(10), 2)[2].splitlines()[0]} (log: {log})")
        elif (folder.scratch / item.key).exists() or progress_file(folder.scratch, item.key).exists():
            state = "running"
        else:
            state = "waiting"
        stages[graph.nodes[name].stage.name][state] += 1
    return {"name": campaign.name, "stages": list(stages.values()), "errors": errors}
