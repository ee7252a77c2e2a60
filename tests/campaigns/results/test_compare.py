"""Conductivities of two campaigns side by side."""

import json
import shutil

import pytest

from argyro.campaigns.pipeline.stages.homogenize import Polycrystal
from argyro.campaigns.results.compare import _compared, compared_results
from argyro.platform.common.estimate import Limits, Uncertain

KEY = ("Li6PS5Cl", 0.5, "bulk", 300.0, 100.0)


def polycrystal(sigma):
    return Polycrystal.model_construct(conductivity_mS_cm=sigma)


def test_intervals_without_the_shared_bias_decide_whether_two_values_differ():
    """Both include the same bias of the reference, which widens them until they overlap."""
    low = Uncertain(2.0, 0.5, 8.0, given_reference=Limits(1.5, 2.5))
    high = Uncertain(6.0, 1.5, 24.0, given_reference=Limits(5.0, 7.0))
    found = _compared(KEY, polycrystal(low), polycrystal(high))
    assert found.ratio == 3.0 and not found.overlap
    assert _compared(KEY, polycrystal(Uncertain(2.0, 0.5, 8.0)), polycrystal(Uncertain(6.0, 1.5, 24.0))).overlap


def test_files_have_no_results(tmp_path):
    assert compared_results(tmp_path / "a.yaml", tmp_path) == []


@pytest.mark.slow
def test_a_finished_campaign_equals_its_copy(smoke_run, argyro, tmp_path):
    shutil.copytree(smoke_run[0], tmp_path / "copy", ignore=shutil.ignore_patterns("mlflow*"))
    rows = json.loads(argyro("diff", smoke_run[0], tmp_path / "copy", "--json").stdout)["results"]
    assert {row["grain_size_nm"] for row in rows} == {20.0, 1000.0}
    assert all(row["ratio"] == 1.0 and row["overlap"] and row["a_mS_cm"] == row["b_mS_cm"] for row in rows)
    assert "overlap" in argyro("diff", smoke_run[0], tmp_path / "copy").stdout
