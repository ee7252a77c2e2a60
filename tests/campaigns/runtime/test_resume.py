"""A campaign on Ray, killed at random moments: nothing is computed twice, and it ends where the inline run ended."""

import json
import os
import random
import signal
import time

import pytest

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.runtime.workspace import CampaignFolder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def killed(tmp_path_factory, smoke, argyro, start_argyro):
    """Folder and printed JSON of a smoke campaign on Ray that was killed three times and then ran to its end."""
    folder, dice = tmp_path_factory.mktemp("smoke") / "killed", random.Random(7)
    for _ in range(3):
        process = start_argyro("run", smoke, "--workdir", folder)
        wait_for_progress(folder, process, dice.uniform(2, 12))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = argyro("run", smoke, "--workdir", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout)


def wait_for_progress(folder, process, seconds):
    """Until an item more is finished than when we came, then for some seconds; so that every kill hits new work."""
    journal = folder / "scratch" / "journal.jsonl"
    before = journal.stat().st_size if journal.exists() else 0
    while process.poll() is None and (not journal.exists() or journal.stat().st_size == before):
        time.sleep(0.1)
    time.sleep(seconds)


def test_nothing_is_computed_twice_and_nothing_is_lost(killed):
    folder, outcome = killed
    assert outcome["complete"]
    keys = [entry["key"] for entry in CampaignFolder(folder).journal()]
    assert len(keys) == len(set(keys)), "an item was computed twice"
    campaign = CampaignFolder(folder).campaign()
    store, items = CampaignFolder(folder).store(campaign), build_graph(campaign).items()
    assert set(keys) == {item.key for item in items.values()}
    for item in items.values():
        store.path(item)  # every checksum


def test_ray_ends_where_inline_ended(killed, smoke_run):
    """The same keys and, though learning was killed, the same potential; killed dynamics may differ by its noise."""
    inline, ray = ((folder / "store" / "items") for folder, _ in (smoke_run, killed))
    assert {path.name for path in ray.glob("*/*")} == {path.name for path in inline.glob("*/*")}
    for path in inline.glob("learn/*/potential.mtp"):
        assert (ray / path.relative_to(inline)).read_bytes() == path.read_bytes()
    rows = {row["grain_size_nm"]: row["conductivity_mS_cm"] for row in killed[1]["ranking"]}
    for row in smoke_run[1]["ranking"]:
        here, there = row["conductivity_mS_cm"], rows[row["grain_size_nm"]]
        assert max(here["low"], there["low"]) < min(here["high"], there["high"])
