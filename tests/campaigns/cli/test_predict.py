"""`argyro predict` on the surrogate of a finished campaign, and the same surrogate out of MLflow."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from argyro.campaigns.cli.main import main
from argyro.campaigns.results.find_surrogate import surrogate_folder

KEYS = {
    "bulk_cm2_s",
    "boundary_parallel_cm2_s",
    "boundary_perpendicular_cm2_s",
    "effective_cm2_s",
    "conductivity_mS_cm",
    "activation_energy_eV",
    "in_domain",
    "warnings",
    "notes",
    "label_source",
}
NAMES = ["--composition", "Li6PS5Cl", "--disorder", 0.5, "--boundary", "sigma5(001)[001]"]


@pytest.fixture
def ask(smoke_run, capsys):
    """Runs `argyro predict` on the smoke campaign, in this process: a new one would compile everything again."""

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["predict", *map(str, arguments), "--surrogate", str(smoke_run[0])])
        printed = capsys.readouterr()
        return SimpleNamespace(returncode=ended.value.code, stdout=printed.out, stderr=printed.err)

    return run


def test_one_question_has_the_stable_keys_and_says_where_the_answer_comes_from(ask):
    done = ask(*NAMES, "--temperature", 600, "--grain-size-nm", 100, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0 and set(answer) >= KEYS
    assert answer["in_domain"] and answer["temperature_K"] == 600 and answer["grain_size_nm"] == 100
    for key in KEYS:
        if key.endswith(("_cm2_s", "_mS_cm", "_eV")):
            assert answer[key]["low"] <= answer[key]["value"] <= answer[key]["high"]
    assert (
        answer["origin"]["label_source"] == "diep 2.0.0"
        and "slope of forces on Li 0.98" in answer["origin"]["label_bias"]
    )
    text = ask(*NAMES, "--temperature", 300).stdout
    for words in ("mS/cm", "300 K is extrapolated", "molecular dynamics at 600 to 750 K", "diep 2.0.0"):
        assert words in text


def test_several_temperatures_and_grain_sizes_of_a_cell_of_ones_own(argyro, ask, tmp_path):
    cell = tmp_path / "cell.extxyz"
    argyro("structure", "--composition", "Li6PS5Br", "--disorder", 0.25, "-o", cell)
    grid = ["--temperature", 300, "--temperature", 1100, "--grain-size-nm", 50, "--grain-size-nm", 500]
    document = json.loads(ask("--structure", cell, *grid, "--json").stdout)
    places = [(answer["temperature_K"], answer["grain_size_nm"]) for answer in document["answers"]]
    assert places == [(300, 50), (300, 500), (1100, 50), (1100, 500)]
    warnings = document["answers"][-1]["warnings"]
    assert "element Br is not in the training data" in warnings and "1100 K is more than 300 K" in " ".join(warnings)


def test_a_table_is_answered_and_its_bad_rows_are_listed(ask, tmp_path):
    rows = [
        ("Li6PS5Cl", 0.5, "bulk", 300, 100),
        ("Li6PS5Xe", 0.5, "bulk", 300, 100),
        ("Li6PS5Cl", 0.5, "sigma5(001)[001]", 300, 1),
        ("Li6PS5Cl", 0.5, "sigma5(001)[001]", 300, 100),
    ]
    columns = ["composition", "disorder", "boundary", "temperature_K", "grain_size_nm"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "in.csv", index=False)
    done = ask("--csv", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0 and document["answered"] == 2
    assert [row["row"] for row in document["bad"]] == [3, 4]
    assert "Xe" in document["bad"][0]["message"] and "too small" in document["bad"][1]["message"]
    assert (pd.read_csv(tmp_path / "out.csv")["conductivity_mS_cm"] > 0).tolist() == [True, True]
    bad = pd.DataFrame(rows[1:2], columns=columns)
    bad.to_csv(tmp_path / "bad.csv", index=False)
    done = ask("--csv", tmp_path / "bad.csv", "--out", tmp_path / "out.csv")
    assert done.returncode == 2 and "row 2" in done.stderr
    before = (tmp_path / "in.csv").read_bytes()
    done = ask("--csv", tmp_path / "in.csv", "--out", tmp_path / "in.csv")
    assert done.returncode == 2 and "another file" in done.stderr
    assert (tmp_path / "in.csv").read_bytes() == before


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "argyro predict Li6PS5Cl"),
        (["Li6PS5Cl", "--composition", "Li6PS5Cl"], "twice"),
        (["--composition", "Li6PS5Cl", "--csv", "a.csv", "--out", "b.csv"], "--csv"),
        (["--csv", "nowhere.csv"], "--out"),
        (["--csv", "nowhere.csv", "--out", "b.csv"], "nowhere.csv"),
        (["--structure", "nowhere.cif"], "nowhere.cif"),
        (["--composition", "Na3PS4"], "Na"),
        (["--composition", "Li6PS5Cl", "--disorder", 1.5], "1.5"),
        (["--composition", "Li6PS5Cl", "--boundary", "sigma4"], "sigma4"),
        (["--composition", "Li6PS5Cl", "--temperature", 0], "not positive"),
        ([*NAMES, "--grain-size-nm", 1], "too small"),
    ],
)
def test_a_mistake_is_one_message(ask, arguments, words):
    done = ask(*arguments, "--json")
    assert done.returncode == 2 and words in json.loads(done.stdout)["error"], done.stdout + done.stderr


def test_what_holds_no_surrogate_is_refused_with_what_would(argyro, tmp_path):
    """In a process of its own, as a user sees it."""
    done = argyro("predict", "--composition", "Li6PS5Cl", "--surrogate", tmp_path)
    assert done.returncode == 2 and "models:/NAME@champion" in done.stderr
    (tmp_path / "campaign.json").write_text('{"argyro_campaign": 1, "name": "empty", "id": "0"}')
    (tmp_path / "campaign.yaml").write_text(
        "name: empty\nmaterials: [{composition: Li6PS5Cl}]\ntemperatures_K: [500]\ngrain_sizes_nm: [100]\n"
    )
    done = argyro("predict", "--composition", "Li6PS5Cl", "--surrogate", tmp_path)
    assert done.returncode == 2 and "no surrogate yet" in done.stderr


@pytest.mark.slow
def test_the_champion_of_mlflow_answers_alike_and_nothing_is_pickled(smoke_run, monkeypatch):
    """A real registry: the campaign's own sqlite database, read by MLflow's own loader."""
    import mlflow

    from argyro.actors.mlflow_tracker import default_tracking_uri
    from argyro.surrogates import predict

    folder, uri = smoke_run[0], default_tracking_uri(smoke_run[0])
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        model = mlflow.pyfunc.load_model("models:/smoke-surrogate@champion")
        version = mlflow.MlflowClient().get_model_version_by_alias("smoke-surrogate", "champion")
        run = mlflow.get_run(version.run_id)
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        fetched = surrogate_folder("models:/smoke-surrogate@champion")
    finally:
        mlflow.set_tracking_uri(before)
    question = {
        "composition": "Li6PS5Cl",
        "disorder": 0.5,
        "boundary": "sigma5(001)[001]",
        "temperature_K": 600.0,
        "grain_size_nm": 100.0,
    }
    answers = model.predict(pd.DataFrame([question, question | {"composition": "Li6PS5Xe"}]))
    (direct,) = predict(
        "Li6PS5Cl", 0.5, "sigma5(001)[001]", (600.0,), (100.0,), surrogate=surrogate_folder(str(folder))
    )
    assert answers["effective_cm2_s"][0] == pytest.approx(direct["effective_cm2_s"]["value"])
    assert "Xe" in answers["error"][1]
    assert model.metadata.signature.inputs.input_names() == list(question)
    assert version.description.startswith("# Surrogate of Li diffusivity") == ("## Accuracy" in version.description)
    assert run.data.tags["mlflow.note.content"] == version.description
    assert run.data.params["shipped"] and run.data.metrics["observations"] >= 2
    assert (fetched / "surrogate.json").read_text() == (surrogate_folder(str(folder)) / "surrogate.json").read_text()
    stored = [path for path in (folder / "mlflow-artifacts").rglob("*") if path.is_file()]
    assert stored and not [path for path in stored if path.suffix in (".pkl", ".pickle", ".joblib", ".pt")]


def test_the_shipped_surrogate_answers_a_bare_formula_without_heavy_libraries():
    """Building cells or networks took 13 s; torch and the like alone take more than the answer."""
    heavy = ("torch", "jax", "ray", "mlflow", "pymatgen", "matscipy", "pandas", "matplotlib")
    code = (
        "import sys\nfrom argyro.campaigns.cli.main import main\ntry: main(['predict', 'Li6PS5Cl', '--json'])\n"
        f"finally: print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, _, imported = done.stdout.strip().rpartition("\n")
    assert json.loads(answer)["disorder"]["origin"] == "estimated" and imported == "[]"
