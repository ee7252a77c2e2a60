"""Every error is one message with an exit code, in every encoding."""

import io
import json
import os
import subprocess
import sys

import pytest

from argyro.campaigns.cli import main as command_line
from argyro.campaigns.cli.main import main
from argyro.campaigns.cli.output import print_in_any_encoding
from argyro.platform.common.errors import InputError

COMMAND = [sys.executable, "-c", "from argyro.campaigns.cli.main import main; main()"]


@pytest.fixture
def failing(monkeypatch, capsys):
    """Run a command that raises an exception; return its exit code, output and error output."""

    def run(error, *arguments):
        def fails(*_, **__):
            raise error

        monkeypatch.setattr(command_line, "app", fails)
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        return ended.value.code, *capsys.readouterr()

    return run


def test_accepted_values_reach_the_user(failing):
    error = InputError("X cannot be read", accepted="XDATCAR, extxyz")
    assert failing(error)[2].strip() == "argyro: X cannot be read (accepted: XDATCAR, extxyz)"
    assert "XDATCAR, extxyz" in json.loads(failing(error, "--json")[1])["error"]
    assert failing(InputError("give XDATCAR", accepted="xdatcar"))[2].strip() == "argyro: give XDATCAR"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.csv"), 2),
        (IsADirectoryError(21, "Is a directory", "a"), 2),
        (OSError(28, "No space left on device", "a"), 1),
        (RecursionError("maximum recursion depth exceeded"), 1),
        (KeyError("x"), 1),
    ],
)
def test_any_exception_is_one_message(failing, error, code):
    returned, _, message = failing(error)
    assert returned == code and message.startswith("argyro: ") and "Traceback" not in message


def test_the_traceback_is_there_on_request(failing, monkeypatch):
    monkeypatch.setenv("ARGYRO_TRACEBACK", "1")
    monkeypatch.setattr(command_line.sys, "exit", lambda code: None)
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError("x"))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_characters_that_a_terminal_lacks_are_spelled(encoding, monkeypatch):
    bytes_ = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bytes_, encoding=encoding))
    print_in_any_encoding()
    print("σ 1 cm² 日", flush=True)
    sys.stdout.detach()
    text = bytes_.getvalue().decode(encoding)
    lacking = {"ascii": "sigma 1 cm^2 ?", "utf-8": "σ 1 cm² 日"}
    assert text.strip() == lacking.get(encoding, "sigma 1 cm² ?")


def test_a_locale_without_utf8_reads_and_prints(tmp_path):
    """One real process: the locale belongs to it."""
    file = tmp_path / "Föhn.yaml"
    text = (
        "# Σ5, σ in mS/cm\nname: x\nmaterials: [{composition: Li6PS5Cl}]\ntemperatures_K: [500]\ngrain_sizes_nm: [50]\n"
    )
    file.write_text(text, encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, "validate", file], env=environment, capture_output=True)
    assert done.returncode == 0 and b"F?hn.yaml: valid" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "Li6PS5Cl", "--disorder", "half"], "--disorder 'half' is not accepted; give a decimal number"),
        (["predict", "Li6PS5Cl", "--temperature=300K"], "--temperature '300K' is not accepted; give a decimal number"),
        (["plan", "a.yaml", "--cores", "0"], "--cores '0' is not accepted; give a number of at least 1"),
        (["plan", "a.yaml", "--cores", "many"], "--cores 'many' is not accepted; give a whole number"),
        (["serve", "--port", "99999999"], "--port '99999999' is not accepted; give a number of at most 65535"),
        (["predict", "Li6PS5Cl", "Li6PS5Br"], "'Li6PS5Br' is one argument too many; see `argyro predict --help`"),
        (["validate"], "Missing argument 'spec'; see `argyro validate --help`"),
    ],
)
def test_the_parsers_own_words_never_reach_the_user(capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and f"argyro: {message}" in capsys.readouterr().err
