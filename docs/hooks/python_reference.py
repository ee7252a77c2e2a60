"""Add one page of the Python reference for each room; griffe reads the sources and imports nothing."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "build" / "api"  # as in mkdocs.yml
DOCTEST = re.compile(r"(?<=\n\n)(?P<indent> +)>>> .*\n(?:(?P=indent)[^\s\"].*\n)*")
ROOMS = {
    "structures": "platform.structures",
    "labels": "platform.labels",
    "potential": "platform.potential",
    "learning": "platform.learning",
    "dynamics": "platform.dynamics",
    "continuum": "platform.continuum",
    "surrogates": "surrogates",
    "actors": "actors",
    "campaigns": "campaigns",
}


def on_startup(command, dirty) -> None:
    """Copy the sources into a folder named argyro, where griffe finds them; called by mkdocs.

    The repository root is the package, and it also holds environments and tests.
    """
    shutil.rmtree(SOURCES, ignore_errors=True)
    copy_sources(SOURCES / "argyro")


def copy_sources(package: Path) -> None:
    """Copy the Python files of all rooms.

    Args:
        package: folder to make.
    """
    tops = sorted({module.split(".")[0] for module in ROOMS.values()})
    for file in [ROOT / "__init__.py", *(file for top in tops for file in (ROOT / top).rglob("*.py"))]:
        target = package / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(DOCTEST.sub(_as_examples, file.read_text(encoding="utf-8")), encoding="utf-8")
    (package / "platform" / "__init__.py").touch()  # absent in the repository: it would hide the standard library's


def _as_examples(doctest: re.Match[str]) -> str:
    """Give a doctest the heading by which griffe knows code."""
    return f"{doctest['indent']}Examples:\n" + textwrap.indent(doctest[0], "    ")


def on_files(files: Files, config) -> Files:
    """Add the pages; called by mkdocs."""
    for name, module in ROOMS.items():
        files.append(File.generated(config, f"api/{name}.md", content=f"# {name}\n\n::: argyro.{module}\n"))
    return files
