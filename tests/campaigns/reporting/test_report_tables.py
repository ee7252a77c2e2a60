"""The report's tables: no row missing without its reason, and the surrogate that ships named beside its rivals."""

import re
from types import SimpleNamespace

import pytest

from argyro.campaigns.reporting.diffusion_tables import diffusivity_rows
from argyro.campaigns.reporting.report import write_report
from argyro.campaigns.results.ancestry import Lineage, Measurement
from argyro.campaigns.results.results_table import results_table
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem

VALUE = {"value": 1e-5, "low": 8e-6, "high": 1.2e-5}
BOUND_ONLY, UNFIT = "the bulk has only an upper bound", "no boundary diffusivity fits the cell's"
CELL_COLUMNS = ("estimator", "species", "frames", "ions", "ions_per_A3", "msd_A2", "drift", "drift_sigma")
CELL_COLUMNS += ("loglog_slope", "ion_correlation")
REASONS = {500.0: BOUND_ONLY, 575.0: UNFIT, 650.0: "the cell has only an upper bound"}


def point(target, temperature_K, known):
    return {
        "target": target,
        "temperature_K": temperature_K,
        "valid": known,
        "diffusivity_cm2_s": VALUE if known else None,
        "upper_bound_cm2_s": None if known else 1e-6,
        "runs": 1,
        "valid_runs": int(known),
        "spread": None,
    }


def graph_of(names):
    transport = SimpleNamespace(name="transport")
    facts = {name: {"material": "Li6PS5I 0 %", "boundary": name.split("/")[2]} for name in names}
    return SimpleNamespace(nodes={name: SimpleNamespace(stage=transport, facts=facts[name]) for name in names})


def test_a_boundary_without_diffusivity_has_a_row_with_its_reason():
    bulk = [point("bulk", 500.0, False), point("bulk", 575.0, True), point("bulk", 650.0, True)]
    cell = [point("cell_perpendicular", kelvin, kelvin < 600) for kelvin in REASONS]
    known = {"transport/Li6PS5I 0 %/bulk": {"points": bulk}, "transport/Li6PS5I 0 %/sigma5": {"points": cell}}
    rows = [row for row in diffusivity_rows(graph_of(known), known) if row["target"] == "perpendicular"]
    assert {row["temperature_K"]: row["reason"] for row in rows} == REASONS
    assert all(row["diffusivity_cm2_s"] is None and row["upper_bound_cm2_s"] is None for row in rows)
    assert all(row["direction"] == "boundary ⊥" and not row["valid"] for row in rows)


def test_a_bound_along_the_boundary_says_why_it_is_no_value():
    found = [point("parallel", 500.0, False), point("cell_parallel", 500.0, True)]
    known = {"transport/Li6PS5I 0 %/sigma5": {"points": found}}
    (row,) = (row for row in diffusivity_rows(graph_of(known), known) if row["target"] == "parallel")
    assert row["reason"] == BOUND_ONLY and row["upper_bound_cm2_s"] == 1e-6


def stored(folder, stage, result, parents=None):
    """An item that is complete in the store of a made-up campaign."""
    inputs = {"temperature_K": 575.0, "seed": 0, "production_ps": 10.0, "equilibrate_ps": 1.0, "timestep_fs": 2.0}
    cell = {"composition": "Li6PS5I", "disorder": 0.0, "boundary": "sigma5", "width_nm": 1.0}
    labels = {"labels": {"name": "chgnet", "version": "0.4.2"}}
    item = WorkItem(stage, 1, inputs | cell | labels, parents or {})
    (folder / "scratch").mkdir()
    Store(folder / "store").commit(item, folder / "scratch", result, 1.0)
    return item


@pytest.mark.parametrize(("bulk_known", "reason"), [(True, UNFIT), (False, BOUND_ONLY)])
def test_an_export_says_the_reason_that_is_true(tmp_path, bulk_known, reason):
    """Of one boundary run whose inversion has no answer, beside its bulk."""
    numbers = dict.fromkeys((*CELL_COLUMNS, "upper_bound_cm2_s"), 1.0)
    across = numbers | {"window_ps": [0, 1], "valid": True, "reason": "", "diffusivity_cm2_s": VALUE}
    bulk = stored(tmp_path, "diffusivity", {"measured": {"bulk": {"valid": bulk_known}}})
    found = {"measured": {"perpendicular": across}, "observations": [], "notes": [], "thickness_nm": 2.2}
    item = stored(tmp_path, "diffusivity", found, {"bulk": bulk.key})
    run = stored(tmp_path, "md", {"summary": {}})
    structure = stored(tmp_path, "structure", {"atoms": 208})
    potential = stored(tmp_path, "learn", {})
    name = "Li6PS5I 0 %/sigma5/575 K/0"
    measured = Measurement(f"diffusivity/{name}", item, run, structure, f"structure/{name}", potential)
    table = results_table(SimpleNamespace(store=Store(tmp_path / "store"), measurements=[measured]))
    assert table["reason"].tolist() == [reason] and table["diffusivity_value_cm2_s"].isna().all()


def test_the_report_names_the_surrogate_that_ships_beside_its_rivals(finished):
    folder = CampaignFolder(finished[0])
    lineage = Lineage(folder.store(folder.campaign()))
    report = lineage.store.result(lineage.surrogate)["report"]
    page = write_report(finished[0]).read_text()
    section = page[page.index("Accuracy of the surrogate") : page.index("<h2>Diffusivities")]
    ours = section[: section.index("predicted without")]
    assert report["split"] in ours and re.findall(r"<td>(\w+) \(ships\)", ours) == [report["shipped"]]
    rows = {kind: f"{score['mae_dex']:.3f}" for kind, score in report["scores"].items()}
    assert len(rows) > 1 and dict(re.findall(r"<td>(\w+)(?: \(ships\))?</td><td>([\d.]+)", ours)) == rows
