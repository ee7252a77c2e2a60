"""`argyro labels bias`: mistakes end with their repair, the table with every element."""

import json

import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from argyro.campaigns.cli.main import main


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["labels", "bias", *map(str, arguments)])
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
