"""The smoke campaign, run once for all tests that look at its results."""

import json
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from argyro.campaigns.cli.main import main; main()"]


@pytest.fixture(scope="session")
def smoke():
    return Path(__file__).parents[2] / "campaigns" / "templates" / "smoke.yaml"


@pytest.fixture(scope="session")
def argyro():
    """Runs a command of the command line in a process of its own, to its end."""

    def run(*arguments):
        return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=1200)

    return run


@pytest.fixture(scope="session")
def start_argyro():
    """Starts a command and leaves it running; its output is kept for who wants to read it."""

    def start(*arguments, read=False):
        output = subprocess.PIPE if read else subprocess.DEVNULL
        # tests that run in the background of a shell inherit that Ctrl-C is ignored
        hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        command = [*COMMAND, *map(str, arguments)]
        return subprocess.Popen(command, stdout=output, stderr=output, text=True, preexec_fn=hear)

    return start


@pytest.fixture(scope="session")
def finished(tmp_path_factory, smoke, argyro):
    """Folder and printed JSON of a smoke campaign that ran inline."""
    folder = tmp_path_factory.mktemp("smoke") / "inline"
    done = argyro("run", smoke, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout)
