"""Every kind of mistake in a campaign file is reported, all at once, with its path."""

from pathlib import Path

import pytest
import yaml

from argyro.campaigns.planning.readiness import references_lacking
from argyro.campaigns.spec.boundary_share import boundary_shares
from argyro.campaigns.spec.consent import executions
from argyro.campaigns.spec.load import InvalidCampaign, load_campaign
from argyro.campaigns.spec.schema import Campaign

ROOT = Path(__file__).parents[3]
SMOKE = ROOT / "campaigns" / "templates" / "smoke.yaml"
SHIPPED = [*sorted(SMOKE.parent.glob("*.yaml")), ROOT / "campaigns" / "reference.yaml"]


def mistakes_of(tmp_path, changes, **options):
    raw = yaml.safe_load(SMOKE.read_text())
    for path, value in changes.items():
        section, keys = raw, path.split(".")
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = value
    file = tmp_path / "campaign.yaml"
    file.write_text(yaml.safe_dump(raw))
    with pytest.raises(InvalidCampaign) as caught:
        load_campaign(file, **options)
    return {mistake.path: mistake for mistake in caught.value.mistakes}


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_campaign_is_valid_on_every_machine(file, monkeypatch):
    monkeypatch.chdir(ROOT)
    campaign = load_campaign(file)
    assert campaign.name == file.stem and all(one.known for one in executions(campaign))


@pytest.mark.parametrize(
    "path, value, where, words",
    [
        ("tempratures_K", [300], "tempratures_K", "did you mean 'temperatures_K'"),
        ("production_ps", 5, "production_ps", "belongs to md"),
        ("potential.synthesis_temperature_K", 823, "potential.synthesis_temperature_K", "belongs to disorder"),
        ("md.ensemble", "NVE", "md.ensemble", "production_ps"),
        ("materials", [{"composition": "Li6PS5X"}], "materials[0].composition", "X"),
        ("materials", [{"composition": "Li7PS5Cl"}], "materials[0].composition", "charge"),
        ("materials", [{"composition": "Li6PS5Cl", "disorder": 50}], "materials[0].disorder", "50 % is 0.5"),
        ("materials", [{"composition": "Li6PS5Cl", "disorder": "50 %"}], "materials[0].disorder", "the share, 0.5"),
        ("materials", [{"composition": "Li6PS5Cl0.3333Br0.3333I0.333333"}], "materials[0].composition", "six"),
        ("materials", [{"composition": "Li6PS5Cl"}] * 2, "materials[1]", "same material"),
        ("materials", [], "materials", "at least 1 value"),
        ("materials", [{"composition": "Li6PS5Cl", "disorder": "half"}], "materials[0].disorder", "write a share"),
        ("disorder.quench_temperature_K", 900, "disorder.quench_temperature_K", "at most the synthesis temperature"),
        ("boundaries", ["sigma7(001)[001]"], "boundaries[0]", "sigma7(001)[001]"),
        ("boundaries", ["sigma5(001)[001]"] * 2, "boundaries", "twice"),
        ("temperatures_K", [], "temperatures_K", "at least 1 value"),
        ("temperatures_K", [-3], "temperatures_K[0]", "at least 1"),
        ("temperatures_K", [float("nan")], "temperatures_K[0]", "finite"),
        ("grain_sizes_nm", [0.5, 100], "grain_sizes_nm[0]", "boundary width"),
        ("grain_sizes_nm", [1.0, 100], "grain_sizes_nm[0]", "write at least 1.1"),
        ("boundary_width_nm", 0.9, "structures.min_grain_thickness_nm", "write at least 1.5"),
        ("boundaries", {"sigma5(001)[001]": 0.3}, "boundary_shares", "add up to 0.3"),
        ("boundary_compositions", ["Li6PS5I"], "boundary_compositions[0]", "none of the materials"),
        ("boundary_compositions", ["Li7PS5Cl"], "boundary_compositions[0]", "charge"),
        ("boundary_compositions", [], "boundary_compositions", "no boundary is simulated"),
        ("boundaries", {"sigma5(001)[001]": 30}, "boundary_shares.sigma5(001)[001]", "30 % is 0.3"),
        ("temperatures_K", [True], "temperatures_K[0]", "not a number"),
        ("temperatures_K", None, "temperatures_K", "remove the line"),
        ("labels.factory", "ase.calculators.lj:LennardJones", "labels.factory", "other sources have none"),
        ("labels", {"source": "ase", "factory": "os.system"}, "labels.factory", "module:callable"),
        ("labels.source", "magic", "labels.source", "chgnet"),
        ("labels", {"source": "chgnet", "teacher": {"train_on": "gpaw"}}, "labels.source", "write source: mace"),
        ("labels", {"source": "mace", "teacher": {"train_on": "chgnet", "frames": 3}}, "labels.teacher.frames", "15"),
        ("potential.ensemble", 4, "potential.ensemble", "raise md.realisations"),
        ("potential.levels", [7], "potential.levels[0]", "multiple of 2"),
        ("potential.levels", [8, 6], "potential.levels", "strictly increasing"),
        ("potential.temperatures_K", [700, 500], "potential.temperatures_K", "lowest"),
        ("surrogate.foundation", {"source": "mace"}, "surrogate.foundation.model", "give the path"),
        ("md.frame_every_fs", 15, "md.frame_every_fs", "write 16"),
        ("md.production_ps", 0.9, "md.production_ps", "50 to"),
        ("md.pair_style", "mtp\nshell touch x", "md.pair_style", "not a pair style"),
        ("md.pair_style", "python coul.Coul", "md.pair_style", "not a pair style"),
        ("md.lammps", 5, "md.lammps", "text"),
        ("structures.supercell", [1000, 1000, 1000], "structures.supercell", "atoms"),
        ("surrogate.foundation", {"source": "gpaw"}, "surrogate.foundation.source", "chgnet"),
        ("seed", "one", "seed", "not a number"),
        ("acquisition", {"until": {"core_hours": 1}}, "acquisition", "single candidate"),
        ("name", "a/b", "name", "letters"),
    ],
)
def test_one_mistake(tmp_path, path, value, where, words):
    found = mistakes_of(tmp_path, {path: value})
    assert list(found) == [where]
    assert words in found[where].message and found[where].accepted


