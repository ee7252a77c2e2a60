"""Whatever `validate` passes, `plan` plans."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argyro.campaigns.planning.plan import Machine, make_plan
from argyro.campaigns.spec.load import InvalidCampaign, load_campaign
from argyro.campaigns.workload.costs import Costs

FORMULAS = ["Li6PS5Cl", "Li6PS5Cl1.0", "PLi6S5Cl", "Li12P2S10Cl2", "Li6PS5Br", "Li5.5PS4.5Cl1.5", "Li7PS6", "Li6PSe5Cl"]
FORMULAS += [
    "Li6PS5Cl0.5Br0.5",
    "Li6PS5Cl0.333333Br0.333333I0.333334",
    "Li5.3333PS4.3333Cl1.6667",
    "Li6.0PS5Cl0.99999999",
]
DISORDERS = [0, 0.0, 0.5, 1, 1e-9, 0.33333333, 0.33333334, "0.5", 0.25, 1.0]
BOUNDARIES = [
    "sigma5(001)[001]",
    "sigma5 (001)[001]",
    "sigma3(111)[111]",
    "sigma3(-111)[110]",
    "sigma5(021)[100]",
    "bulk",
]
LENGTHS = st.sampled_from([1, 5, 24, 50, 50.0000001, 100, 1e4, 1e-3])

materials = st.fixed_dictionaries(
    {"composition": st.sampled_from(FORMULAS)}, optional={"disorder": st.sampled_from(DISORDERS)}
)
sections = {
    "boundaries": st.lists(st.sampled_from(BOUNDARIES), max_size=3),
    "boundary_width_nm": st.sampled_from([0.5, 2.5, 100]),
    "structures": st.fixed_dictionaries(
        {},
        optional={
            "supercell": st.lists(st.sampled_from([1, 2, 3, 1000]), min_size=3, max_size=3),
            "min_grain_thickness_nm": st.sampled_from([0.1, 0.9, 3, 1000]),
            "arrangement": st.sampled_from(["random", "quasirandom"]),
        },
    ),
    "potential": st.fixed_dictionaries(
        {},
        optional={
            "levels": st.sampled_from([[2], [8, 12], [26], [8, 6]]),
            "families": st.sampled_from(["by_elements", "same_elements", "by_composition", "one"]),
            "ensemble": st.sampled_from([1, 3]),
            "target_ps": LENGTHS,
        },
    ),
    "md": st.fixed_dictionaries(
        {},
        optional={
            "production_ps": LENGTHS,
            "frame_every_fs": st.sampled_from([2, 15, 20, 100, 1e6]),
            "timestep_fs": st.sampled_from([1, 2, 0.01]),
            "realisations": st.sampled_from([1, 2, 5, 1000]),
        },
    ),
    "acquisition": st.fixed_dictionaries(
        {"until": st.fixed_dictionaries({"core_hours": st.sampled_from([1e-9, 1, 1e9])})},
        optional={"start": st.sampled_from([2, 3, 1000000]), "lengths_ps": st.lists(LENGTHS, max_size=3)},
    ),
    "homogenization": st.fixed_dictionaries({"realisations": st.sampled_from([1, 3])}),
    "resources": st.fixed_dictionaries({"md": st.sampled_from([1, 4, 4096])}),
    "seed": st.sampled_from([0, 1, 2**31 - 1]),
}
specs = st.fixed_dictionaries(
    {
        "name": st.just("x"),
        "materials": st.lists(materials, min_size=1, max_size=3),
        "temperatures_K": st.lists(st.sampled_from([1, 300, 500, 500.0000001, 600, 3000]), min_size=1, max_size=3),
        "grain_sizes_nm": st.lists(st.sampled_from([20, 20.0000001, 1000, 1e9]), min_size=1, max_size=2),
        "labels": st.just({"source": "chgnet", "python": "not-asked"}),  # a plan does not start it
    },
    optional=sections,
)


@settings(deadline=None, max_examples=120, derandomize=True, suppress_health_check=list(HealthCheck))
@given(spec=specs)
def test_whatever_is_valid_is_planned(tmp_path_factory, spec):
    file = tmp_path_factory.mktemp("spec") / "x.yaml"
    file.write_text(yaml.safe_dump(spec))
    try:
        campaign = load_campaign(file)
    except InvalidCampaign as error:
        assert all(mistake.path and mistake.message for mistake in error.mistakes)
        json.dumps(error.details, allow_nan=False)
        return
    if campaign.md.realisations > 5:
        return  # planned as well, but slowly
    document = make_plan(campaign, Costs(), [Machine(8, 64.0)], disk=Path.cwd())
    json.dumps(document, allow_nan=False)
    assert document["core_hours"] > 0 and document["stages"]


CASE = """name: small
materials:
  - {composition: Li6PS5Cl, disorder: 0.5}
%s
temperatures_K: [500, %s]
grain_sizes_nm: [20, 1000]
boundaries: ["sigma5(001)[001]"]
boundary_width_nm: 0.5
structures: {supercell: [1, 1, 1], min_grain_thickness_nm: 0.9}
md: {production_ps: 50}
"""
SAME = {  # second material -> the first material's label
    "  - {composition: Li6PS5Cl1.0, disorder: 0.5}": "Li6PS5Cl 50 %",
    "  - {composition: PLi6S5Cl, disorder: .50}": "Li6PS5Cl 50 %",
    "  - {composition: Li12P2S10Cl2, disorder: 0.50000000001}": "Li6PS5Cl 50 %",
    '  - {composition: Li6PS5Cl, disorder: "0.5"}': "Li6PS5Cl 50 %",
    "  - {composition: Li6PS5Br, disorder: 0.0}\n  - {composition: Li6PS5Br, disorder: 0}": "Li6PS5Br 0 %",
}


@pytest.mark.parametrize("second", SAME)
def test_one_material_in_two_spellings_is_one_mistake(tmp_path, second):
    file = tmp_path / "x.yaml"
    file.write_text(CASE % (second, 600))
    with pytest.raises(InvalidCampaign) as caught:
        load_campaign(file)
    (mistake,) = caught.value.mistakes
    assert mistake.path.startswith("materials[") and "the same material as materials[" in mistake.message
    assert SAME[second] in mistake.message


def test_temperatures_that_share_a_name_are_one_mistake(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text(CASE % ("", 500.0000001))
    with pytest.raises(InvalidCampaign, match="equal in six digits"):
        load_campaign(file)


@pytest.mark.parametrize(
    ("composition", "disorder"), [("Li7PS6", 0), ("Li6.0PS5.0Cl0.999999999", 0.25), ("Li6PS5Cl0.75Br0.25", 0.25)]
)
def test_unusual_compositions_stay_valid(tmp_path, composition, disorder):
    file = tmp_path / "x.yaml"
    file.write_text(CASE % (f"  - {{composition: {composition}, disorder: {disorder}}}", 600))
    assert len(load_campaign(file).materials) == 2


@pytest.mark.parametrize(
    ("material", "repair"),
    [
        ("{composition: Li7PS6, disorder: 0.25}", "no halide to exchange; write 0"),
        ("{composition: Li6PS5Cl0.99Br0.01, disorder: 0}", "write [3, 3, 2]"),
    ],
)
def test_cells_that_cannot_hold_a_material_are_refused(tmp_path, material, repair):
    file = tmp_path / "x.yaml"
    file.write_text(CASE % (f"  - {material}", 600))
    with pytest.raises(InvalidCampaign) as caught:
        load_campaign(file)
    assert repair in str(caught.value)
