"""The container recipes hold valid shell, agree with each other and copy files that exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "containers" / "Dockerfile").read_text().replace("\\\n", " ")
DEFINITION = (ROOT / "containers" / "argyro.def").read_text()


def of_docker():
    return re.findall(r"^RUN (.*)$", DOCKERFILE, flags=re.M)


def of_apptainer():
    parts = re.findall(r"^%(?:post|runscript|environment)\n((?:    .*\n)+)", DEFINITION, flags=re.M)
    return [line.strip() for part in parts for line in part.splitlines()]


@pytest.mark.parametrize("commands", [of_docker(), of_apptainer()], ids=["docker", "apptainer"])
def test_the_commands_are_shell(commands):
    assert len(commands) > 4
    subprocess.run(["bash", "-n"], input="\n".join(commands), text=True, check=True)


def test_both_recipes_install_the_same_on_the_same_base():
    bases = {*re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.M), *re.findall(r"^From: (\S+)", DEFINITION, flags=re.M)}
    assert len(bases) == 1 and re.search(r"python:3\.(1[1-9])", bases.pop())
    packages = [
        set(re.findall(r"--no-install-recommends ([^&\n]+)", "\n".join(commands)))
        for commands in (of_docker(), of_apptainer())
    ]
    assert {name.strip() for name in packages[0]} == {name.strip() for name in packages[1]} == {"g++", "libgomp1"}


def test_copied_files_exist():
    named = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, flags=re.M)
    assert named and all((ROOT / name).exists() for name in named)
