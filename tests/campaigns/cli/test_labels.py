"""`argyro labels bias` and `check`: mistakes end with their repair, the table with every element."""

import json

import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from argyro.campaigns.cli.main import main


def run(capsys, *arguments, command="bias"):
    with pytest.raises(SystemExit) as ended:
        main(["labels", command, *map(str, arguments)])
    return ended.value.code, capsys.readouterr()


def test_frames_without_forces_are_a_mistake_of_the_user(tmp_path, capsys):
    write(tmp_path / "bare.extxyz", bulk("LiCl", "rocksalt", a=5.2))
    code, printed = run(capsys, "diep", tmp_path / "bare.extxyz")
    assert code == 2 and "has no forces" in printed.err and "DFT" in printed.err


@pytest.mark.slow
def test_every_element_has_its_row(tmp_path, capsys):
    frame = bulk("LiCl", "rocksalt", a=5.2, cubic=True)
    frame.rattle(0.1, seed=1)
    frame.calc = SinglePointCalculator(frame, energy=0.0, forces=frame.positions - frame.positions.mean(axis=0))
    write(tmp_path / "dft.extxyz", frame)
    code, printed = run(capsys, "diep", tmp_path / "dft.extxyz", "--functional", "r2SCAN", "--json")
    rows = json.loads(printed.out)["bias"]
    assert code == 0 and [row["element"] for row in rows] == ["all", "Cl", "Li"]
    assert {row["functional"] for row in rows} == {"r2SCAN"} and rows[0]["reference"] == "diep"


CAMPAIGN = """
name: own-reference
materials: [{composition: Li6PS5Br, disorder: 0}]
temperatures_K: [600]
grain_sizes_nm: [100]
"""


def own_reference(folder, forces="-positions"):
    """A campaign whose reference is a file with a harmonic calculator."""
    (folder / "mine.py").write_text(
        f"""
import numpy as np
from ase.calculators.calculator import Calculator, all_changes

class Springs(Calculator):
    implemented_properties = ["energy", "forces", "stress"]
    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        positions = atoms.positions
        stress = (positions.T @ positions / atoms.cell.volume).ravel()[[0, 4, 8, 5, 2, 1]]
        self.results = {{"energy": 0.5 * (positions**2).sum(), "forces": {forces}, "stress": stress}}
"""
    )
    spec = folder / "my.yaml"
    spec.write_text(CAMPAIGN + f"labels: {{source: ase, factory: {folder}/mine.py:Springs}}\n")
    return spec


def test_check_uses_the_reference_of_a_campaign(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = own_reference(tmp_path)
    code, printed = run(capsys, spec, command="check")
    assert code == 2 and "--trust" in printed.err
    code, printed = run(capsys, spec, "--trust", "--json", command="check")
    document = json.loads(printed.out)
    assert code == 0 and "mine.py:Springs" in document["label_source"] and document["force_error_eV_A"] < 1e-9


def test_check_finds_wrong_forces_of_a_campaigns_reference(tmp_path, capsys):
    code, printed = run(capsys, own_reference(tmp_path, "-0.5 * positions"), "--trust", "--json", command="check")
    assert code == 0 and json.loads(printed.out)["force_error_eV_A"] > 1


def test_an_interpreter_beside_a_campaign_file_is_refused(tmp_path, capsys):
    code, printed = run(capsys, own_reference(tmp_path), "--python", "python3", command="check")
    assert code == 2 and "labels.python" in printed.err
