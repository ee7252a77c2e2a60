"""What a changed campaign shares with the old one: extending computes only what is new, and `argyro diff` says so."""

import json
from pathlib import Path

import pytest
import yaml

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.results.diff import campaign_diff
from argyro.campaigns.spec.schema import Campaign

FOLDER = Path(__file__).parents[3] / "campaigns" / "templates"
CONCLUSIONS = {
    "transport",
    "surrogate",
    "posterior",
    "homogenize",
    "ranking",
}  # drawn from all data, so drawn anew with more


def campaign(name="halide_series", **changes):
    raw = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    for path, value in changes.items():
        section, keys = raw, path.split("__")
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = value
    return Campaign.model_validate(raw)


def recomputed(a, b):
    """Stages in which items of the old campaign find no use in the new one."""
    return {stage["name"] for stage in campaign_diff(a, b)["stages"] if stage["only_a"]}


OLD = campaign()
MATERIALS = [material.model_dump() for material in OLD.materials]


@pytest.mark.parametrize(
    "changes, new",
    [
        (
            {"materials": [*MATERIALS, {"composition": "Li6PS5Cl0.25Br0.75", "disorder": 0.5}]},
            {"structure", "learn", "reference_check", "md", "diffusivity"},
        ),
        ({"temperatures_K": [*OLD.temperatures_K, 650]}, {"md", "diffusivity"}),
        ({"grain_sizes_nm": [*OLD.grain_sizes_nm, 3e4]}, set()),
        ({"md__realisations": 4}, {"structure", "md", "diffusivity"}),
    ],
    ids=["composition", "temperature", "grain size", "realisation"],
)
def test_extending_keeps_every_computation_and_adds_its_own(changes, new):
    found = campaign_diff(OLD, campaign(**changes))
    assert {s["name"] for s in found["stages"] if s["only_a"]} <= CONCLUSIONS
    assert {s["name"] for s in found["stages"] if s["only_b"] > s["only_a"]} - CONCLUSIONS == new


@pytest.mark.parametrize(
    "changes, depends",
    [
        ({"md__production_ps": 800}, {"md", "diffusivity"} | CONCLUSIONS),
        ({"boundary_width_nm": 2.0}, {"diffusivity"} | CONCLUSIONS),
        ({"screening_temperature_K": 250}, {"transport", "homogenize", "ranking"}),
        ({"homogenization__grains": 125}, {"microstructure"} | CONCLUSIONS - {"transport"}),
        ({"surrogate__members": 4}, CONCLUSIONS - {"transport"}),
        ({"surrogate__foundation": {"source": "chgnet"}}, CONCLUSIONS - {"transport"}),
        ({"potential__max_labels": 300}, {"learn", "reference_check", "md", "diffusivity"} | CONCLUSIONS),
        ({"potential__validation": {"frames": 20}}, {"reference_check"}),
        ({"resources__md": 4}, set()),
        ({"md__launcher": "mpirun -np 4"}, set()),
        ({"budget__core_hours": 1}, set()),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_change_recomputes_only_what_depends_on_it(changes, depends):
    assert recomputed(OLD, campaign(**changes)) == depends


def test_bulk_runs_do_not_depend_on_the_boundary_width():
    graphs = [build_graph(c) for c in (OLD, campaign(boundary_width_nm=2.0))]
    items = [graph.items() for graph in graphs]
    for node in graphs[0].of_stage("diffusivity"):
        assert (items[0][node.name].key == items[1][node.name].key) == node.cell.boundary.is_bulk


def test_a_hotter_run_keeps_the_potential_that_was_given_room_for_it():
    hotter = [*campaign("grain_size").temperatures_K, 750]
    assert "learn" not in recomputed(campaign("grain_size"), campaign("grain_size", temperatures_K=hotter))
    hotter = [*OLD.temperatures_K, 750]
    assert "learn" in recomputed(OLD, campaign(temperatures_K=hotter))


def test_the_difference_names_settings_and_causes():
    found = campaign_diff(OLD, campaign(md__production_ps=800, temperatures_K=[450, 500, 550, 600]))
    assert {"path": "md.production_ps", "a": 400, "b": 800} in found["settings"]
    assert {"path": "temperatures_K", "a": [700], "b": []} in found["settings"]
    assert {"stage": "md", "because": "length_ps: 400.0 → 800.0", "items": 180} in found["causes"]
    assert not found["same"] and campaign_diff(OLD, OLD)["same"]


def test_diff_on_the_command_line(argyro, smoke, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(smoke.read_text().replace("grains: 8", "grains: 27"))
    document = json.loads(argyro("diff", smoke, other, "--json").stdout)
    assert document["settings"] == [{"path": "homogenization.grains", "a": 8, "b": 27}]
    assert set(document["stages"][0]) == {"name", "common", "only_a", "only_b"}
    text = argyro("diff", smoke, other).stdout
    assert "homogenization.grains: 8 → 27" in text and "1 of microstructure changed by grains: 8 → 27" in text
    done = argyro("diff", smoke, tmp_path)
    assert done.returncode == 2 and "not a campaign folder" in done.stderr


@pytest.mark.slow
def test_one_more_temperature_runs_only_its_own_dynamics(smoke_run, tmp_path, argyro, smoke):
    import shutil

    from argyro.campaigns.runtime.workspace import CampaignFolder

    folder, spec = tmp_path / "copy", tmp_path / "more.yaml"
    shutil.copytree(smoke_run[0], folder)
    spec.write_text(smoke.read_text().replace("temperatures_K: [600, 750]", "temperatures_K: [600, 675, 750]"))
    plan = json.loads(argyro("plan", spec, "--workdir", folder, "--json").stdout)
    waiting = {stage["name"]: stage["waiting"] for stage in plan["stages"]}
    before = CampaignFolder(folder).journal()
    done = argyro("run", spec, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stderr
    new = [entry["stage"] for entry in CampaignFolder(folder).journal()[len(before) :]]
    assert {stage: new.count(stage) for stage in new} == {stage: n for stage, n in waiting.items() if n}
    assert new.count("md") == 2 and "learn" not in new and "structure" not in new
