"""The smoke campaign, run once for all tests that look at its results."""

import json
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from argyro.campaigns.cli.main import main; main()"]


@pytest.fixture(scope="session")
def smoke():
    return Path(__file__).parents[2] / "campaigns" / "templates" / "smoke.yaml"


@dataclass(frozen=True)
class Ended:
    """A command that ended: exit status and what it printed."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def argyro():
    """Runs a command in this process and returns its exit status and output; an unexpected error fails the test."""

    def run(*arguments):
        from argyro.campaigns.cli.main import main

        handler = signal.getsignal(signal.SIGTERM)
        try:
            with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
                main([str(argument) for argument in arguments])
        except SystemExit as ended:
            return Ended(ended.code, out.getvalue(), err.getvalue())
        finally:
            signal.signal(signal.SIGTERM, handler)

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
def smoke_run(tmp_path_factory, smoke, argyro):
    """Folder and printed JSON of a smoke campaign that ran inline."""
    folder = tmp_path_factory.mktemp("smoke") / "inline"
    done = argyro("run", smoke, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout)


def pytest_collection_modifyitems(items):
    """Mark what needs the smoke campaign, minutes of a core, as slow."""
    for item in items:
        if "smoke_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
