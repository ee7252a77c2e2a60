"""The smoke campaign from end to end, with the real engines."""

import json
import shutil
from pathlib import Path

import pytest

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.pipeline.grow_graph import finished as finished_items
from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY
from argyro.campaigns.pipeline.stages.surrogate import MODEL
from argyro.campaigns.pipeline.stages.transport import TRANSPORT
from argyro.campaigns.runtime.workspace import CampaignFolder

pytestmark = pytest.mark.slow


def items_of(folder):
    campaign = CampaignFolder(folder).campaign()
    return CampaignFolder(folder).store(campaign), build_graph(campaign).items()


def test_every_item_is_complete_and_ranked(smoke_run):
    folder, outcome = smoke_run
    store, items = items_of(folder)
    assert outcome["complete"] and outcome["total"] == len(items)
    assert all(store.has(item) for item in items.values())
    sizes = {row["grain_size_nm"] for row in outcome["ranking"]}
    assert sizes == {20, 1000}
    for row in outcome["ranking"]:
        sigma = row["conductivity_mS_cm"]
        assert 0 < sigma["low"] <= sigma["value"] <= sigma["high"]
    assert sum(row["probability_best"] for row in outcome["ranking"]) == pytest.approx(1)


def results_of(folder):
    campaign = CampaignFolder(folder).campaign()
    return finished_items(build_graph(campaign), CampaignFolder(folder).store(campaign))


def test_every_diffusivity_carries_what_it_means(smoke_run):
    width_nm = CampaignFolder(smoke_run[0]).campaign().boundary_width_nm
    for _, inputs, result in results_of(smoke_run[0]).of(DIFFUSIVITY):
        for measured in result.measured.values():
            assert measured.window_ps and measured.estimator
            assert measured.temperature_K == inputs.conditions.temperature_K
            assert measured.valid or measured.upper_bound_cm2_s > 0
        assert all(seen.target == "bulk" or seen.width_nm == width_nm for seen in result.observations)


def test_the_surrogate_knows_the_excess_of_the_boundary_that_was_run(smoke_run):
    store, items = items_of(smoke_run[0])
    (measured,) = (result.excess for _, _, result in results_of(smoke_run[0]).of(TRANSPORT) if result.excess)
    model = json.loads((store.path(items["surrogate"]) / MODEL / "surrogate.json").read_text())
    known = {"energy_J_m2": measured.energy_J_m2, "volume_A": measured.volume_A, "materials": 1}
    assert model["boundary_excess"] == {"sigma5(001)[001]": pytest.approx(known)}


def test_running_again_computes_nothing(smoke_run, argyro, smoke):
    folder, _ = smoke_run
    before = CampaignFolder(folder).journal()
    done = argyro("run", smoke, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stderr
    assert CampaignFolder(folder).journal() == before


def test_a_damaged_item_is_recomputed_and_nothing_else(smoke_run, tmp_path, argyro, smoke):
    folder = tmp_path / "copy"
    shutil.copytree(smoke_run[0], folder)
    store, items = items_of(folder)
    victim = next(item for item in items.values() if item.stage == "diffusivity")
    (store.path(victim) / "result.json").write_text("{}")
    before = CampaignFolder(folder).journal()
    done = argyro("run", smoke, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stderr
    assert [entry["key"] for entry in CampaignFolder(folder).journal()[len(before) :]] == [victim.key]
    assert store.has(victim)


def test_more_grain_sizes_compute_only_the_homogenization(smoke_run, tmp_path, argyro, smoke):
    folder = tmp_path / "copy"
    shutil.copytree(smoke_run[0], folder)
    spec = tmp_path / "more.yaml"
    spec.write_text(smoke.read_text().replace("grain_sizes_nm: [20, 1000]", "grain_sizes_nm: [20, 1000, 5000]"))
    before = CampaignFolder(folder).journal()
    done = argyro("run", spec, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stderr
    new = [entry["stage"] for entry in CampaignFolder(folder).journal()[len(before) :]]
    assert new == ["homogenize", "ranking"]


def test_status_and_report_read_the_folder(smoke_run, argyro):
    folder, _ = smoke_run
    status = json.loads(argyro("status", folder, "--json").stdout)
    assert all(stage["waiting"] == stage["failed"] == stage["quarantined"] == 0 for stage in status["stages"])
    report = json.loads(argyro("report", folder, "--json").stdout)["report"]
    page = Path(report).read_text()
    assert "Ranking at 300 K" in page and page.count("<svg") >= 4
    assert "Plan and actual" in page and "core minutes" in page
    assert "slope of forces on Li" in page  # the known bias of the label source
    assert "<script" not in page and 'src="http' not in page


def test_mlflow_holds_a_run_for_every_tracked_item(smoke_run):
    from mlflow import MlflowClient

    from argyro.actors.mlflow_tracker import default_tracking_uri

    folder, _ = smoke_run
    client = MlflowClient(default_tracking_uri(folder))
    experiment = client.get_experiment_by_name("smoke")
    stages = [run.data.tags["argyro.stage"] for run in client.search_runs([experiment.experiment_id])]
    assert {stage: stages.count(stage) for stage in set(stages)} == {
        "campaign": 1,
        "learn": 1,
        "reference_check": 1,
        "md": 4,
        "diffusivity": 4,
        "transport": 2,
        "surrogate": 1,
        "homogenize": 1,
        "polycrystal": 2,
        "ranking": 1,
    }
    (best,) = client.search_runs([experiment.experiment_id], "tags.`argyro.stage` = 'homogenize'")
    assert best.data.metrics["conductivity_mS_cm_1000_nm"] > 0 and best.data.params["boundary"] == "sigma5(001)[001]"
    artefacts = {file.path for file in client.list_artifacts(best.info.run_id)}
    assert artefacts == {"grain_size.png", "conductivity.png", "arrhenius.png", "map.png", "effective.parquet"}


def test_a_folder_of_another_campaign_or_a_newer_format_is_refused(smoke_run, tmp_path, argyro, smoke):
    folder, _ = smoke_run
    spec = tmp_path / "other.yaml"
    spec.write_text(smoke.read_text().replace("name: smoke", "name: other"))
    done = argyro("run", spec, "--workdir", folder, "--inline")
    assert done.returncode == 2 and "holds the campaign 'smoke'" in done.stderr
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "campaign.json").write_text('{"argyro_campaign": 99, "name": "smoke", "id": "x"}')
    done = argyro("status", newer)
    assert done.returncode == 2 and "format 99" in done.stderr
