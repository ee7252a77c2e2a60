"""Series of compositions: their notation, and those that a list of materials holds."""

import pytest
from pydantic import ValidationError

from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.spec.series import between, series_of
from argyro.platform.structures.crystal.composition import Composition

REST = {"name": "x", "temperatures_K": [600], "grain_sizes_nm": [100]}


def campaign(materials):
    return Campaign.model_validate({"materials": materials, **REST})


def test_a_series_has_equal_steps_and_both_ends():
    found = campaign({"series": {"from": "Li6PS5Br", "to": "Li6PS4SeBr", "steps": 6}}).materials
    amounts = [Composition.parse(material.composition)["Se"] for material in found]
    assert amounts == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])


def test_other_settings_of_a_series_hold_for_each_composition():
    materials = [{"series": {"from": "Li6PS5Cl", "to": "Li6PS5Br", "steps": 3}, "disorder": 0.25}]
    assert [material.disorder for material in campaign(materials).materials] == [0.25] * 3


def test_every_step_is_neutral():
    for share in (0.1, 0.35, 0.9):
        assert Composition.parse(between("Li6PS5I", "Li6.8P0.2Ge0.8S5I", share)).charge == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    "wrong", [{"from": "Li6PS5Cl"}, {"from": "Li6PS5Cl", "to": "Li6PS5Br", "steps": 1}, "Cl to Br"]
)
def test_an_incomplete_series_is_refused_with_an_example(wrong):
    with pytest.raises(ValidationError, match="write for instance"):
        campaign([{"series": wrong}])


def test_a_series_with_equal_ends_is_refused():
    with pytest.raises(ValidationError, match="equal ends"):
        campaign([{"series": {"from": "Li6PS5Cl", "to": "Li24P4S20Cl4", "steps": 3}}])


def test_lines_of_three_compositions_are_found_and_others_are_not():
    names = ["Li6PS5Cl", "Li6PS5Cl0.75Br0.25", "Li6PS5Br", "Li6PS5Br0.5I0.5", "Li6PS5I", "Li6.5P0.5Ge0.5S5I"]
    lines = series_of([Material(composition=name) for name in names])
    assert [line.label for line in lines] == ["Li6PS5Cl to Li6PS5Br", "Li6PS5Br to Li6PS5I"]
    assert lines[0].places["Li6PS5Cl0.75Br0.25"] == pytest.approx(0.25)
