"""Damaged side files of a campaign's folder are made again or named; none blocks a resumed run."""

import json

import pytest

from argyro.actors.mlflow_queue import Spool
from argyro.actors.mlflow_tracker import Record
from argyro.campaigns.planning.machine_benchmark import campaign_costs
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.load import load_campaign
from argyro.campaigns.workload.costs import Costs
from argyro.platform.common.errors import InputError
from argyro.platform.execution.result_store import FORMAT_VERSION, Store
from argyro.platform.execution.stage import Contract, Stage, StageResult
from argyro.platform.execution.task import Task, execute
from argyro.platform.execution.work_item import WorkItem

GARBAGE = [b"", b"\x00\xff\xfe", b'{"a', b"[1]", b'"text"', b"null", b"{}", b"{" * 10000]


@pytest.fixture
def campaign(smoke):
    return load_campaign(smoke)


@pytest.fixture
def folder(campaign, tmp_path):
    made = CampaignFolder(tmp_path / "campaign")
    made.prepare(campaign)
    made.keep_costs(Costs(slowness=3.0))
    return made


@pytest.mark.parametrize("text", [*GARBAGE, b'{"slowness": -1.0}'], ids=range(9))
def test_damaged_costs_are_measured_again(folder, campaign, text):
    assert folder.costs().slowness == 3.0
    (folder.root / "costs.json").write_bytes(text)
    assert folder.costs() is None
    assert campaign_costs(folder, campaign) == Costs() == folder.costs()


@pytest.mark.parametrize("text", GARBAGE, ids=range(8))
def test_a_damaged_campaign_file_is_named_and_the_next_run_makes_it_again(folder, campaign, text):
    folder.spec_file.write_bytes(text)
    with pytest.raises(InputError, match=r"campaign.yaml is missing or damaged; .*argyro run SPEC.yaml --workdir"):
        folder.campaign()
    folder.prepare(campaign)
    assert folder.campaign() == campaign


def test_a_campaign_file_of_another_version_names_the_unknown_setting(folder):
    text = folder.spec_file.read_text()
    folder.spec_file.write_text(text.replace("potential:\n", "potential:\n  old_setting: 1\n"))
    with pytest.raises(InputError, match=r"another version of argyro: it holds potential\.old_setting, .*argyro run"):
        folder.campaign()


@pytest.mark.parametrize("text", GARBAGE, ids=range(8))
def test_a_damaged_marker_is_named_and_the_next_run_makes_it_again(folder, campaign, text):
    (folder.root / "campaign.json").write_bytes(text)
    with pytest.raises(InputError, match=r"campaign.json is missing or damaged; .*argyro run SPEC.yaml --workdir"):
        folder.campaign()
    assert folder.prepare(campaign) and folder.campaign() == campaign


class Numbered(Contract):
    n: int


STAGE = Stage("test", 1, lambda context: StageResult(), Numbered, StageResult)


def test_a_damaged_journal_loses_no_entry_but_the_damaged(folder):
    task = Task(WorkItem("test", 1, {"n": 1}), STAGE, {}, str(folder.root / "store"), folder.scratch)
    execute(task)
    journal = folder.scratch / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(
        whole + b'[1]\n{"key": 1}\n\x00\xff\n{"key": "k", "stage": "s", "seconds": "x", "time": 1}\n' + whole[:20]
    )
    execute(Task(WorkItem("test", 1, {"n": 2}), STAGE, {}, str(folder.root / "store"), folder.scratch))
    keys = [entry["key"] for entry in folder.journal()]
    assert keys == [WorkItem("test", 1, {"n": n}).key for n in (1, 2)]


@pytest.mark.parametrize("text", GARBAGE, ids=range(8))
def test_a_damaged_format_file_of_the_store_is_made_again(tmp_path, text):
    Store(tmp_path)
    (tmp_path / "format.json").write_bytes(text)
    Store(tmp_path)
    assert json.loads((tmp_path / "format.json").read_text()) == {"argyro_store": FORMAT_VERSION}


@pytest.mark.parametrize("text", GARBAGE, ids=range(8))
def test_a_damaged_record_for_mlflow_is_set_aside_and_written_again(tmp_path, text):
    from argyro.actors.mlflow_uploader import Delivery

    spool = Spool(tmp_path, "destination")
    spool.put(Record("key1", "run", "md"))
    spool.put(Record("key2", "run", "md"))
    (spool.waiting_folder / "key1.json").write_bytes(text)
    told = []
    tracker = type("Tracker", (), {"log": lambda self, record: told.append(record.key)})()
    Delivery(tmp_path, "destination", {})._deliver(tracker)
    assert told == ["key2"] and spool.waiting() == []
    assert "damaged" in (spool.refused_folder / "key1.log").read_text()
    assert "key1" not in Spool(tmp_path, "destination")


def test_a_damaged_list_of_what_mlflow_has_counts_what_can_be_read(tmp_path):
    spool = Spool(tmp_path, "destination")
    spool.mark("key1")
    (tmp_path / "logged").write_bytes((tmp_path / "logged").read_bytes() + b"\xff\xfe")
    assert "key1" in Spool(tmp_path, "destination")
