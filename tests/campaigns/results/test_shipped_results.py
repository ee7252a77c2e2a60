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
from argyro.surrogates.data.published import published_values
from argyro.surrogates.serving.bundled_model import shipped_folder
from argyro.surrogates.serving.predictor import Oracle

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
    assert answer["origin"]["label_source"].startswith("diep") and answer["origin"]["label_bias"]


def test_no_diffusivity_stands_without_interval_window_width_and_origin(results):
    valid, boundary = results[results.valid], results[results.direction != "bulk"]
    assert len(valid) > 60
    assert (valid.diffusivity_low_cm2_s <= valid.diffusivity_value_cm2_s).all()
    assert (valid.diffusivity_value_cm2_s <= valid.diffusivity_high_cm2_s).all()
    assert (valid.temperature_K > 0).all() and (valid.window_ps > 0).all()
    assert (boundary.width_nm > 0).all()
    assert results[~results.valid].reason.str.len().gt(0).all()
    assert results[["label_source", "diffusivity_key", "md_key", "structure_key", "potential_key"]].notna().all().all()


def test_the_results_are_of_the_campaign_that_is_shipped(shipped, results):
    asked = Campaign(**yaml.safe_load((shipped / "campaign.yaml").read_text()))
    assert set(results.composition) == {material.composition for material in asked.materials}
    assert set(results.boundary) == {"bulk", *asked.boundaries}
    assert set(results[results.boundary != "bulk"].composition) == set(asked.boundary_compositions)
    assert set(results.temperature_K) <= set(asked.temperatures_K) and len(set(results.temperature_K)) > 2
    size_MB = sum(file.stat().st_size for file in shipped.rglob("*") if file.is_file()) / 1e6
    assert size_MB < LARGEST_MB


def test_all_published_samples_are_in_the_domain_of_the_shipped_surrogate():
    oracle = Oracle.load(shipped_folder())
    compositions = {row.composition for row in published_values() if row.conductivity_S_cm}
    for composition in compositions | {"Li6.6P0.4Ge0.6S5I", "Li6PS4.75Se0.25Br"}:
        (answer,) = oracle.answers(composition, None, None, None, [298.0], [5000.0])
        assert answer["in_domain"], answer["warnings"]


@pytest.mark.parametrize("halide", ["Cl", "Br", "I"])
def test_the_potentials_hold_their_crystal(shipped, halide):
    crystal = build_bulk(f"Li6PS5{halide}", 0.0)
    crystal.calc = MTPCalculator(MTP.read(shipped / "potentials" / f"{'-'.join(sorted([halide, 'Li', 'P', 'S']))}.mtp"))
    assert abs(crystal.get_stress(voigt=True)[:3]).max() < 0.02  # eV/Å³, 3 GPa: near its lattice constant
    assert crystal.get_potential_energy() / len(crystal) < -3.5
