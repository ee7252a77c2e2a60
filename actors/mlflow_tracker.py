"""MLflow tracker: a parent run per campaign, a child run per tracked work item."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_PARAM = 6000
SQLITE = "sqlite:///"
KEY_TAG, CAMPAIGN_TAG, STAGE_TAG = "argyro.key", "argyro.campaign", "argyro.stage"
POLYCRYSTALS = f'tags.`{STAGE_TAG}` = "polycrystal"'
VIEW, VIEW_ORDER = "argyro", "metrics.`conductivity_value_mS_cm`"
VIEW_COLUMNS = (
    *(f"params.`{name}`" for name in ("composition", "disorder", "boundary", "temperature_K", "grain_size_nm")),
    *(f"metrics.`conductivity_{name}_mS_cm`" for name in ("value", "low", "high")),
    *(f"metrics.`Ea_{name}_eV`" for name in ("value", "low", "high")),
    *(f"metrics.`{name}`" for name in ("haven_ratio_value", "D_parallel_to_bulk", "D_perpendicular_to_bulk")),
)


@dataclass(frozen=True)
class Record:
    """MLflow record of a work item.

    Args:
        key: key of the work item; equal keys give one run.
        name: readable name of the run.
        stage: stage, a searchable tag.
        params: composition, boundary, temperature ... and settings.
        metrics: name with unit -> number.
        series: name with unit -> numbers by step, for curves.
        artifacts: files of the run.
        model: folder of a surrogate to register, empty for none.
        nested: below the campaign's own run; False for a run at the top level.
    """

    key: str
    name: str
    stage: str
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)
    artifacts: Sequence[Path] = ()
    model: str = ""
    nested: bool = True


def default_tracking_uri(workdir: Path) -> str:
    """Return the URI of a sqlite database in the campaign's folder; MLflow no longer accepts plain folders."""
    return f"{SQLITE}{workdir.resolve() / 'mlflow.db'}"


