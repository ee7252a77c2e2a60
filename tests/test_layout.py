"""The repository root is the package: imports point one way, and the standard library's `platform` survives."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ["platform", "surrogates", "actors", "campaigns"]  # each may import itself and what stands before it


def sources(layer):
    return sorted((ROOT / layer).rglob("*.py"))


def imported(file):
    """Every module that a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_keep_the_contracts_of_pyproject(tmp_path):
    """On a copy of the tree in which `platform` is an ordinary package: import-linter sees no namespace inside one."""
    package = tmp_path / "argyro"
    for room in (*LAYERS, "validation"):
        shutil.copytree(ROOT / room, package / room, ignore=lambda _, names: [n for n in names if not _is_python(n)])
    for file in (package / "__init__.py", package / "platform" / "__init__.py"):
        file.write_text("")
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as main; main()",
        "--no-cache",
        str(ROOT / "pyproject.toml"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _is_python(name):
    return name.endswith(".py") or ("." not in name and name != "__pycache__")


@pytest.mark.parametrize("layer", ["platform", "surrogates", "campaigns"])
@pytest.mark.parametrize("library", ["ray", "mlflow"])
def test_ray_and_mlflow_stay_in_actors(layer, library):
    found = [file.name for file in sources(layer) for module in imported(file) if module.split(".")[0] == library]
    assert not found


def test_mlflow_is_the_trackers_alone():
    users = {file.name for file in sources("actors") for module in imported(file) if module.split(".")[0] == "mlflow"}
    assert users == {"mlflow_tracker.py", "mlflow_uploader.py", "mlflow_registry.py", "mlflow_model.py"}


def test_torch_is_not_needed_by_engines_beside_labels():
    found = {
        file.relative_to(ROOT).parts[1]
        for file in sources("platform")
        for module in imported(file)
        if module.split(".")[0] in ("torch", "torch_geometric")
    }
    assert found <= {"labels"}


def test_the_standard_library_platform_module_wins():
    assert not (ROOT / "platform" / "__init__.py").exists()
    code = "import platform, ray, pytest; assert platform.python_version(); print(platform.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "argyro" not in Path(done.stdout.strip()).parent.name


def test_every_package_is_named_in_pyproject():
    import tomllib

    named = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    there = {"argyro", "argyro.platform"}
    for layer in LAYERS:
        for init in (ROOT / layer).rglob("__init__.py"):
            there.add(".".join(("argyro", *init.parent.relative_to(ROOT).parts)))
    assert named == there


def test_commands_start_without_heavy_libraries():
    heavy = ("numpy", "scipy", "pandas", "ase", "pydantic", "torch", "jax", "ray", "mlflow", "pymatgen", "matplotlib")
    code = f"import sys, argyro.campaigns.cli.main; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
