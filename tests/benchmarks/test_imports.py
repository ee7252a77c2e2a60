"""Imports of the benchmarks: every imported name exists."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "benchmarks").glob("*.py"))


def source(module):
    """Return the file of an argyro module or the folder of a package; None for other packages."""
    if not module.startswith("argyro"):
        file = ROOT / "benchmarks" / f"{module}.py"
        return file if file.exists() else None
    path = ROOT.joinpath(*module.split(".")[1:])
    return path if path.is_dir() else path.with_suffix(".py")


def defined(file):
    """Collect the names at the top of a file, and the modules of a package."""
    if file.is_dir():
        beside = {path.name.partition(".")[0] for path in file.iterdir()}
        return beside | (defined(file / "__init__.py") if (file / "__init__.py").exists() else set())
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Constant):
            names.add(node.value)  # a package loads some names on first use
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_each_name_that_it_imports_exists(file):
    imports = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = [(node, found) for node in imports if (found := source(node.module))]
    missing = [
        f"{node.module}.{alias.name}"
        for node, found in ours
        for alias in node.names
        if not found.exists() or alias.name not in defined(found)
    ]
    assert missing == []
