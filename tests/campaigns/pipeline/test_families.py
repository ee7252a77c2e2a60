"""Families by chemistry: substitutions of one halide share a potential, and mixtures join their end members."""

from argyro.campaigns.pipeline.families import chemical_groups, families
from argyro.campaigns.spec.schema import Campaign


def test_substitutions_of_one_halide_share_a_potential():
    found = chemical_groups(("Li6.6P0.4Ge0.6S5I", "Li6.5P0.5Si0.5S5I", "Li6PS5Cl"))
    assert found["Li6.6P0.4Ge0.6S5I"] == found["Li6.5P0.5Si0.5S5I"] == "Ge-I-Li-P-S-Si"
    assert found["Li6PS5Cl"] == "Cl-Li-P-S"


def test_end_members_stay_apart_without_a_mixture_and_join_with_it():
    assert len(set(chemical_groups(("Li6PS5Cl", "Li6PS5Br")).values())) == 2
    joined = chemical_groups(("Li6PS5Cl", "Li6PS5Br", "Li6PS5Cl0.5Br0.5"))
    assert set(joined.values()) == {"Br-Cl-Li-P-S"}


def test_a_composition_without_halides_joins_the_family_that_has_its_elements():
    assert set(chemical_groups(("Li7PS6", "Li6PS5Cl")).values()) == {"Cl-Li-P-S"}
    assert chemical_groups(("Li7PSe6", "Li6PS5Cl"))["Li7PSe6"] == "Li-P-Se"


def test_the_order_of_materials_does_not_matter():
    names = ("Li6PS5Cl", "Li6PS5Br0.5I0.5", "Li6PS5Br", "Li6PS5Cl0.5Br0.5", "Li6PS5I")
    assert chemical_groups(names) == chemical_groups(names[::-1])


def test_families_hold_their_materials():
    materials = [{"composition": name, "disorder": 0.1} for name in ("Li6.5P0.5Ge0.5S5I", "Li6PS5I", "Li6PS5Cl")]
    rest = {"name": "x", "temperatures_K": [600], "grain_sizes_nm": [100]}
    found = families(Campaign.model_validate({"materials": materials, **rest}))
    assert {name: len(members) for name, members in found.items()} == {"Ge-I-Li-P-S": 2, "Cl-Li-P-S": 1}


def test_materials_of_equal_elements_share_a_potential_if_asked():
    names = ("Li6.5P0.5Ge0.5S5I", "Li6.2P0.8Ge0.2S5I", "Li6PS5I", "Li5.5PS4.5Cl1.5", "Li6PS5Cl")
    materials = [{"composition": name, "disorder": 0.1} for name in names]
    rest = {"name": "x", "temperatures_K": [600], "grain_sizes_nm": [100], "potential": {"families": "same_elements"}}
    found = families(Campaign.model_validate({"materials": materials, **rest}))
    assert {name: len(members) for name, members in found.items()} == {
        "Ge-I-Li-P-S": 2,
        "I-Li-P-S": 1,
        "Cl-Li-P-S": 2,
    }
