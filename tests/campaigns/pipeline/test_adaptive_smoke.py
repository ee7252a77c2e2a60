"""An adaptive campaign from end to end with the real engines, on the potential that the smoke campaign learned."""

import json
import shutil

import pytest
import yaml

from argyro.campaigns.pipeline.build_graph import decided_graph
from argyro.campaigns.pipeline.grow_graph import grown_graph
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.load import load_campaign

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def adaptive(smoke_run, smoke, tmp_path_factory, argyro):
    """Folder and printed JSON of a campaign of two candidates."""
    folder = tmp_path_factory.mktemp("smoke") / "adaptive"
    spec = yaml.safe_load(smoke.read_text())
    spec["materials"].append({"composition": "Li6PS5Cl", "disorder": 0.25})
    spec |= {"name": "adaptive", "acquisition": {"start": 3, "batch": 2, "until": {"regret_dex": 1e-9}}}
    file = folder.parent / "adaptive.yaml"
    file.write_text(yaml.safe_dump(spec))
    lend_potential(smoke_run[0], CampaignFolder(folder), load_campaign(file))
    done = argyro("run", file, "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, json.loads(done.stdout)


def lend_potential(lender, borrower, campaign):
    """Put the finished campaign's potential where the new one's learning would put its own."""
    theirs = CampaignFolder(lender)
    (learned,) = (theirs.store(theirs.campaign()).root + "/items/learn/" + path.name for path in learnt(lender))
    borrower.prepare(campaign)
    scratch = borrower.scratch / "lent"
    shutil.copytree(learned, scratch)
    result = json.loads((scratch / "result.json").read_text())
    for name in ("item.json", "result.json", "manifest.json"):
        (scratch / name).unlink()
    item = decided_graph(campaign, None).items()["learn/Cl-Li-P-S"]
    borrower.store(campaign).commit(item, scratch, result, 1.0)


def learnt(folder):
    return (folder / "store" / "items" / "learn").iterdir()


def test_it_ends_with_a_ranking_of_candidates_measured_and_predicted(adaptive):
    _, outcome = adaptive
    assert outcome["complete"]
    assert sum(row["probability_best"] for row in outcome["ranking"]) == pytest.approx(1)
    assert all(set(row["measured"]) == {"bulk", "boundary"} for row in outcome["ranking"])


def test_every_round_is_an_item_and_every_run_was_decided_on(adaptive, argyro):
    folder, _ = adaptive
    told = json.loads(argyro("status", folder, "--json").stdout)["acquisition"]
    campaign = CampaignFolder(folder).campaign()
    graph = grown_graph(campaign, CampaignFolder(folder).store(campaign))
    runs = [node.inputs.conditions.label(campaign.md.production_ps) for node in graph.of_stage("md")]
    assert sorted(runs) == sorted(run["case"] for run in told["chosen"])
    assert told["stopped"] and told["possible_runs"] == 8 and len(told["rounds"]) >= 1
    hours = [entry["md_core_hours"] for entry in told["rounds"]]
    assert hours == sorted(hours) and hours[0] > 1e-4
    stages = [entry["stage"] for entry in CampaignFolder(folder).journal()]
    assert stages.count("acquisition") == len(told["rounds"]) and stages.count("md") == len(runs)


def test_the_report_says_which_runs_were_chosen_and_why(adaptive):
    page = (adaptive[0] / "report.html").read_text()
    assert "Selection of the runs" in page and "first batch" in page
    assert "Certainty of the ranking over core-hours" in page


def test_running_again_computes_nothing(adaptive, argyro):
    folder, _ = adaptive
    before = CampaignFolder(folder).journal()
    done = argyro("run", folder.parent / "adaptive.yaml", "--workdir", folder, "--inline", "--json")
    assert done.returncode == 0, done.stderr
    assert CampaignFolder(folder).journal() == before
