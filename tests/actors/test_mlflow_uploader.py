"""MLflow may be away, come back, or refuse a record: records wait on disk, and none is told twice."""

import math
import shutil
import time

import pytest

from argyro.actors.mlflow_queue import Spool
from argyro.actors.mlflow_tracker import KEY_TAG, Record
from argyro.actors.mlflow_uploader import Delivery


@pytest.fixture(scope="module")
def fresh_database(tmp_path_factory):
    """Made once: it takes MLflow seconds."""
    from mlflow import MlflowClient

    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{file}").search_experiments()
    return file


class Server:
    """A database that is away at first: a plain file stands where its folder should be."""

    def __init__(self, folder, fresh_database):
        self.folder, self.fresh_database = folder, fresh_database
        folder.write_text("")

    def come_back(self):
        self.folder.unlink()
        self.folder.mkdir()
        shutil.copy(self.fresh_database, self.folder)


@pytest.fixture
def server(tmp_path, fresh_database):
    return Server(tmp_path / "server", fresh_database)


@pytest.fixture
def open_delivery(tmp_path, server):
    (tmp_path / "campaign.yaml").write_text("name: test\n")

    def opened(uri=f"sqlite:///{server.folder}/mlflow.db"):
        tracker = {
            "uri": uri,
            "experiment": "test",
            "artifact_folder": tmp_path / "artifacts",
            "campaign_id": "id",
            "params": {},
            "spec": tmp_path / "campaign.yaml",
        }
        return Delivery(tmp_path / "spool", uri, tracker)

    return opened


def logged(delivery, key):
    tracker = delivery._tracker
    return tracker.client.search_runs([tracker.experiment_id], f"tags.`{KEY_TAG}` = '{key}'")


def test_records_wait_while_mlflow_is_away_and_are_told_once_when_it_is_back(open_delivery, server):
    first = open_delivery()
    first.spool.put(Record("key1", "md/600 K", "md", metrics={"density_g_cm3": 1.9}))
    assert "Error" in first.deliver()
    assert [file.stem for file in first.spool.waiting()] == ["key1"] and "key1" not in first.spool
    server.come_back()
    again = open_delivery()  # a later run, or a restarted actor
    again.spool.put(Record("key2", "md/700 K", "md"))
    assert again.deliver() == ""
    assert again.spool.waiting() == [] and "key1" in again.spool
    (run,) = logged(again, "key1")
    assert run.data.metrics == {"density_g_cm3": 1.9}
    again.spool.put(Record("key1", "md/600 K", "md"))
    again._retry_at = 0.0
    assert again.deliver() == "" and len(logged(again, "key1")) == 1


def test_a_record_that_mlflow_refuses_does_not_hold_up_the_others(open_delivery, server):
    server.come_back()
    delivery = open_delivery()
    delivery.spool.put(Record("a", "bad name of a metric", "md", metrics={"σ?": 1.0}))
    delivery.spool.put(Record("b", "good", "md", metrics={"finite": math.pi}))
    assert delivery.finish("FINISHED", {}, [], mark="end") == ""
    assert len(logged(delivery, "b")) == 1 and "end" in delivery.spool
    assert "metrics[0].name" in (delivery.spool.refused_folder / "a.log").read_text()


def test_a_closed_port_is_given_up_soon_and_not_asked_again_at_once(open_delivery):
    delivery = open_delivery("http://127.0.0.1:1")
    delivery.spool.put(Record("a", "run", "md"))
    began = time.monotonic()
    assert "127.0.0.1" in delivery.deliver()
    assert time.monotonic() - began < 30
    began = time.monotonic()
    assert "127.0.0.1" in delivery.deliver()
    assert time.monotonic() - began < 1  # an attempt takes four


def test_another_destination_has_been_told_nothing(tmp_path):
    spool = Spool(tmp_path, "sqlite A")
    spool.mark("key1")
    assert "key1" in Spool(tmp_path, "sqlite A") and "key1" not in Spool(tmp_path, "sqlite B")
