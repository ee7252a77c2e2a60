"""Numbers beside published values: which rows a ranking gives."""

import pytest

from argyro.campaigns.pipeline.stages.homogenize import Polycrystal
from argyro.campaigns.reporting.published_values import published_rows
from argyro.platform.common.estimate import Uncertain


def polycrystal(composition, disorder, grain_size_nm, conductivity_mS_cm, temperature_K=300.0):
    value = Uncertain(conductivity_mS_cm, conductivity_mS_cm / 2, 2 * conductivity_mS_cm)
    return Polycrystal.model_construct(
        composition=composition,
        disorder=disorder,
        boundary="sigma5(001)[001]",
        material=f"{composition} {100 * disorder:g} %",
        temperature_K=temperature_K,
        grain_size_nm=grain_size_nm,
        width_nm=1.0,
        effective_cm2_s=value,
        conductivity_mS_cm=value,
    )


@pytest.fixture
def ranking():
    chloride = [polycrystal("Li6PS5Cl", 0.5, size, sigma) for size, sigma in ((10.0, 30.0), (10000.0, 40.0))]
    iodide = [polycrystal("Li6PS5I", 0.0, size, sigma) for size, sigma in ((10.0, 0.2), (10000.0, 0.1))]
    return chloride + iodide


def test_conductivities_grain_factor_and_contrast_stand_beside_published_values(ranking):
    rows = {row.quantity: row for row in published_rows(ranking)}
    chloride = rows["σ(300 K) of Li6PS5Cl 50 %, mS/cm"]
    assert chloride.here == "40 (20 to 80)" and chloride.dynamics == "34" and chloride.pellets == "1.3 to 2.1"
    assert rows["σ(300 K) of Li6PS5I 0 %, mS/cm"].dynamics == ""
    factor = rows["σ at 10 nm grains over σ at 10000 nm, Li6PS5Cl 50 %"]
    assert factor.here == "0.75" and factor.dynamics == "0.57 to 0.79 at 5.9 and 23 nm"
    contrast = rows["σ of Li6PS5Cl 50 % over σ of Li6PS5I 0 %"]
    assert contrast.here == "400" and contrast.pellets == "1000 to 2000"


def test_other_temperatures_and_unknown_materials_give_no_rows(ranking):
    assert published_rows([polycrystal("Li6PS5Cl", 0.5, 10.0, 30.0, temperature_K=600.0)]) == []
    assert published_rows([polycrystal("Li6.5P0.5Ge0.5S5I", 0.0, 10.0, 30.0)]) == []
    assert published_rows([]) == []
