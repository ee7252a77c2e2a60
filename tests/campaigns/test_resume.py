"""Killing a campaign at random moments loses nothing that was finished; on Ray it gives the keys of the inline run."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from argyro.campaigns.build import build_graph
from argyro.campaigns.folder import CampaignFolder
from tests.campaigns.conftest import SMOKE, argyro

pytestmark = pytest.mark.slow


def start(folder):
    code = "from argyro.campaigns.cli import main; main()"
    command = [sys.executable, "-c", code, "run", str(SMOKE), "--workdir", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_three_kills_on_ray_and_nothing_is_computed_twice(tmp_path):
    folder, dice = tmp_path / "killed", random.Random(7)
    for _ in range(3):
        process = start(folder)
        wait_for_progress(folder, process, dice.uniform(2, 12))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = argyro("run", SMOKE, "--workdir", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["complete"]
    keys = [entry["key"] for entry in CampaignFolder(folder).journal()]
    assert len(keys) == len(set(keys)), "an item was computed twice"
    campaign = CampaignFolder(folder).campaign()
    store, items = CampaignFolder(folder).store(campaign), build_graph(campaign).items()
    assert set(keys) == {item.key for item in items.values()}
    for item in items.values():
        store.path(item)  # every checksum


def wait_for_progress(folder, process, seconds):
    """Until an item more is finished than when we came, then for some seconds; so that every kill hits new work."""
    journal = folder / "scratch" / "journal.jsonl"
    before = journal.stat().st_size if journal.exists() else 0
    while process.poll() is None and (not journal.exists() or journal.stat().st_size == before):
        time.sleep(0.1)
    time.sleep(seconds)


def test_ray_and_inline_agree(finished, tmp_path):
    """Same keys by construction; the engines' threads do not change what a seed gives, up to the noise of MD."""
    inline = {path.name for path in (finished[0] / "store" / "items").glob("*/*")}
    folder = tmp_path / "ray"
    done = argyro("run", SMOKE, "--workdir", folder, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in (folder / "store" / "items").glob("*/*")} == inline
    rows = {row["grain_size_nm"]: row["conductivity_mS_cm"] for row in json.loads(done.stdout)["ranking"]}
    for row in finished[1]["ranking"]:
        here, there = row["conductivity_mS_cm"], rows[row["grain_size_nm"]]
        assert here["low"] < there["value"] < here["high"]
