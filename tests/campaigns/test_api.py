"""The Python interface: names, doctests, time to import."""

import doctest
import subprocess
import sys

import pytest

import argyro


@pytest.mark.parametrize("name", argyro.__all__)
def test_examples_of_the_docstrings_hold(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    offered = getattr(argyro, name)
    assert offered.__doc__
    module = sys.modules[offered.__module__]
    for example in doctest.DocTestFinder(recurse=False).find(offered, name, globs=vars(module) | {name: offered}):
        assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed == 0


def test_unknown_names_list_the_known():
    with pytest.raises(AttributeError, match="homogenize"):
        argyro.homogenise  # noqa: B018
    assert set(argyro.__all__) <= set(dir(argyro))


def test_importing_loads_no_other_library():
    code = "import sys, argyro; print([m for m in ('numpy', 'ase', 'pandas', 'torch', 'typer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
