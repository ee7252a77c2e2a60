"""Altered potentials, active sets and cells under sanitizers; `make fuzz` does it for ten minutes."""

import shutil

import fuzz
import pytest

SECONDS = 30.0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="the driver needs g++")
def test_no_altered_file_breaks_the_kernel():
    assert fuzz.main(SECONDS, seed=1) == 0
