"""The exported folder of a campaign says what its store says."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from ase.io import read

from argyro.campaigns.pipeline.stages.md import MD
from argyro.campaigns.results.ancestry import Lineage, stored_items
from argyro.campaigns.results.export import LABELS, OF_A_MEMBER, export_campaign
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.platform.common.errors import InputError
from argyro.platform.execution.result_store import Store
from argyro.platform.potential.mtp.model import MTP
from argyro.surrogates.models.surrogate import Surrogate
from argyro.validation.__main__ import write_page


@pytest.fixture(scope="module")
def exported(smoke_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "results"
    return export_campaign(smoke_run[0], out), out


@pytest.fixture(scope="module")
def lineage(smoke_run):
    folder = CampaignFolder(smoke_run[0])
    return Lineage(folder.store(folder.campaign()))


def test_rows_hold_the_numbers_of_the_store(exported, lineage):
    table = pd.read_parquet(exported[1] / "results.parquet").set_index(["diffusivity_key", "direction"])
    for measured in lineage.measurements:
        result = measured.diffusivity.result
        for direction, cell in result.measured.items():
            row = table.loc[(measured.diffusivity.key, direction)]
            assert row["cell_valid"] == cell.valid and row["msd_A2"] == cell.msd_A2
            value = result.value(direction)
            assert row["valid"] == (value is not None)
            if value:
                assert row["diffusivity_value_cm2_s"] == value.value
            assert row["valid"] or row["upper_bound_cm2_s"] > 0 or row["reason"] or row["notes"]


def test_every_run_is_traced_to_its_inputs(exported, lineage):
    table = pd.read_parquet(exported[1] / "results.parquet").set_index("md_key")
    for key, run in stored_items(lineage.store, MD).items():
        assert set(table.loc[[key], "temperature_K"]) == {run.inputs.conditions.temperature_K}
        assert set(table.loc[[key], "structure_key"]) == {run.parent_key("structure")}


def test_potentials_structures_and_surrogate_can_be_read(exported):
    document, out = exported
    assert len(list(out.glob("potentials/*.mtp"))) == document["potentials"]
    for file in out.glob("potentials/*.mtp"):
        assert "-".join(sorted(MTP.read(file).species)) == file.stem
    for file in (out / "potentials").glob(f"*{LABELS}"):
        labelled = read(file, index=":")
        rounds = json.loads(file.with_name(file.name.replace(LABELS, ".rounds.json")).read_text())["rounds"]
        assert len(labelled) > 10 and rounds and all(frame.get_forces().shape == (len(frame), 3) for frame in labelled)
    frames = read(out / "structures.extxyz", index=":")
    table = pd.read_parquet(out / "structures.parquet").set_index("structure")
    assert len(frames) == len(table) == document["structures"]
    bulk = table[table["boundary"] == "bulk"]
    assert bulk["lattice_parameter_A"].between(9.5, 10.6).all() and bulk["boundary_energy_J_m2"].isna().all()
    assert Surrogate.load(out / "surrogate").report["values"] >= 0
    assert (out / "ranking.parquet").exists() and "diep" in (out / "README.md").read_text()


def test_an_export_is_replaced_and_what_else_lies_there_stays(smoke_run, exported, argyro, tmp_path):
    out = shutil.copytree(exported[1], tmp_path / "results")
    strangers = [out / "thesis.ipynb", out / "figures" / "fit.svg", out / "potentials" / "mine.mtp"]
    (out / "figures").mkdir()
    for stranger in strangers:
        stranger.write_text("keep")
    outdated = [out / f"potentials/Br-Li-P-S{ending}" for ending in (*OF_A_MEMBER, LABELS, ".rounds.json")]
    for file in outdated:
        file.write_text("of another campaign")
    (out / "results.parquet").write_text("spoilt")
    again = argyro("export", smoke_run[0], "--out", out, "--json")
    assert json.loads(again.stdout) == exported[0] | {"folder": str(out)}
    assert len(pd.read_parquet(out / "results.parquet")) == exported[0]["rows"]
    assert all(stranger.read_text() == "keep" for stranger in strangers)
    assert not any(file.exists() for file in outdated)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


@pytest.mark.parametrize("copied", [[], ["results.parquet"], ["results.parquet", "README.md", "campaign.yaml"]])
def test_a_folder_that_is_no_export_is_refused_by_the_name_of_a_stranger(smoke_run, exported, tmp_path, copied):
    for name in copied:
        shutil.copy(exported[1] / name, tmp_path)
    (tmp_path / "thesis.txt").write_text("keep")
    with pytest.raises(InputError, match=r"holds thesis\.txt and is not an export"):
        export_campaign(smoke_run[0], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*copied, "thesis.txt"}


def test_a_killed_export_is_made_again(smoke_run, exported, tmp_path):
    out = tmp_path / "out"
    (tmp_path / ".out.part").mkdir()
    out.mkdir()
    shutil.copy(exported[1] / "README.md", out)
    export_campaign(smoke_run[0], out)
    assert (out / "results.parquet").is_file() and not (tmp_path / ".out.part").exists()


@pytest.mark.parametrize("below", ["", "export"])
def test_a_file_is_no_folder_to_export_into(smoke_run, argyro, tmp_path, below):
    (tmp_path / "thesis.txt").write_text("keep")
    done = argyro("export", smoke_run[0], "--out", tmp_path / "thesis.txt" / below)
    assert done.returncode == 2 and "thesis.txt is a file" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and (tmp_path / "thesis.txt").read_text() == "keep"


def test_the_current_folder_can_be_exported_into(smoke_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export_campaign(smoke_run[0], Path())
    assert Path("results.parquet").is_file()  # through the shell's own handle of the folder


def test_the_validation_page_can_be_made_from_an_export(exported, tmp_path):
    write_page(exported[1], tmp_path / "validation.md")
    text = (tmp_path / "validation.md").read_text()
    table = pd.read_parquet(exported[1] / "results.parquet")
    assert f"{table['md_key'].nunique()} MD runs" in text and "diep" in text
    assert all(f"## {title}" in text for title in ("Lattice constants", "Boundaries and bulk", "DFT check"))
    assert all((tmp_path / picture).is_file() for picture in re.findall(r"\]\((pictures/[^)]+)\)", text))


def test_a_campaign_without_surrogate_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no surrogate of this version yet"):
        Lineage(Store(tmp_path / "store"))
