"""The tracker writes to a real MLflow database, once per work item."""

import pytest
from mlflow import MlflowClient

from argyro.actors.mlflow_tracker import (
    CAMPAIGN_TAG,
    KEY_TAG,
    MLflowTracker,
    Record,
    create_database,
    default_tracking_uri,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One database for all tests: making one takes MLflow seconds."""
    return default_tracking_uri(tmp_path_factory.mktemp("mlflow"))


@pytest.fixture
def open_tracker(tmp_path, database, request):
    """Opens, or opens again, the tracker of an experiment of the test's own."""
    name, spec = request.node.name, tmp_path / "campaign.yaml"
    spec.write_text("name: test\n")
    return lambda: MLflowTracker(database, name, tmp_path / "artifacts", name, {"seed": 1}, spec)


def runs(tracker, condition):
    return tracker.client.search_runs([tracker.experiment_id], condition)


def test_a_record_becomes_a_finished_child_run(open_tracker, tmp_path):
    (tmp_path / "msd.png").write_bytes(b"picture")
    tracker = open_tracker()
    tracker.log(
        Record(
            "key1",
            "md/Li6PS5Br/600 K",
            "md",
            params={"composition": "Li6PS5Br", "temperature_K": 600},
            metrics={"bulk_value_cm2_s": 2e-6, "absent": None},
            series={"force_meV_A": [90.0, None, 50.0]},
            artifacts=[tmp_path / "msd.png"],
        )
    )
    (run,) = runs(tracker, "params.composition = 'Li6PS5Br' and metrics.bulk_value_cm2_s > 1e-6")
    assert run.info.status == "FINISHED" and run.info.run_name == "md/Li6PS5Br/600 K"
    assert run.data.tags["mlflow.parentRunId"] == tracker.parent
    history = tracker.client.get_metric_history(run.info.run_id, "force_meV_A")
    assert [(point.step, point.value) for point in history] == [(0, 90.0), (2, 50.0)]
    assert [file.path for file in tracker.client.list_artifacts(run.info.run_id)] == ["msd.png"]


def test_a_key_is_logged_once_even_by_a_restarted_tracker(open_tracker):
    record = Record("key1", "run", "md")
    first = open_tracker()
    first.log(record)
    first.log(record)
    second = open_tracker()
    second.log(record)
    assert len(runs(second, f"tags.`{KEY_TAG}` = 'key1'")) == 1
    assert second.parent == first.parent


def test_a_run_left_unfinished_by_a_killed_tracker_is_replaced(open_tracker):
    tracker = open_tracker()
    tags = {KEY_TAG: "key1", CAMPAIGN_TAG: tracker.campaign_id}
    tracker.client.create_run(tracker.experiment_id, tags=tags)
    again = open_tracker()
    again.log(Record("key1", "run", "md"))
    (run,) = runs(again, f"tags.`{KEY_TAG}` = 'key1'")
    assert run.info.status == "FINISHED"


def test_finishing_closes_the_parent_with_its_headline(open_tracker):
    tracker = open_tracker()
    tracker.finish("FINISHED", {"best_conductivity_mS_cm": 3.0}, [])
    parent = tracker.client.get_run(tracker.parent)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["best_conductivity_mS_cm"] == 3.0 and parent.data.params["seed"] == "1"


def test_thousands_of_values_are_written_in_batches(open_tracker):
    tracker = open_tracker()
    tracker.log(Record("key1", "run", "md", series={"x": [float(i) for i in range(2500)]}))
    (run,) = runs(tracker, f"tags.`{KEY_TAG}` = 'key1'")
    assert len(tracker.client.get_metric_history(run.info.run_id, "x")) == 2500


def test_a_database_whose_creation_was_interrupted_does_not_appear(tmp_path, monkeypatch):
    uri, created, search = default_tracking_uri(tmp_path), [], MlflowClient.search_experiments

    def interrupted(client, **options):
        search(client, **options)
        created.extend(tmp_path.iterdir())
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "search_experiments", interrupted)
        with pytest.raises(KeyboardInterrupt):
            create_database(uri)
    assert created and not list(tmp_path.iterdir())
    create_database(uri)
    create_database(uri)
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]
    assert [found.name for found in MlflowClient(tracking_uri=uri).search_experiments()] == ["Default"]
