"""Conductivities of two campaigns side by side."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from argyro.campaigns.cli.diff import _change, _conductivities
from argyro.campaigns.cli.output import console
from argyro.campaigns.pipeline.stages.homogenize import Polycrystal
from argyro.campaigns.results.compare import _compared, compared_results
from argyro.platform.common.estimate import Limits, Uncertain

CONDITIONS = {"composition": "Li6PS5Cl", "boundary": "bulk", "temperature_K": 300.0, "grain_size_nm": 100.0}


def polycrystal(sigma, disorder=0.5):
    return Polycrystal.model_construct(conductivity_mS_cm=sigma, disorder=disorder, **CONDITIONS)


def test_intervals_without_the_shared_bias_decide_whether_two_values_differ():
    """Both include the same bias of the reference, which widens them until they overlap."""
    low = Uncertain(2.0, 0.5, 8.0, given_reference=Limits(1.5, 2.5))
    high = Uncertain(6.0, 1.5, 24.0, given_reference=Limits(5.0, 7.0))
    found = _compared(polycrystal(low), polycrystal(high))
    assert found.ratio == 3.0 and not found.overlap
    assert _compared(polycrystal(Uncertain(2.0, 0.5, 8.0)), polycrystal(Uncertain(6.0, 1.5, 24.0))).overlap


def test_predicted_disorders_are_compared_although_they_differ(capsys):
    row = asdict(_compared(polycrystal(Uncertain(2.0, 1.0, 4.0), 0.62), polycrystal(Uncertain(3.0, 1.0, 4.0), 0.58)))
    assert row["disorder"] == 0.62 and row["b_disorder"] == 0.58
    console.print(_conductivities([row], Path("old"), Path("new")))
    assert "Li6PS5Cl 62 → 58 %" in capsys.readouterr().out


def test_a_material_of_one_campaign_is_shown_without_what_it_lacks():
    assert _change([], [{"composition": "Li6PS5Cl", "disorder": 0.5, "cif": None}]) == (
        "with composition Li6PS5Cl disorder 0.5"
    )


def test_files_have_no_results(tmp_path):
    assert compared_results(tmp_path / "a.yaml", tmp_path) == []


@pytest.mark.slow
def test_a_finished_campaign_equals_its_copy(smoke_run, argyro, tmp_path):
    shutil.copytree(smoke_run[0], tmp_path / "copy", ignore=shutil.ignore_patterns("mlflow*"))
    rows = json.loads(argyro("diff", smoke_run[0], tmp_path / "copy", "--json").stdout)["results"]
    assert {row["grain_size_nm"] for row in rows} == {20.0, 1000.0}
    assert all(row["ratio"] == 1.0 and row["overlap"] and row["a_mS_cm"] == row["b_mS_cm"] for row in rows)
    assert "overlap" in argyro("diff", smoke_run[0], tmp_path / "copy").stdout
