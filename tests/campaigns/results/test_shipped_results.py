"""Results of the reference campaign in the package: complete and small."""

import json
from importlib.resources import files

import pandas as pd
import pytest
import yaml

from argyro.campaigns.spec.schema import Campaign
from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

LARGEST_MB = 30


@pytest.fixture(scope="module")
def shipped():
    return files("argyro.campaigns") / "reference"


@pytest.fixture(scope="module")
def results(shipped):
    return pd.read_parquet(shipped / "results.parquet")


def test_a_fresh_installation_answers_without_training(argyro):
    asked = ["--composition", "Li6PS5Br", "--disorder", 0.25, "--boundary", "sigma5(001)[001]"]
    done = argyro("predict", *asked, "--temperature", 300, "--grain-size-nm", 100, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and answer["in_domain"]
    for key in ("conductivity_mS_cm", "effective_cm2_s", "bulk_cm2_s", "boundary_parallel_cm2_s"):
        assert 0 < answer[key]["low"] < answer[key]["value"] < answer[key]["high"]
    assert answer["origin"]["label_source"].startswith("sevennet") and answer["origin"]["label_bias"]


def test_no_diffusivity_stands_without_interval_window_width_and_origin(results):
    valid, boundary = results[results.valid], results[results.direction != "bulk"]
    assert len(valid) > 100
    assert (valid.diffusivity_low_cm2_s <= valid.diffusivity_value_cm2_s).all()
    assert (valid.diffusivity_value_cm2_s <= valid.diffusivity_high_cm2_s).all()
    assert (valid.temperature_K > 0).all() and (valid.window_ps > 0).all()
    assert (boundary.width_nm > 0).all()
    assert results[~results.valid].reason.str.len().gt(0).all()
    assert results[["label_source", "diffusivity_key", "md_key", "structure_key", "potential_key"]].notna().all().all()


def test_the_results_are_of_the_campaign_that_is_shipped(shipped, results):
    asked = Campaign(**yaml.safe_load((shipped / "campaign.yaml").read_text()))
    assert set(results.material) == {material.label for material in asked.materials}
    assert set(results.boundary) == {"bulk", *asked.boundaries}
    assert set(results.temperature_K) == set(asked.temperatures_K)
    size_MB = sum(file.stat().st_size for file in shipped.rglob("*") if file.is_file()) / 1e6
    assert size_MB < LARGEST_MB


@pytest.mark.parametrize("halide", ["Cl", "Br", "I"])
def test_the_potentials_hold_their_crystal(shipped, halide):
    crystal = build_bulk(f"Li6PS5{halide}", 0.0)
    crystal.calc = MTPCalculator(MTP.read(shipped / "potentials" / f"{'-'.join(sorted([halide, 'Li', 'P', 'S']))}.mtp"))
    assert abs(crystal.get_stress(voigt=True)[:3]).max() < 0.02  # eV/Å³, 3 GPa: near its lattice constant
    assert crystal.get_potential_energy() / len(crystal) < -3.5
