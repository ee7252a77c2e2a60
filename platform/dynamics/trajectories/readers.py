"""One frame of somebody else's trajectory, and the readers by file type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError


@dataclass(frozen=True)
class Frame:
    """All atoms at one time.

    Args:
        fractional: (atoms, 3) positions in units of the cell vectors, wrapped or not.
        cell_A: (3, 3) rows are the cell vectors.
        species: element of each atom.
        step: the number that the file gives the frame, None if it gives none.
    """

    fractional: np.ndarray
    cell_A: np.ndarray
    species: tuple[str, ...]
    step: int | None = None


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of an XDATCAR(.gz), extended xyz or LAMMPS text dump, told apart by name and first line.

    Raises:
        InputError: no such file, or none of these formats.
    """
    from argyro.platform.dynamics.trajectories.lammps_dump import is_lammps_dump, read_lammps_dump
    from argyro.platform.dynamics.trajectories.xdatcar import read_xdatcar

    path = Path(path)
    if not path.is_file():
        raise InputError(f"no trajectory at {path}", path=str(path), given=str(path))
    name = path.name.removesuffix(".gz")
    if "XDATCAR" in name:
        return read_xdatcar(path)
    if name.endswith((".xyz", ".extxyz")):
        return _read_extxyz(path)
    if is_lammps_dump(path):
        return read_lammps_dump(path)
    raise InputError(
        f"{path} is none of the trajectories that can be read",
        path=str(path),
        given=path.name,
        accepted="XDATCAR or XDATCAR.gz, *.extxyz or *.xyz, text dumps of LAMMPS (dump custom)",
    )


def _read_extxyz(path: Path) -> Iterator[Frame]:
    for atoms in _atoms_in(path):
        if abs(atoms.cell.volume) < 1e-6:
            raise InputError(f"{path} has frames without a cell; write extended xyz with Lattice=...", path=str(path))
        step = atoms.info.get("step")
        fractional = atoms.cell.scaled_positions(atoms.positions)
        yield Frame(fractional, atoms.cell.array, tuple(atoms.symbols), None if step is None else int(step))


def _atoms_in(path: Path) -> Iterator[Atoms]:
    from ase.io import iread

    try:
        yield from iread(path, index=":", format="extxyz")
    except (OSError, ValueError, KeyError, IndexError) as error:  # ASE's own kind is an OSError
        raise InputError(
            f"{path} is no whole extended xyz file: {error}; mend it there, or cut it off before",
            path=str(path),
            given=path.name,
            accepted="extended xyz",
        ) from error