@pytest.mark.parametrize(
    "section, where, words",
    [
        ({"start": 4}, "acquisition.until", "missing"),
        ({"until": {}}, "acquisition.until", "at least one limit"),
        ({"until": {"probability_best": 1.0}}, "acquisition.until.probability_best", "below 1"),
        ({"until": {"hours": 1}}, "acquisition.until.hours", "core_hours"),
        ({"start": 1, "until": {"core_hours": 1}}, "acquisition.start", "at least 2"),
        ({"lengths_ps": [10, 10], "until": {"core_hours": 1}}, "acquisition.lengths_ps", "twice"),
    ],
)
def test_mistakes_of_an_adaptive_campaign(tmp_path, section, where, words):
    two = [{"composition": "Li6PS5Cl"}, {"composition": "Li6PS5Br"}]
    found = mistakes_of(tmp_path, {"materials": two, "acquisition": section})
    assert list(found) == [where]
    assert words in found[where].message and found[where].accepted


def test_all_mistakes_at_once(tmp_path):
    found = mistakes_of(
        tmp_path,
        {
            "materials": [{"composition": "Na6PS5Cl"}, {"composition": "Li6PS5Cl", "disorder": -0.5}],
            "boundaries": ["sigma99(001)[001]"],
            "temperatures_K": [],
            "grain_sizes_nm": [0.1],
            "labels.source": "magic",
            "colour": "blue",
        },
        workdir=SMOKE / "below-a-file",
    )
    assert set(found) == {
        "materials[0].composition",
        "materials[1].disorder",
        "boundaries[0]",
        "temperatures_K",
        "grain_sizes_nm[0]",
        "labels.source",
        "colour",
        "workdir",
    }
    assert all(mistake.message and mistake.accepted for mistake in found.values())


@pytest.mark.parametrize("text", ["", "[1, 2]", "a: b: c", "just words"])
def test_files_that_hold_no_campaign(tmp_path, text):
    file = tmp_path / "campaign.yaml"
    file.write_text(text)
    with pytest.raises(InvalidCampaign):
        load_campaign(file)


def test_a_missing_file(tmp_path):
    with pytest.raises(InvalidCampaign, match="cannot be read"):
        load_campaign(tmp_path / "nowhere.yaml")


def test_yaml_cannot_build_objects(tmp_path):
    file = tmp_path / "campaign.yaml"
    file.write_text("name: !!python/object/apply:os.system ['true']")
    with pytest.raises(InvalidCampaign, match="not YAML"):
        load_campaign(file)


def test_the_specification_survives_a_round_trip():
    campaign = load_campaign(SMOKE)
    assert Campaign.model_validate(campaign.model_dump(mode="json")) == campaign


@pytest.mark.parametrize(
    ("labels", "place", "words"),
    [
        ({"source": "chgnet", "known": ["absent.extxyz"]}, "labels.known[0]", "does not exist"),
        (
            {"source": "mace", "teacher": {"train_on": "chgnet"}, "known": ["a.extxyz"]},
            "labels.known",
            "remove known",
        ),
    ],
)
def test_known_labels_must_exist_and_go_with_no_teacher(tmp_path, labels, place, words):
    assert words in str(mistakes_of(tmp_path, {"labels": labels})[place])


def test_known_labels_of_another_reference_are_lacking(tmp_path):
    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    frame = Atoms("Li", info={"label_source": "vasp/6/x/y"})
    frame.calc = SinglePointCalculator(frame, energy=0.0, forces=[[0.0] * 3])
    write(tmp_path / "labels.extxyz", frame)
    campaign = load_campaign(SMOKE)
    labels = campaign.labels.model_copy(update={"source": "chgnet", "known": [str(tmp_path / "labels.extxyz")]})
    (lack,) = references_lacking(campaign.model_copy(update={"labels": labels}), ask=False)
    assert "vasp/6/x/y" in lack


def test_boundaries_with_shares_are_names_and_a_population(tmp_path):
    raw = yaml.safe_load(SMOKE.read_text())
    raw["boundaries"] = {"sigma5 (001)[001]": 0.3, "sigma5(021)[100]": 0.7}
    file = tmp_path / "campaign.yaml"
    file.write_text(yaml.safe_dump(raw))
    campaign = load_campaign(file)
    assert campaign.boundaries == ["sigma5(001)[001]", "sigma5(021)[100]"]
    assert campaign.boundary_shares == {"sigma5(001)[001]": 0.3, "sigma5(021)[100]": 0.7}


def test_the_share_of_a_boundary_is_its_width_over_the_thickness_of_a_grain():
    """A grain of sigma5(001)[001] in Li6PS5Cl is a multiple of the lattice constant of 0.986 nm thick."""
    campaign = load_campaign(SMOKE)
    (share,) = boundary_shares(campaign).values()
    assert share == pytest.approx(0.55 / 0.986, rel=0.03)
