"""How a MACE model is named: by file, by the files of a committee, or as a foundation model; nothing is downloaded."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from argyro.platform.labels.references import ENGINES, describe
from argyro.platform.labels.source import LabelSource


@pytest.fixture
def loaded(monkeypatch):
    """What mace-torch would be asked to load."""
    asked = []
    calculators = SimpleNamespace(
        mace_mp=lambda **options: asked.append(("foundation", options)),
        MACECalculator=lambda **options: asked.append(("files", options)),
    )
    monkeypatch.setitem(sys.modules, "mace", SimpleNamespace(calculators=calculators))
    monkeypatch.setitem(sys.modules, "mace.calculators", calculators)
    return asked


def test_a_name_loads_the_foundation_model_in_double_precision(loaded):
    ENGINES["mace"].build({"model": "medium-mpa-0"}, Path())
    assert loaded == [("foundation", {"model": "medium-mpa-0", "default_dtype": "float64", "device": "cpu"})]


def test_files_load_as_they_are(loaded, tmp_path):
    files = [tmp_path / "a.model", tmp_path / "b.model"]
    for file in files:
        file.write_bytes(file.name.encode())
    ENGINES["mace"].build({"model": str(files[0]), "default_dtype": "float32"}, Path())
    ENGINES["mace"].build({"model": [str(file) for file in files]}, Path())
    assert [kind for kind, _ in loaded] == ["files", "files"]
    assert loaded[0][1] == {"model_paths": [str(files[0])], "default_dtype": "float32", "device": "cpu"}
    assert loaded[1][1]["model_paths"] == [str(file) for file in files]


def test_a_committee_that_lacks_a_file_is_not_available(tmp_path):
    (tmp_path / "a.model").write_bytes(b"a")
    told = describe("mace", None, {"model": [str(tmp_path / "a.model"), str(tmp_path / "gone.model")]})
    assert not told["available"] and "gone.model" in told["reason"]


def test_a_file_that_is_missing_is_not_taken_for_a_name_to_download(tmp_path):
    told = describe("mace", None, {"model": str(tmp_path / "gone.model")})
    assert not told["available"] and "gone.model" in told["reason"]


def test_foundation_models_are_told_apart_by_name_and_files_by_content(tmp_path):
    names = {LabelSource("mace", kwargs={"model": name}).label_source for name in ("small", "medium")}
    assert len(names) == 2
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (LabelSource("mace", kwargs={"model": str(tmp_path / name)}).label_source for name in "abc")
    assert a == b != c
