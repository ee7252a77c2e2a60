"""Questions across campaigns are single searches: those of docs/mlflow.md, asked of two campaigns' records."""

import json
import re
from pathlib import Path

import mlflow
import pytest

from argyro.actors.mlflow_tracker import VIEW_COLUMNS, MLflowTracker, default_tracking_uri, polycrystal_view
from argyro.campaigns.pipeline.graph import Node
from argyro.campaigns.pipeline.stages.homogenize import HOMOGENIZE, HomogenizeResult, Polycrystal, Regime
from argyro.campaigns.plots.series import ArrheniusCurve
from argyro.campaigns.runtime.mlflow_records import CHARTS, POLYCRYSTAL, records
from argyro.campaigns.spec.material import BoundaryType, Cell, Material
from argyro.platform.common.estimate import Uncertain
from argyro.platform.execution.stage import Contract, Tracked
from argyro.platform.execution.work_item import WorkItem

PAGE = (Path(__file__).parents[3] / "docs" / "mlflow.md").read_text()
SEARCHES = [line for block in re.findall(r"```sql\n(.*?)```", PAGE, flags=re.S) for line in block.splitlines()]
SIZES_NM = (10.0, 100.0)


def homogenized(composition, width_nm, conductivity):
    """A finished homogenization; sigma is that of the coarsest grains."""
    cell = Cell(Material(composition=composition, disorder=0.25), BoundaryType("sigma5(001)[001]"))
    node = Node(
        f"homogenize/{composition}", HOMOGENIZE, Contract(), params={**cell.facts, "boundary_width_nm": width_nm}
    )
    rows = [
        Polycrystal(
            **cell.facts,
            measured={"bulk": 1, "boundary": 2},
            width_nm=width_nm,
            grain_size_nm=size,
            temperature_K=300.0,
            conductivity_mS_cm=uncertain(conductivity * size / max(SIZES_NM)),
            effective_cm2_s=uncertain(1e-9 * conductivity),
        )
        for size in SIZES_NM
    ]
    item = WorkItem("homogenize", 1, {"composition": composition, "width_nm": width_nm, "sigma": conductivity})
    at = {"bulk": 1e-8, f"{cell.boundary} ∥": 4e-9, f"{cell.boundary} ⊥": 2e-9}
    curves = [
        ArrheniusCurve(label=label, temperatures_K=(300.0, 600.0), diffusivity=(uncertain(D), uncertain(1e3 * D)))
        for label, D in at.items()
    ]
    regimes = [Regime.model_construct(grain_size_nm=size, cold_eV=Uncertain(0.3, 0.2, 0.4)) for size in SIZES_NM]
    result = HomogenizeResult.model_construct(screening=rows, arrhenius_curves=curves, regimes=regimes)
    return node, item, result, Tracked({"conductivity_mS_cm_10_nm": conductivity})


def uncertain(value):
    return {"value": value, "low": value / 2, "high": value * 2}


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """Two campaigns in one database; returns its URI and how to log one of them once more."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri, spec = default_tracking_uri(folder), folder / "campaign.yaml"
    spec.write_text("name: test\n")
    campaigns = {
        "one": [
            homogenized("Li6PS5Br", 2.5, 4.0),
            homogenized("Li6PS5Br", 1.0, 9.0),
            homogenized("Li6PS5Cl", 2.5, 5.0),
        ],
        "two": [homogenized("Li6PS5Br", 2.5, 7.0)],
    }

    for name in CHARTS:
        (folder / name).write_bytes(b"picture")

    def log(name):
        tracker = MLflowTracker(uri, name, folder / "artifacts", name, {"seed": 1}, spec)
        for finished in campaigns[name]:
            for record in records(*finished, folder, {"campaign": name, "production_ps": 200.0}):
                tracker.log(record)

    for name in campaigns:
        log(name)
    mlflow.set_tracking_uri(uri)
    return log


def search(text, **options):
    return mlflow.search_runs(experiment_names=["one", "two"], filter_string=text, **options)


def test_one_search_finds_a_composition_at_a_width_and_temperature_sorted(tracked):
    found = search(SEARCHES[0], order_by=["metrics.conductivity_value_mS_cm DESC"])
    assert list(found["metrics.conductivity_value_mS_cm"]) == pytest.approx([7.0, 4.0, 0.7, 0.4])
    assert list(found["params.campaign"]) == ["two", "one", "two", "one"]
    assert set(found["params.boundary_width_nm"]) == {"2.5"} and set(found["params.composition"]) == {"Li6PS5Br"}
    assert found["tags.mlflow.runName"][0] == "Li6PS5Br 25 %, sigma5(001)[001], 100 nm, 300 K"


@pytest.mark.parametrize("text", SEARCHES)
def test_every_search_of_the_page_is_one(tracked, text):
    search(text)


def test_parallel_coordinates_have_complete_lines(tracked):
    """Of each polycrystal all parameters and metrics that an axis can show, in both campaigns."""
    found = search(f"tags.`argyro.stage` = '{POLYCRYSTAL}'")
    axes = ["params.composition", "params.disorder", "params.boundary", "params.grain_size_nm", "params.temperature_K"]
    axes += ["params.campaign", "metrics.log10_conductivity_mS_cm", "metrics.effective_value_cm2_s"]
    assert len(found) == 8 and not found[axes].isna().any().any()


def test_a_polycrystal_is_a_run_at_the_top_level_with_its_physics_and_charts(tracked):
    """Hand-made: D along and across is 0.4 and 0.2 of the bulk's at 300 K."""
    (row,) = search('params.grain_size_nm = "100" and params.campaign = "two"').to_dict("records")
    assert row["params.temperature_K"] == "300" and row["params.disorder"] == "0.25"
    metrics = {name.removeprefix("metrics."): value for name, value in row.items() if name.startswith("metrics.")}
    assert [metrics[f"Ea_{name}_eV"] for name in ("value", "low", "high")] == [0.3, 0.2, 0.4]
    assert metrics["haven_ratio_low"] < metrics["haven_ratio_value"] < metrics["haven_ratio_high"]
    assert metrics["D_parallel_to_bulk"] == pytest.approx(0.4)
    assert metrics["D_perpendicular_to_bulk"] == pytest.approx(0.2)
    client = mlflow.MlflowClient()
    assert {file.path for file in client.list_artifacts(row["run_id"])} == set(CHARTS)
    everything = search("")
    nested = everything[everything["tags.mlflow.parentRunId"].notna()]
    assert set(nested["tags.argyro.stage"]) == {"homogenize"}


def test_the_page_opens_on_columns_that_exist(tracked):
    found = search("tags.`argyro.stage` = 'polycrystal'")
    address = polycrystal_view(mlflow.get_tracking_uri(), "one")
    assert address.endswith("?viewStateShareKey=argyro")  # with a search in the address, MLflow ignores the view
    (tag,) = mlflow.get_experiment_by_name("one").tags.values()
    assert json.loads(tag)["selectedColumns"] == list(VIEW_COLUMNS)
    columns = {column.replace("`", "") for column in VIEW_COLUMNS}
    assert columns <= set(found.columns), columns - set(found.columns)


def test_logging_once_more_changes_nothing(tracked):
    before = len(search(""))
    tracked("one")
    assert len(search("")) == before
