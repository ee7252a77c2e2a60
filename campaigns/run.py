"""Runs a campaign to its end, or goes on with one: run is resume."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from argyro.actors.inline import InlineExecutor
from argyro.actors.tracker import MLflowTracker, Record, default_tracking_uri
from argyro.campaigns.build import build_graph
from argyro.campaigns.folder import CampaignFolder
from argyro.campaigns.graph import Graph, Node
from argyro.campaigns.report import write_report
from argyro.campaigns.scheduler import Progress, Scheduler
from argyro.campaigns.spec import Campaign
from argyro.platform.store import Store
from argyro.platform.workitem import WorkItem


@dataclass(frozen=True)
class CampaignRun:
    """How a run ended."""

    graph: Graph
    progress: Progress
    ranking: list[dict]
    report: Path
    warnings: list[str]

    @property
    def complete(self) -> bool:
        """Whether every item of the campaign is done."""
        return len(self.progress.done) == len(self.graph.nodes)

    def to_json(self) -> dict[str, object]:
        """As `argyro run --json` prints it."""
        return {
            "complete": self.complete,
            "done": len(self.progress.done),
            "total": len(self.graph.nodes),
            "failed": self.progress.failed,
            "ranking": self.ranking,
            "report": str(self.report),
            "warnings": self.warnings,
        }


class Tracking:
    """Hands each finished item to the tracker; keeps a failing tracker from stopping the campaign."""

    def __init__(self, tracker: MLflowTracker, store: Store):
        self.tracker, self.store = tracker, store
        self.warning = ""

    def log(self, node: Node, item: WorkItem, result: dict) -> None:
        """Log a node whose stage returned metrics."""
        if "metrics" not in result:
            return
        folder = Path(self.store.folder(item)) if self.store.local else self.store.path(item)
        record = Record(
            item.key,
            node.name,
            node.stage.name,
            params={**node.facts, "stage_version": node.stage.version},
            metrics=result["metrics"],
            series=result.get("series", {}),
            artifacts=[folder / name for name in result.get("artifacts", [])],
        )
        self._guard(lambda: self.tracker.log(record))

    def finish(self, complete: bool, metrics: dict, artifacts: list[Path]) -> None:
        """Close the campaign's own run."""
        self._guard(lambda: self.tracker.finish("FINISHED" if complete else "FAILED", metrics, artifacts))

    def _guard(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            self.warning = f"MLflow could not be written ({error}); results are safe, the next run logs what is missing"


def run_campaign(
    campaign: Campaign,
    workdir: Path,
    *,
    inline: bool = False,
    address: str | None = None,
    display: Callable[[Scheduler], AbstractContextManager[object]],
) -> CampaignRun:
    """Compute what is absent from the campaign's store, then rank, report and close its MLflow run.

    Args:
        campaign: what to compute.
        workdir: the campaign's folder; an earlier run there is continued.
        inline: everything in this process, without Ray.
        address: of a Ray cluster; None for one of our own on this machine.
        display: makes a context manager that shows the scheduler's progress.

    Raises:
        InputError: the folder cannot be used.
        ArgyroError: another run holds the folder, or there is no cluster.
    """
    folder = CampaignFolder(workdir)
    identity = folder.prepare(campaign)
    with folder.exclusive():
        store = folder.store(campaign)
        graph = build_graph(campaign)
        executor, make_tracker = _backend(inline, address)
        try:
            tracker = make_tracker(
                uri=campaign.tracking or default_tracking_uri(workdir),
                experiment=campaign.name,
                artifact_folder=folder.artifacts,
                campaign_id=identity,
                params=_headline_params(campaign),
                spec=folder.spec_file,
            )
            tracking = Tracking(tracker, store)
            scheduler = Scheduler(graph, store, folder.scratch, executor, tracking.log)
            with display(scheduler):
                scheduler.run()
            return _conclude(folder, campaign, graph, scheduler, tracking)
        finally:
            executor.close()


def _backend(inline: bool, address: str | None):
    """Executor and tracker factory: on Ray, or their inline twins."""
    if inline:
        return InlineExecutor(), MLflowTracker
    from argyro.actors.cluster import connect
    from argyro.actors.executor import RayExecutor
    from argyro.actors.remote_tracker import RemoteTracker

    connect(address)
    return RayExecutor(), RemoteTracker


def _headline_params(campaign: Campaign) -> dict[str, object]:
    return {
        "materials": ", ".join(material.label for material in campaign.materials),
        "boundaries": ", ".join(campaign.boundaries),
        "boundary_width_nm": campaign.boundary_width_nm,
        "temperatures_K": campaign.temperatures_K,
        "grain_sizes_nm": campaign.grain_sizes_nm,
        "label_source": campaign.labels.source,
        "levels": campaign.potential.levels,
        "seed": campaign.seed,
    }


def _conclude(
    folder: CampaignFolder, campaign: Campaign, graph: Graph, scheduler: Scheduler, tracking: Tracking
) -> CampaignRun:
    """Write the report and close the campaign's MLflow run."""
    progress = scheduler.progress
    report = write_report(folder.root, progress.failed)
    result = scheduler.store.result(scheduler.item("ranking")) if "ranking" in progress.done else {}
    complete = len(progress.done) == len(graph.nodes)
    tracking.finish(complete, {"items": len(progress.done), **result.get("metrics", {})}, [report])
    warnings = [tracking.warning] if tracking.warning else []
    return CampaignRun(graph, progress, result.get("ranking", []), report, warnings)
