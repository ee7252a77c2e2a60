"""Environments of their own for references whose dependencies clash with this one's."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.labels.source import LabelSource


@dataclass(frozen=True)
class Recipe:
    """What an environment needs.

    Args:
        steps: pip requirements, one installation after the other.
        hint: what to do when the installation fails.
        environment: variables that a compilation needs.
    """

    steps: tuple[tuple[str, ...], ...]
    hint: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


RECIPES = {
    # sevenn needs e3nn >= 0.5, mace 0.4.4; torch first, or its dependants pull another build of it
    "sevennet": Recipe((("torch==2.13.0",), ("sevenn==0.13.0", "ase>=3.25,<4"))),
    "gpaw": Recipe(
        (("gpaw==26.7.0", "gpaw-data==1.2.1", "ase>=3.25,<4"),),
        hint="GPAW is compiled here and needs g++, libxc and BLAS: apt-get install g++ libxc-dev libopenblas-dev",
        environment={"CC": "g++"},  # its *.c files are C++ by now, but where no MPI is found its build calls plain cc
    ),
}


def install(source: str, folder: Path | None = None, progress: Callable[[str], None] | None = None) -> Path:
    """Make the environment of a reference and see that the reference is found in it.

    Args:
        source: a key of `RECIPES`.
        folder: where to; ``.venvs/<source>`` by default.
        progress: called with each command before it runs.

    Returns:
        The environment's interpreter, for ``labels.python``.

    Raises:
        InputError: the reference needs no environment of its own, or is unknown.
        ArgyroError: an installation failed.
    """
    if source not in RECIPES:
        raise InputError(
            f"no environment is known for {source!r}; diep, chgnet and mace live in this one, other codes name their "
            "program",
            path="source",
            given=source,
            accepted=", ".join(RECIPES),
        )
    recipe = RECIPES[source]
    folder = Path(folder or Path(".venvs") / source)
    python = folder.resolve() / "bin" / "python"
    if not python.exists():
        venv.EnvBuilder(with_pip=True).create(folder)
    commands = [[str(python), "-m", "pip", "install", *step] for step in recipe.steps]
    for command in commands:
        if progress is not None:
            progress(" ".join(command))
        environment = {**os.environ, **recipe.environment}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise ArgyroError(f"{' '.join(command)} failed: {done.stderr[-800:]} {recipe.hint}")
    available, reason = LabelSource(source=source, python=str(python)).available()
    if not available:
        raise ArgyroError(f"the environment {folder} was made, but {reason}")
    return python
