"""Labels of GPAW are told apart by the PAW data that it finds; here a stand-in for the package says where it looks."""

import pytest

from argyro.platform.labels.source import LabelSource

STAND_IN = """import os
setup_paths = [path for path in os.environ.get("GPAW_SETUP_PATH", "").split(os.pathsep) if path]
setup_paths.append(os.path.join(os.path.dirname(__file__), "setups"))
"""


@pytest.fixture
def setups(tmp_path, monkeypatch):
    """Folder of the data that come with the stand-in."""
    package = tmp_path / "site" / "gpaw"
    (package / "setups").mkdir(parents=True)
    (package / "__init__.py").write_text(STAND_IN)
    (package / "setups" / "Li.PBE.gz").write_bytes(b"Li, as it came")
    (package / "setups" / "P.PBE.gz").write_bytes(b"P, as it came")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.delenv("GPAW_SETUP_PATH", raising=False)
    return package / "setups"


def test_other_paw_data_are_another_source_of_labels(setups):
    before = LabelSource("gpaw").label_source
    assert LabelSource("gpaw").label_source == before and not before.endswith("/-")
    (setups / "Li.PBE.gz").write_bytes(b"Li, of another release")
    after = LabelSource("gpaw")
    assert after.available()[0] and after.label_source != before
    assert after.label_source.rpartition("/")[0] == before.rpartition("/")[0]  # name, version and settings are the same


def test_data_of_ones_own_go_before_those_that_came_along(setups, tmp_path, monkeypatch):
    before, own = LabelSource("gpaw").label_source, tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("GPAW_SETUP_PATH", str(own))
    assert LabelSource("gpaw").label_source == before
    (own / "P.PBE").write_bytes(b"P, my own")
    mine = LabelSource("gpaw").label_source
    assert mine != before
    (setups / "P.PBE.gz").write_bytes(b"never read")
    assert LabelSource("gpaw").label_source == mine
