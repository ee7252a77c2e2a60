"""Warnings of `argyro plan` for settings that are legal but unwise."""

import pytest

from argyro.campaigns.pipeline.build_graph import assumed_campaign
from argyro.campaigns.planning.advice import advice, realised
from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign

WISE = {
    "name": "wise",
    "materials": [{"composition": "Li6PS5Cl", "disorder": 0.5}],
    "temperatures_K": [500, 600],
    "grain_sizes_nm": [100],
    "md": {"production_ps": 200, "realisations": 3},
}


def advised(**changes):
    return advice(Campaign.model_validate(WISE | changes))


def test_wise_settings_need_no_advice():
    assert advised() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"md": {"production_ps": 50}}, "md.production_ps is 50: short runs overestimate D"),
        ({"md": {"production_ps": 500, "realisations": 1}}, "md.realisations is 1"),
        (
            {"labels": {"source": "chgnet"}},
            "labels.source chgnet is soft: its forces on Li are 0.66 times those of PBE",
        ),
        (
            {"temperatures_K": [200, 600]},
            "temperatures of 200 K look like °C; temperatures are in K, 200 °C is 473.15 K",
        ),
        (
            {"materials": [{"composition": "Li6PS5Cl", "disorder": 0.55}]},
            "Li6PS5Cl 55 % becomes Li6PS5Cl 56.2 % in a bulk cell of 2 × 2 × 2; no cell up to 4 × 4 × 4 is exact",
        ),
        (
            {"materials": [{"composition": "Li5.5PS4.5Cl1.5"}], "structures": {"supercell": [1, 1, 1]}},
            "",
        ),
        (
            {
                "materials": [{"composition": "Li5.75PS4.75Cl1.25", "disorder": 0.5}],
                "structures": {"supercell": [1, 1, 1]},
            },
            "structures.supercell [1, 1, 2] is exact",
        ),
    ],
)
def test_an_unwise_setting_is_named_with_its_repair(changes, words):
    found = advised(**changes)
    assert len(found) == (1 if words else 0) and words in "".join(found)


def test_a_predicted_disorder_may_be_rounded_but_its_composition_may_not():
    asked = {"materials": [{"composition": "Li6PS5Br"}, {"composition": "Li6.2P0.8Ge0.2S5I"}]}
    campaign = assumed_campaign(Campaign.model_validate(WISE | asked))
    (line,) = [line for line in advice(campaign) if "becomes" in line]
    assert line.startswith("Li6.2P0.8Ge0.2S5I") and "becomes Li6.1875P0.8125Ge0.1875S5I" in line


def test_a_cell_holds_whole_atoms():
    """Of 4 formula units, 1.1 halides are 4.4, so 4."""
    assert realised(Material(composition="Li5.9PS4.9Cl1.1", disorder=0), (1, 1, 1))[0] == "Li6PS5Cl"
    assert realised(Material(composition="Li5.9PS4.9Cl1.1", disorder=0), (5, 2, 1))[0] == "Li5.9PS4.9Cl1.1"
