"""The smoke campaign, run once for all tests that look at its results."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMOKE = ROOT / "campaigns" / "smoke.yaml"


def argyro(*arguments, timeout=900):
    """Run a command of the command line in a process of its own."""
    command = [sys.executable, "-c", "from argyro.campaigns.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Folder and printed JSON of a smoke campaign that ran inline."""
    folder = tmp_path_factory.mktemp("smoke") / "inline"
    done = argyro("run", SMOKE, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout)
