"""A file-based code from input to label: convergence is read, and an unconverged frame is tried with changed mixing."""

import sys
from pathlib import Path

import pytest
from ase import Atoms, units

from argyro.platform.labels.client import Labeller
from argyro.platform.labels.source import LabelSource

PW = Path(__file__).with_name("outputs") / "pw.py"


def source(pseudo_dir: Path, electrons: dict) -> LabelSource:
    for name in ("li.upf", "cl.upf"):
        (pseudo_dir / name).write_text(name)
    kwargs = {
        "command": f"{sys.executable} {PW}",
        "pseudo_dir": str(pseudo_dir),
        "pseudopotentials": {"Li": "li.upf", "Cl": "cl.upf"},
        "input_data": {"system": {"ecutwfc": 50}, "electrons": electrons},
    }
    return LabelSource(source="espresso", kwargs=kwargs)


@pytest.fixture
def frame() -> Atoms:
    return Atoms("LiCl", positions=[[0, 0, 0], [2.5, 0, 0]], cell=[5, 5, 5], pbc=True)


@pytest.mark.parametrize("electrons", [{"mixing_beta": 0.3}, {"mixing_beta": 0.7}])
def test_label_has_the_units_of_ase_also_after_softer_mixing(tmp_path, frame, electrons):
    with Labeller(source(tmp_path, electrons), tmp_path / "run") as labeller:
        (labelled,) = labeller.label([frame])
    assert labelled.info["status"] == "converged", labelled.info["log"]
    assert labelled.get_potential_energy() == pytest.approx(-64.13215566 * units.Ry, rel=1e-6)
    assert labelled.get_forces()[0, 0] == pytest.approx(0.01 * units.Ry / units.Bohr, rel=1e-6)
    assert labelled.get_stress()[0] == pytest.approx(-0.0000068 * units.Ry / units.Bohr**3, rel=1e-3)
    attempts = sorted(path.name for path in (tmp_path / "run").glob("frame-*/attempt-*"))
    assert attempts == ["attempt-0", "attempt-1"][: len(attempts)]
    assert len(attempts) == (2 if electrons["mixing_beta"] > 0.5 else 1)


def test_frame_that_no_mixing_converges_is_unconverged_and_says_so(tmp_path, frame, monkeypatch):
    stubborn = tmp_path / "pw.py"
    stubborn.write_text(PW.read_text().replace("beta > 0.5", "beta > 0.0"))
    monkeypatch.setattr(sys.modules[__name__], "PW", stubborn)
    with Labeller(source(tmp_path, {}), tmp_path / "run") as labeller:
        (labelled,) = labeller.label([frame])
    assert labelled.info["status"] == "unconverged" and "NOT achieved" in labelled.info["log"]
    assert labelled.calc is None


def test_weights_hash_is_that_of_the_pseudopotentials(tmp_path):
    first = source(tmp_path, {}).identity()["weights"]
    changed = source(tmp_path, {})
    (tmp_path / "li.upf").write_text("another")
    assert changed.identity()["weights"] != first
