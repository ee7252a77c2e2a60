"""The repository root is the package: imports point one way, and the standard library's `platform` survives."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ["platform", "surrogates", "actors", "campaigns"]  # each may import itself and what stands before it
ENGINES = {
    "structures": set(),
    "potential": set(),
    "labels": set(),
    "continuum": set(),
    "dynamics": {"structures", "potential"},
    "learning": {"structures", "potential", "labels", "dynamics"},
}


def sources(layer):
    return sorted((ROOT / layer).rglob("*.py"))


def imported(file):
    """Every module that a file imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide the arrow"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_one_way(layer):
    later = LAYERS[LAYERS.index(layer) + 1 :]
    wrong = [
        (file.name, module)
        for file in sources(layer)
        for module in imported(file)
        if any(module.startswith(f"argyro.{other}") for other in later)
    ]
    assert not wrong


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_depend_on_no_more_than_they_may(engine):
    allowed = ENGINES[engine] | {engine}
    wrong = [
        (file.name, module)
        for file in sources(f"platform/{engine}")
        for module in imported(file)
        for other in ENGINES
        if module.startswith(f"argyro.platform.{other}") and other not in allowed
    ]
    assert not wrong


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
    heavy = ("torch", "jax", "ray", "mlflow", "pymatgen", "diep", "chgnet", "matplotlib")
    code = f"import sys, argyro.campaigns.cli.main; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
