"""Reader of DCD files (CHARMM, LAMMPS, NAMD, OpenMM); a structure file gives the elements."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import open_bytes, read_block
from argyro.platform.dynamics.trajectories.frame import Frame, Frames, ReadOptions, TornFrame
from argyro.platform.dynamics.trajectories.sanity import to_fractional

MAGIC = b"CORD"


def read_dcd(path: Path, options: ReadOptions) -> Frames:
    """Yield the frames, in single precision, of either byte order.

    Raises:
        InputError: there is no topology or no cell, or the numbers of atoms differ.
    """
    species = _species(path, options)
    with open_bytes(path) as stream:
        order, records = "<", []
        head = read_block(stream, 4, path)
        if len(head) == 4 and struct.unpack("<i", head)[0] != 84:
            order = ">"
        for number in range(3):
            size = struct.unpack(order + "i", head if number == 0 else _exactly(stream, 4, path))[0]
            if not 0 <= size < 1 << 20:
                raise InputError(f"{path} is not a DCD file or its header is damaged; copy it again")
            records.append(_exactly(stream, size, path))
            _exactly(stream, 4, path)
        atoms = struct.unpack(order + "i", records[2][:4])[0]
        control = struct.unpack(order + "20i", records[0][4:84])
        if atoms != len(species):
            raise InputError(
                f"{path} has {atoms} atoms, its topology {len(species)}; give the topology of the same atoms"
            )
        if control[8]:
            raise InputError(f"{path} has fixed atoms, which are not supported; write all atoms")
        start, every, has_cell = control[1], control[2], bool(control[10])
        size, number = (56 if has_cell else 0) + 3 * (8 + 4 * atoms), 0
        while block := read_block(stream, size, path):
            if len(block) < size:
                yield TornFrame(0, f"frame {number} has {len(block)} of {size} bytes", np.zeros((0, 3)), True)
                return
            cell = _cell(struct.unpack_from(order + "6d", block, 4), path) if has_cell else options.cell_A
            if cell is None:
                raise InputError(f"{path} has no cell; give --cell")
            axes = np.frombuffer(block, dtype=order + "f4", offset=56 if has_cell else 0).reshape(3, atoms + 2)
            positions = axes[:, 1:-1].T.astype(float)
            fractional = to_fractional(positions, cell, f"{path}, frame {number}")
            yield Frame(fractional, cell, species, start + number * every if every else None)
            number += 1


def _exactly(stream: BinaryIO, size: int, path: Path) -> bytes:
    block = read_block(stream, size, path)
    if len(block) < size:
        raise InputError(f"{path} is cut off within its header; copy it again")
    return block


def _cell(values: tuple[float, ...], path: Path) -> np.ndarray:
    """Return the cell from A, gamma, B, beta, alpha, C; angles in degrees or as cosines (LAMMPS, NAMD)."""
    from ase.cell import Cell

    a, gamma, b, beta, alpha, c = values
    angles = [alpha, beta, gamma]
    if max(abs(angle) for angle in angles) <= 1.0:
        angles = [float(np.degrees(np.arccos(angle))) for angle in angles]
    if min(a, b, c) <= 0 or not np.isfinite(values).all():
        raise InputError(f"{path} has frames without a cell; give --cell")
    return Cell.new([a, b, c, *angles]).array


def _species(path: Path, options: ReadOptions) -> tuple[str, ...]:
    if options.topology is None:
        raise InputError(
            f"{path} contains no elements; give --topology with a structure file of the same atoms in the same order,"
            " for instance --topology POSCAR"
        )
    from ase.io import read

    try:
        atoms = read(options.topology)
    except Exception as error:  # ASE's readers raise many kinds of errors
        raise InputError(f"--topology {options.topology} cannot be read: {error}") from error
    return tuple(atoms.symbols)  # type: ignore[union-attr]
