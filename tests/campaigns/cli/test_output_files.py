"""Outputs that cannot be written are refused by their option before any work starts."""

import os
from pathlib import Path

import pytest

from argyro.campaigns.cli.main import main

BAD = ["nowhere/file{}", "/proc/file{}", "points.csv/file{}", "folder{}"]
COMMANDS = {  # command -> its option, an ending of its format, an ending without a format
    "structure --composition Li6PS5Cl -o": ("--output", ".extxyz", ".foo"),
    "structure --composition Li6PS5Cl --picture": ("--picture", ".png", ".foo"),
    "diffusion absent --temperature 600 --timestep-fs 250 --plot": ("--plot", ".png", ".unknown"),
    "diffusion absent --temperature 600 --timestep-fs 250 --density": ("--density", ".cube", ".foo"),
    "homogenize --table points.csv -o": ("--output", ".csv", None),
    "potential train absent.extxyz --level 8 -o": ("--output", ".mtp", None),
    "potential convert absent.extxyz -o": ("--output", ".cfg", ".foo"),
    "predict --csv points.csv --out": ("--out", ".csv", None),
}


@pytest.fixture
def refusal(tmp_path, monkeypatch, capsys):
    """Run a command that must be refused; return its message."""
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text("composition,temperature_K\nLi6PS5Cl,300\n")

    def message(command, path):
        with pytest.raises(SystemExit) as ended:
            main([*command.split(), str(path)])
        assert ended.value.code == 2
        return capsys.readouterr().err.replace("\n", " ")

    return message


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("path", BAD)
def test_a_file_that_cannot_be_made(refusal, command, path):
    option, ending, _ = COMMANDS[command]
    Path(f"folder{ending}").mkdir(exist_ok=True)
    message = refusal(command, path.format(ending))
    assert option in message and path.format(ending) in message


@pytest.mark.parametrize("command", [command for command in COMMANDS if COMMANDS[command][2]])
def test_an_ending_without_a_format(refusal, command):
    option, _, ending = COMMANDS[command]
    message = refusal(command, f"file{ending}")
    assert option in message and ("use one of" in message or "use for example" in message)


@pytest.mark.parametrize("command", ["run x.yaml --inline --workdir", "export absent --out"])
@pytest.mark.parametrize("path", ["points.csv", "points.csv/below", "/proc/below"])
def test_a_folder_that_cannot_be_made(refusal, command, path):
    assert command.split()[-1] in refusal(command, path)


@pytest.mark.skipif(os.getuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder(refusal, tmp_path):
    tmp_path.chmod(0o500)
    assert "permissions" in refusal("structure --composition Li6PS5Cl -o", "cell.extxyz")
