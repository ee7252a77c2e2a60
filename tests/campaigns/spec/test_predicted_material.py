"""Materials without a disorder, and cells that cannot hold a mixture."""

import pytest
import yaml
from pydantic import ValidationError

from argyro.campaigns.spec.load import InvalidCampaign, load_campaign
from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign

REST = {"name": "x", "temperatures_K": [600], "grain_sizes_nm": [100]}


def campaign(*materials, **settings):
    return Campaign.model_validate({"materials": list(materials), **REST, **settings})


def test_a_material_without_disorder_is_predicted_and_screened_once_it_is_known():
    asked = campaign({"composition": "Li6PS5Br"}, {"composition": "Li6PS5Cl", "disorder": 0.5})
    assert [material.label for material in asked.predicted] == ["Li6PS5Br predicted"]
    assert [material.label for material in asked.screened] == ["Li6PS5Cl 50 %"] and not asked.is_screened
    known = asked.with_disorder({"Li6PS5Br": Material(composition="Li6PS5Br", disorder=0.22)})
    assert [material.label for material in known.screened] == ["Li6PS5Br 22 %", "Li6PS5Cl 50 %"] and known.is_screened


def test_a_material_without_free_chalcogens_needs_no_prediction():
    asked = campaign({"composition": "Li5PS4Cl2"}, {"composition": "Li7PS6"})
    assert not asked.predicted and [material.share for material in asked.screened] == [0.0, 0.0]


def test_a_given_material_is_written_as_before():
    assert Material(composition="Li6PS5Cl", disorder=0.5).model_dump() == {
        "composition": "Li6PS5Cl",
        "disorder": 0.5,
        "cif": None,
    }


@pytest.mark.parametrize(
    ("material", "words"),
    [
        ({"composition": "Li5PS4Cl2", "disorder": 0.2}, "write 0"),
        ({"composition": "Li6PS5Cl", "disorder": "half"}, "neither a share nor 'predicted'"),
        ({"composition": "Li6PS5Cl", "displaced": {"Br": 0.3}}, "does not contain"),
        ({"composition": "Li5PS5Cl"}, "Li6 instead of Li5"),
        ({"composition": "Li6PO5Cl"}, "O has no site"),
    ],
)
def test_impossible_materials_are_refused_with_a_repair(material, words):
    with pytest.raises(ValidationError, match=words):
        campaign(material)


@pytest.mark.parametrize(
    ("structures", "words"),
    [
        (
            {"supercell": [1, 1, 1]},
            r"supercell: line \d+: \[1, 1, 1\] cannot hold Li6.6P0.4Ge0.6S5I: .*P0.4; write \[2, 1, 1\]",
        ),
        ({"learning_supercell": [1, 1, 1]}, r"learning_supercell.*Si0 instead of Si0.1; write \[2, 1, 1\]"),
    ],
)
def test_a_cell_that_cannot_hold_a_mixture_is_refused_with_one_that_can(tmp_path, structures, words):
    formula = "Li6.6P0.4Ge0.6S5I" if "supercell" in structures else "Li6.1P0.9Si0.1S5Br"
    document = {"materials": [{"composition": formula, "disorder": 0.0}], "structures": structures, **REST}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(InvalidCampaign, match=words):
        load_campaign(tmp_path / "c.yaml")
