"""Run of a campaign, new or resumed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from argyro.actors.inline_executor import InlineExecutor
from argyro.actors.mlflow_queue import Spool
from argyro.actors.mlflow_tracker import SQLITE, default_tracking_uri
from argyro.actors.mlflow_uploader import Delivery
from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.pipeline.grow_graph import found_disorders, found_runs, growth
from argyro.campaigns.pipeline.reused_labels import reuse_labels
from argyro.campaigns.pipeline.stages.ranking import RANKING, RankingResult
from argyro.campaigns.pipeline.used_disorders import disorder_metrics
from argyro.campaigns.planning.machine_benchmark import campaign_costs
from argyro.campaigns.reporting.published_values import PublishedRow, published_rows
from argyro.campaigns.reporting.report import write_report
from argyro.campaigns.runtime.mlflow_records import common_params
from argyro.campaigns.runtime.scheduler import Executor, Progress, Scheduler
from argyro.campaigns.runtime.tracking import Deliverer, Tracking
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.label_source import settle_identity
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.disk_faults import storage_faults_named
from argyro.platform.execution.item_lock import sweep
from argyro.platform.execution.result_store import Store


class RunningExecutor(Executor, Protocol):
    """Executor that can be closed."""

    @property
    def fault(self) -> str:
        """Reason for a `KeyboardInterrupt` by the executor; else empty."""

    def close(self) -> None:
        """Leave the cluster."""


@dataclass(frozen=True)
class CampaignRun:
    """Outcome of a run."""

    graph: Graph
    progress: Progress
    ranking: list[dict[str, Any]]
    report: Path
    warnings: list[str]
    published: list[PublishedRow]

    @property
    def complete(self) -> bool:
        """Check whether every item of the campaign is done."""
        return len(self.progress.done) == len(self.graph.nodes)

    def to_json(self) -> dict[str, object]:
        """Return the document of `argyro run --json`."""
        return {
            "complete": self.complete,
            "done": len(self.progress.done),
            "total": len(self.graph.nodes),
            "failed": self.progress.failed,
            "ranking": self.ranking,
            "report": str(self.report),
            "warnings": self.warnings,
            "published": [asdict(row) for row in self.published],
        }


def run_campaign(
    campaign: Campaign,
    workdir: Path,
    *,
    inline: bool = False,
    address: str | None = None,
    display: Callable[[Scheduler], AbstractContextManager[object]],
    say: Callable[[str], object] = lambda line: None,
) -> CampaignRun:
    """Compute items that are missing in the campaign's store, then write the report and close its MLflow run.

    Args:
        campaign: campaign to compute.
        workdir: the campaign's folder; an earlier run there is resumed.
        inline: run all in this process, without Ray.
        address: address of a Ray cluster; None to start a local one.
        display: function that makes a context manager to show the scheduler's progress.
        say: function that prints a line before the display.

    Raises:
        InputError: the folder cannot be used.
        ArgyroError: another run uses the folder, no cluster answers, or results cannot be written.
    """
    folder = CampaignFolder(workdir.resolve())  # Ray's processes on a cluster have their own current directory
    identity = folder.prepare(campaign)
    with folder.exclusive(), storage_faults_named(folder.root):
        sweep(folder.scratch)
        settle_identity(campaign.labels.model_dump(mode="json"), folder.label_identity)
        store = folder.store(campaign)
        costs = campaign_costs(folder, campaign)
        graph = build_graph(campaign, costs, found_runs(campaign, store))
        reused = reuse_labels(graph, store)
        if not inline:
            say(_ray_words(address))
        executor, deliverer = _backend(inline, address)
        try:
            tracking = _tracking(campaign, folder, identity, store, deliverer)
            scheduler = Scheduler(
                graph, store, folder.scratch, executor, tracking.log, grow=growth(campaign, costs, store)
            )
            with display(scheduler):
                scheduler.run()
            if scheduler.progress.stopped:
                raise ArgyroError(scheduler.progress.stopped)
            run = _conclude(folder, campaign, graph, scheduler, tracking)
            return replace(run, warnings=[*run.warnings, *reused])
        except KeyboardInterrupt:
            if executor.fault:
                raise ArgyroError(executor.fault) from None
            raise
        finally:
            executor.close()


def _backend(inline: bool, address: str | None) -> tuple[RunningExecutor, Callable[..., Deliverer]]:
    """Make the executor and the factory of the MLflow delivery, on Ray or inline."""
    if inline:
        return InlineExecutor(), Delivery
    from argyro.actors.ray_cluster import connect
    from argyro.actors.ray_executor import RayExecutor
    from argyro.actors.ray_mlflow_uploader import RemoteDelivery

    join = partial(connect, address)
    return RayExecutor(join, elastic=address not in (None, "local")), partial(RemoteDelivery, join)


def _ray_words(address: str | None) -> str:
    """Announce the start of Ray, which takes 10 s and more."""
    if address not in (None, "local"):
        return f"connecting to the Ray cluster at {address}"
    return f"starting Ray on {os.cpu_count()} {'core' if os.cpu_count() == 1 else 'cores'}"


def _tracking(
    campaign: Campaign, folder: CampaignFolder, identity: str, store: Store, deliverer: Callable[..., Deliverer]
) -> Tracking:
    uri = campaign.tracking or default_tracking_uri(folder.root)
    if uri.startswith(SQLITE):
        database = Path(uri.removeprefix(SQLITE)).resolve()
        uri = f"{SQLITE}{database}"
        if not database.exists():
            Spool.forget(folder.spool)
    destination = f"{uri} {campaign.name} {identity}"
    tracker = {
        "uri": uri,
        "experiment": campaign.name,
        "artifact_folder": folder.artifacts,
        "campaign_id": identity,
        "params": _headline_params(campaign),
        "spec": folder.spec_file,
    }
    delivery = deliverer(spool_folder=folder.spool, destination=destination, tracker=tracker)
    return Tracking(Spool(folder.spool, destination), delivery, store, common_params(campaign))


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
    found = scheduler.store.result(scheduler.item(RANKING.name)) if RANKING.name in progress.done else None
    ranked = RANKING.read(found) if found else RankingResult(ranking=[])
    metrics = dict(ranked.tracked().metrics) if found else {}
    metrics |= disorder_metrics(campaign, found_disorders(campaign, scheduler.store))
    tracking.finish(len(progress.done) == len(graph.nodes), {"items": len(progress.done), **metrics}, [report])
    warnings = [warning for warning in (scheduler.store.outdated_warning, tracking.warning) if warning]
    ranking = [row.model_dump(mode="json") for row in ranked.ranking]
    return CampaignRun(graph, progress, ranking, report, warnings, published_rows(ranked.ranking))
