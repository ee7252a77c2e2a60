"""`argyro status` on folders in every state, made of stub results; and what Ctrl-C leaves behind."""

import fcntl
import json
import os
import signal
import time
from dataclasses import replace

import pytest
import yaml

from argyro.campaigns.cli.main import main
from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.reporting.status import STATES, StatusReader
from argyro.campaigns.runtime.failed_items import first_line, keep_log, quarantined
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.execution.task import Outcome, lock_file


@pytest.fixture
def folder(tmp_path, smoke):
    """A smoke campaign whose structures are done, an hour ago at one a minute."""
    folder = CampaignFolder(tmp_path / "campaign")
    folder.prepare(Campaign.model_validate(yaml.safe_load(smoke.read_text())))
    store, items = folder.store(folder.campaign()), build_graph(folder.campaign()).items()
    structures = [item for name, item in items.items() if name.startswith("structure/")]
    for item in structures:
        work = folder.scratch / item.key
        work.mkdir()
        store.commit(item, work, {}, 60.0)
    lines = [
        {"key": item.key, "stage": "structure", "seconds": 60.0, "time": time.time() - 60 * number, "pid": 1}
        for number, item in enumerate(structures)
    ]
    (folder.scratch / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def items_of(folder):
    return build_graph(folder.campaign()).items()


def state_of(document, stage):
    row = next(row for row in document["stages"] if row["name"] == stage)
    return {state: row[state] for state in STATES if row[state]}


@pytest.fixture
def at_work(folder):
    """Holds the folder as a run does."""
    with (folder.scratch / "run.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def test_a_store_outside_of_the_folder_is_read_with_consent_only(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(folder.root)
    content = yaml.safe_load(folder.spec_file.read_text()) | {"store": str(tmp_path / "elsewhere")}
    folder.spec_file.write_text(yaml.safe_dump(content))
    for command in (["status"], ["report"], ["export", "--out", "out"]):
        with pytest.raises(SystemExit) as end:
            main([command[0], str(folder.root), *command[1:]])
        assert end.value.code == 2 and "--outside" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(SystemExit) as end:
        main(["status", str(folder.root), "--outside", "--json"])
    assert not end.value.code and json.loads(capsys.readouterr().out)["name"] == "smoke"


def test_a_folder_at_rest(folder):
    document = StatusReader(folder.root).read()
    assert not document["active"] and document["errors"] == [] == document["running"]
    assert state_of(document, "structure") == {"done": 2} and state_of(document, "md") == {"waiting": 4}
    total = sum(sum(row[state] for state in STATES) for row in document["stages"])
    assert total == len(items_of(folder))


def test_pace_and_time_left(folder):
    document = StatusReader(folder.root).read()
    assert document["items_per_hour"] == pytest.approx(60, rel=0.1)  # two items, a minute each, one after the other
    assert document["hours_left"] is None  # two structures of a whole campaign are no pace
    with (folder.scratch / "journal.jsonl").open("a") as journal:
        journal.write(json.dumps({"key": "old", "stage": "md", "seconds": 60.0, "time": time.time() - 1800}) + "\n")
    assert StatusReader(folder.root).read()["hours_left"] > 0


def test_what_runs_says_how_far_it_is(folder, at_work):
    (name, item) = next((n, i) for n, i in items_of(folder).items() if n.startswith("learn/"))
    lock_file(folder.scratch, item.key).touch()
    (folder.scratch / f"{item.key}.progress.json").write_text('{"fraction": 0.5, "text": "round 3"}')
    document = StatusReader(folder.root).read()
    assert document["active"] and state_of(document, "learn") == {"running": 1}
    assert document["running"] == [{"name": name, "fraction": 0.5, "text": "round 3"}]


def test_what_a_killed_run_left_unfinished_waits(folder):
    item = next(i for n, i in items_of(folder).items() if n.startswith("learn/"))
    (folder.scratch / item.key).mkdir()
    lock = lock_file(folder.scratch, item.key)
    lock.touch()
    os.utime(lock, (1, 1))
    assert state_of(StatusReader(folder.root).read(), "learn") == {"waiting": 1}


def test_a_quarantined_item_bars_what_needs_it(folder):
    name, item = next((n, i) for n, i in items_of(folder).items() if n.startswith("learn/"))
    quarantine = folder.scratch / "quarantine"
    quarantine.mkdir()
    (quarantine / f"{item.key}.log").write_text(f"{name}\n\nArgyroError: no labels\n\nTraceback ...")
    (quarantine / "of-an-older-key.log").write_text(f"{name}\n\nArgyroError: long mended")
    document = StatusReader(folder.root).read()
    assert state_of(document, "learn") == {"quarantined": 1} and state_of(document, "md") == {"failed": 4}
    (error,) = document["errors"]
    assert error.startswith(f"{name}: ArgyroError: no labels (log: ") and f"{item.key}.log" in error
    graph = build_graph(folder.campaign())
    found = quarantined(folder.scratch, graph, missing=lambda item: True)
    assert {name: first_line(log) for name, log in found.items()} == {name: "ArgyroError: no labels"}
    assert quarantined(folder.scratch, graph, missing=lambda item: False) == {}


def test_a_failed_attempt_counts_at_once_until_the_next_one_starts(folder, at_work):
    name, item = next((n, i) for n, i in items_of(folder).items() if n.startswith("microstructure/"))
    keep_log(folder.scratch, name, Outcome(item.key, "failed", error="ArgyroError: no mesh"), retried=True)
    document = StatusReader(folder.root).read()
    assert state_of(document, "microstructure") == {"failed": 1}
    (error,) = document["errors"]
    assert error.startswith(f"{name}: ArgyroError: no mesh (log: ")
    lock_file(folder.scratch, item.key).touch()
    document = StatusReader(folder.root).read()
    assert state_of(document, "microstructure") == {"running": 1} and document["errors"] == [error]
    work = folder.scratch / item.key
    work.mkdir()
    folder.store(folder.campaign()).commit(item, work, {}, 1.0)
    document = StatusReader(folder.root).read()
    assert state_of(document, "microstructure") == {"done": 1} and document["errors"] == []


def test_a_reader_sees_what_came_since(folder):
    reader = StatusReader(folder.root)
    assert state_of(reader.read(), "microstructure") == {"waiting": 1}
    item = next(i for n, i in items_of(folder).items() if n.startswith("microstructure/"))
    work = folder.scratch / item.key
    work.mkdir()
    folder.store(folder.campaign()).commit(item, work, {}, 1.0)
    assert state_of(reader.read(), "microstructure") == {"done": 1}


def test_items_of_an_earlier_version_are_announced(folder):
    """Two microstructures and one MD run of an earlier version, and an analysis that depends on the run."""
    items, store = items_of(folder), folder.store(folder.campaign())

    def finish(item):
        work = folder.scratch / item.key
        work.mkdir()
        store.commit(item, work, {}, 1.0)
        return item

    def earlier(prefix):
        item = next(i for n, i in items.items() if n.startswith(prefix))
        return finish(replace(item, version=item.version - 1))

    structure, run = earlier("structure/"), earlier("md/")  # the structure has a new result already
    analysis = next(i for n, i in items.items() if n.startswith("diffusivity/"))
    finish(replace(analysis, parents={"md": [run.key]}))
    finish(replace(analysis, inputs={"other": "campaign"}, parents={}))
    (warning,) = StatusReader(folder.root).read()["warnings"]
    assert warning == (
        "1 finished item is of an earlier version of the stage and will be computed again "
        f"(1 of md: version {run.version}, now {run.version + 1}), with 1 finished item that depends on it"
    )
    assert structure.key in store.keys("structure")


def test_the_command_names_the_way_on(folder, argyro):
    done = argyro("status", folder.root)
    assert f"argyro run {folder.root}/campaign.yaml --workdir {folder.root}" in " ".join(done.stdout.split())
    document = json.loads(argyro("status", folder.root, "--json").stdout)
    keys = {"name", "active", "stages", "running", "items_per_hour", "hours_left", "errors", "acquisition", "warnings"}
    keys |= {"reference_checks"}
    assert keys == set(document)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "end of a batch job"])
@pytest.mark.parametrize("options", [["--inline"], []], ids=["inline", "on Ray"])
def test_a_stopped_run_says_how_to_go_on(number, options, smoke, start_argyro, tmp_path):
    folder = tmp_path / "stopped"
    process = start_argyro("run", smoke, "--workdir", folder, *options, read=True)
    while not (folder / "scratch" / "journal.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1 and "Traceback" not in errors
    assert " ".join(["argyro run", str(smoke), "--workdir", str(folder), *options]) in " ".join(errors.split())


def test_the_page_of_a_server_is_the_servers(folder, argyro):
    spec = yaml.safe_load(folder.spec_file.read_text()) | {"tracking": "http://mlflow.example:5000"}
    folder.spec_file.write_text(yaml.safe_dump(spec))
    assert "http://mlflow.example:5000" in argyro("ui", folder.root).stdout
