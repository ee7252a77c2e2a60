import json
import sys
from pathlib import Path

import pytest

from argyro.campaigns.cli.main import main

sys.path.insert(0, str(Path(__file__).parents[2] / "platform" / "dynamics"))
import crystal_runs as made

RUN = made.run(60)


@pytest.fixture
def xdatcar(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "XDATCAR").write_text(made.xdatcar(RUN))
    return tmp_path


def argyro(capsys, *words):
    with pytest.raises(SystemExit) as stop:
        main(["diffusion", *words, "--json"])
    return stop.value.code, json.loads(capsys.readouterr().out)


def test_the_interval_and_the_warnings_are_in_the_document(xdatcar, capsys):
    code, document = argyro(capsys, "XDATCAR", "--temperature", "600", "--frame-interval-fs", "250")
    assert (code, document["frame_interval_fs"], document["warnings"]) == (0, 250.0, [])
    assert document["frames"] == 60


def test_the_old_name_of_the_interval_still_works_and_says_so(xdatcar, capsys):
    code, document = argyro(capsys, "XDATCAR", "--temperature", "600", "--timestep-fs", "250")
    assert (code, document["frame_interval_fs"]) == (0, 250.0)
    assert [warning["code"] for warning in document["warnings"]] == ["old_option"]
    code, document = argyro(
        capsys, "XDATCAR", "--temperature", "600", "--timestep-fs", "250", "--frame-interval-fs", "2"
    )
    assert code == 2 and "contradict" in document["error"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--plot", "msd.unknown", "--plot msd.unknown: .unknown is not a format"),
        ("--plot", "XDATCAR/msd.png", "--plot XDATCAR/msd.png: "),
        ("--density", "li.foo", "--density li.foo: .foo is not a format; use one of .cube"),
        ("--density", "/proc/li.cube", "--density /proc/li.cube: "),
        ("--cell", "a", "--cell a is not a cell"),
        ("--elements", "Li,Xx", "not a chemical element"),
        ("--frame-interval-fs", "0", "the time between frames is 0 fs, which is not positive"),
    ],
)
def test_options_are_checked_before_the_trajectory_is_read(xdatcar, capsys, option, value, message):
    words = ["XDATCAR", "--temperature", "600", option, value]
    code, document = argyro(capsys, *words)
    assert code == 2 and message in document["error"]


def test_types_and_cells_come_from_options(xdatcar, capsys):
    (xdatcar / "run-pos-1.xyz").write_text(made.cp2k(RUN))
    code, document = argyro(capsys, "run-pos-1.xyz", "--temperature", "600", "--cell", "9.8614")
    assert (code, document["frame_interval_fs"]) == (0, 250.0)
    (xdatcar / "XDATCAR").write_text(made.xdatcar(RUN, names=False))
    options = ["--temperature", "600", "--frame-interval-fs", "250"]
    assert argyro(capsys, "XDATCAR", *options)[0] == 2
    assert argyro(capsys, "XDATCAR", *options, "--elements", "Li,P,S,Cl")[0] == 0


def test_a_file_that_is_no_trajectory_names_the_formats(xdatcar, capsys):
    (xdatcar / "notes.txt").write_text("hello\n")
    code, document = argyro(capsys, "notes.txt", "--temperature", "600", "--frame-interval-fs", "250")
    assert code == 2 and "OUTCAR" in document["error"] and "DCD with --topology" in document["error"]
