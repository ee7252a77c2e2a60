"""Settings of the whole suite: one thread for each library, and groups of tests that one worker runs in turn."""

import os

import pytest

# Two workers share two cores: a library with more threads would only wait for the other's. Set before any is imported.
for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["MPLBACKEND"] = "Agg"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

# A test that needs one of these fixtures joins its group, so that the suite starts each of them once.
FIXTURES = ("finished", "ray_cluster")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Give each test a group: that of a shared fixture or of a mark, else its file (for ``--dist loadgroup``)."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            file = item.nodeid.partition("::")[0]
            group = next((name for name in FIXTURES if name in item.fixturenames), file)
            item.add_marker(pytest.mark.xdist_group(group))
