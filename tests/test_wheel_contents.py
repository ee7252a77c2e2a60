"""An installed argyro answers from its own files: no source tree, no compiler."""

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARIES = ("platform/potential/native", "platform/dynamics/trajectories")  # compiled by the installation of the tests
SCRIPT = """
import argyro, sys
from argyro.campaigns.cli.main import main
for arguments in (["predict", "Li6PS5Cl", "--json"], ["template", "quickstart"], ["schema"], ["doctor"]):
    try:
        main(arguments)
    except SystemExit as ended:
        assert ended.code == 0, (arguments, ended.code)
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
assert argyro.__file__.startswith(sys.argv[1]) and not [file for file in files if file.startswith(sys.argv[2])]
"""


@pytest.mark.slow
def test_the_package_needs_neither_its_source_tree_nor_a_compiler(tmp_path):
    """The tree that `pip wheel` packs, with the compiled libraries of this installation; PATH holds only `lmp`."""
    built, programs = tmp_path / "lib", tmp_path / "bin"
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_py", "-d", built], cwd=ROOT, check=True, capture_output=True
    )
    for folder in LIBRARIES:
        for library in (ROOT / folder).glob("*.so"):
            shutil.copy(library, built / "argyro" / folder)
    programs.mkdir()
    (programs / "lmp").symlink_to(Path(sys.executable).with_name("lmp"))
    environment = {
        **os.environ,
        "PATH": str(programs),
        "PYTHONPATH": os.pathsep.join([str(built), *site.getsitepackages()]),
    }
    sources = [str(built), str(ROOT / "campaigns")]
    command = [sys.executable, "-S", "-c", SCRIPT, *sources]  # -S: without the editable installation
    done = subprocess.run(command, cwd=programs, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
