"""Separate environments for references with conflicting dependencies."""

from __future__ import annotations

import os
import subprocess
import venv
from collections.abc import Callable
from pathlib import Path

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.labels.references import RECIPES
from argyro.platform.labels.source import LabelSource


def install(source: str, folder: Path | None = None, progress: Callable[[str], None] | None = None) -> Path:
    """Install the environment of a reference and check that it contains the reference.

    Args:
        source: label source with a recipe in `references`.
        folder: folder of the environment; ``.venvs/<source>`` by default.
        progress: callback for each command before it runs.

    Returns:
        The environment's interpreter, for ``labels.python``.

    Raises:
        InputError: the reference needs no separate environment, or is unknown.
        ArgyroError: an installation failed.
    """
    if source not in RECIPES:
        raise InputError(
            f"no environment is known for {source!r}; install diep, chgnet and mace in this one, and give the program "
            "of other codes",
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
        raise ArgyroError(f"the environment {folder} was installed, but {reason}")
    return python
