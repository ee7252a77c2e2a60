"""Settings of the whole suite: one thread for each library, and groups of tests that one worker runs in turn."""

import os
import re
import sys
from functools import cache
from pathlib import Path

import pytest

# Two workers share two cores: a library with more threads would only wait for the other's. Set before any is imported.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["MPLBACKEND"] = "Agg"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

# Makes the synthetic laws importable, which several rooms' tests use.
sys.path.insert(0, str(Path(__file__).parent / "surrogates"))

# Files whose tests share the finished smoke campaign, or start clusters and campaigns that would slow each other down.
ONE_AFTER_ANOTHER = re.compile(r"\bsmoke_run\b|\bstart_argyro\b|\bray_cluster\b|cluster_of_nodes")


@cache
def group(file):
    """Tests of a group run in one worker, in turn: the group of long ones above, else those of one file."""
    text = (Path(__file__).parent.parent / file).read_text()
    shared = file.startswith(("tests/campaigns", "tests/actors")) and ONE_AFTER_ANOTHER.search(text)
    return "campaigns" if shared else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Send groups of tests to the workers; xdist's own groups (3.8) are lost on pytest 9.2."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid.partition("::")[0])

    return Groups(config, log)