def create_database(uri: str) -> None:
    """Create the tables of a sqlite database, unless the file exists.

    The file appears when it is complete: MLflow refuses one whose creation was interrupted.
    """
    from mlflow import MlflowClient

    database = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or database.exists():
        return
    partial = database.with_name(f"{database.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        MlflowClient(tracking_uri=f"{SQLITE}{partial}").search_experiments(max_results=1)
        with suppress(FileExistsError):  # another campaign made it meanwhile
            database.hardlink_to(partial)
    finally:
        partial.unlink(missing_ok=True)


def polycrystal_view(uri: str, experiment: str) -> str:
    """Return the path of the MLflow page that lists a campaign's polycrystals, best conductivity first.

    The columns are those of VIEW_COLUMNS. MLflow reads them from a tag of the experiment, as it does for a view that is
    shared by its own button. Empty if the campaign has no run yet.
    """
    from mlflow import MlflowClient

    create_database(uri)
    client = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return ""
    view: dict[str, object] = {"searchFilter": POLYCRYSTALS, "orderByKey": VIEW_ORDER, "orderByAsc": False}
    view |= {"selectedColumns": list(VIEW_COLUMNS)}
    client.set_experiment_tag(found.experiment_id, f"mlflow.sharedViewState.{VIEW}", json.dumps(view))
    return f"/#/experiments/{found.experiment_id}/runs?viewStateShareKey={VIEW}"


def _text(value: object) -> str:
    """Format a parameter for searches: 300, not 300.0."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)[:LONGEST_PARAM]


class MLflowTracker:
    """Writer to MLflow through `MlflowClient` with explicit run ids, without global state.

    Args:
        uri: MLflow tracking URI.
        experiment: name of the experiment, one per campaign name.
        artifact_folder: artifacts of a database store; a server has its own.
        campaign_id: identity of the campaign folder, which identifies its parent run.
        params: settings of the campaign.
    """

    def __init__(
        self,
        uri: str,
        experiment: str,
        artifact_folder: Path,
        campaign_id: str,
        params: Mapping[str, object],
        spec: Path,
    ):
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        # short retries: an unavailable server is tried again later
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
        from mlflow import MlflowClient

        create_database(uri)
        self.client = MlflowClient(tracking_uri=uri)
        self.experiment = experiment
        self.experiment_id = self._experiment(experiment, None if uri.startswith("http") else artifact_folder)
        self._known = self._finished_runs(campaign_id)
        self.parent = self._parent(experiment, campaign_id, params, spec)
        self.campaign_id = campaign_id

    def _experiment(self, name: str, artifacts: Path | None) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return found.experiment_id
        location = artifacts.resolve().as_uri() if artifacts is not None else None
        return self.client.create_experiment(name, artifact_location=location)

    def _finished_runs(self, campaign_id: str) -> dict[str, str]:
        """Map keys to ids of finished runs; delete unfinished runs of a killed tracker."""
        known, token = {}, None
        while True:
            page = self.client.search_runs(
                [self.experiment_id], f"tags.`{CAMPAIGN_TAG}` = '{campaign_id}'", max_results=1000, page_token=token
            )
            for run in page:
                key = run.data.tags.get(KEY_TAG)
                if key and run.info.status == "FINISHED":
                    known[key] = run.info.run_id
                elif key and key != campaign_id:
                    self.client.delete_run(run.info.run_id)
                elif key:
                    known[key] = run.info.run_id
            token = page.token
            if not token:
                return known

    def _parent(self, name: str, campaign_id: str, params: Mapping[str, object], spec: Path) -> str:
        if campaign_id in self._known:
            run_id = self._known[campaign_id]
            self.client.update_run(run_id, status="RUNNING")
        else:
            tags = {KEY_TAG: campaign_id, CAMPAIGN_TAG: campaign_id, STAGE_TAG: "campaign"}
            run_id = self.client.create_run(self.experiment_id, tags=tags, run_name=name).info.run_id
            self._write_values(run_id, params, {}, {})
        self.client.log_artifact(run_id, str(spec))
        return run_id

    def log(self, record: Record) -> None:
        """Log a work item as a child run, unless already logged."""
        if record.key in self._known:
            return
        tags = {KEY_TAG: record.key, CAMPAIGN_TAG: self.campaign_id, STAGE_TAG: record.stage}
        if record.nested:
            tags["mlflow.parentRunId"] = self.parent
        run_id = self.client.create_run(self.experiment_id, tags=tags, run_name=record.name).info.run_id
        self._write_values(run_id, record.params, record.metrics, record.series)
        for artifact in record.artifacts:
            self.client.log_artifact(run_id, str(artifact))
        if record.model:
            from argyro.actors.mlflow_registry import register

            register(self.client, run_id, Path(record.model), f"{self.experiment}-surrogate")
        self.client.set_terminated(run_id, "FINISHED")
        self._known[record.key] = run_id

    def _write_values(self, run_id: str, params: Mapping, metrics: Mapping, series: Mapping) -> None:
        from mlflow.entities import Metric, Param
        from mlflow.utils.time import get_current_time_millis

        now = get_current_time_millis()
        values = [Metric(name, float(value), now, 0) for name, value in metrics.items() if value is not None]
        values += [
            Metric(name, float(value), now, step)
            for name, curve in series.items()
            for step, value in enumerate(curve)
            if value is not None
        ]
        settings = [Param(name, _text(value)) for name, value in params.items()]
        for start in range(0, max(len(values), 1), 900):  # MLflow accepts at most 1000 metrics per batch
            self.client.log_batch(run_id, metrics=values[start : start + 900], params=settings if start == 0 else [])

    def finish(self, status: str, metrics: Mapping[str, float], artifacts: Sequence[Path]) -> None:
        """Close the parent run with the campaign's headline metrics and its report."""
        self._write_values(self.parent, {}, metrics, {})
        for artifact in artifacts:
            self.client.log_artifact(self.parent, str(artifact))
        self.client.set_terminated(self.parent, status)
