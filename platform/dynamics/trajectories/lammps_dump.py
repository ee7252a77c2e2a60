"""Reads LAMMPS text dumps (`dump custom`), plain or gzipped, frame by frame."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.readers import Frame


def is_lammps_dump(path: Path) -> bool:
    """Whether the first line is that of a LAMMPS text dump."""
    with gzip.open(path, "rb") if str(path).endswith(".gz") else Path(path).open("rb") as stream:
        return stream.readline(64).startswith((b"ITEM: TIMESTEP", b"ITEM: UNITS"))


def read_lammps_dump(path: Path) -> Iterator[Frame]:
    """Yield the frames, atoms sorted by id; columns id, element and one of x, xu, xs, xsu are needed.

    Raises:
        InputError: a needed column is missing, or the file ends within a frame.
    """
    with gzip.open(path, "rt") if str(path).endswith(".gz") else Path(path).open() as stream:
        for line in stream:
            if line.startswith("ITEM: TIMESTEP"):
                yield _read_frame(stream, int(stream.readline()), path)


def _read_frame(stream: TextIO, step: int, path: Path) -> Frame:
    line = stream.readline()
    while not line.startswith("ITEM: NUMBER OF ATOMS"):
        if not line:
            raise InputError(f"{path} ends within step {step}; drop that frame", path=str(path))
        line = stream.readline()
    atoms = int(stream.readline())
    origin, cell = _read_box(stream, stream.readline().split()[3:])
    columns = stream.readline().split()[2:]
    rows = [stream.readline().split() for _ in range(atoms)]
    if atoms and len(rows[-1]) != len(columns):
        raise InputError(f"{path} ends within step {step}; drop that frame", path=str(path))
    table = dict(zip(columns, zip(*rows, strict=True), strict=True))
    if not {"id", "element"} <= table.keys():
        raise InputError(
            f"{path} lacks the columns id and element; use `dump 1 all custom 50 out.dump id element xu yu zu`"
            " with `dump_modify 1 element Li P S Cl`",
            path=str(path),
            given=" ".join(columns),
        )
    order = np.argsort(np.array(table["id"], dtype=int))
    species = tuple(np.array(table["element"])[order])
    return Frame(_fractional(table, origin, cell, path)[order], cell, species, step)


def _read_box(stream: TextIO, flags: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Origin and cell; LAMMPS prints the bounding box of a tilted cell, from which the tilt is taken off."""
    bounds = np.array([[float(x) for x in stream.readline().split()] for _ in range(3)])
    low, high = bounds[:, 0].copy(), bounds[:, 1].copy()
    xy = xz = yz = 0.0
    if flags[:3] == ["xy", "xz", "yz"]:
        xy, xz, yz = bounds[:, 2]
        low -= [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
        high -= [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    lengths = high - low
    return low, np.array([[lengths[0], 0, 0], [xy, lengths[1], 0], [xz, yz, lengths[2]]])


def _fractional(table: dict[str, tuple[str, ...]], origin: np.ndarray, cell: np.ndarray, path: Path) -> np.ndarray:
    """Positions in units of the cell; image flags, where given, unwrap wrapped columns."""
    for suffix in ("u", "", "su", "s"):
        names = [f"{axis}{suffix}" for axis in "xyz"]
        if all(name in table for name in names):
            break
    else:
        raise InputError(f"{path} lacks positions", path=str(path), accepted="xu yu zu, x y z, xsu ysu zsu, xs ys zs")
    positions = np.array([table[name] for name in names], dtype=float).T
    if not suffix.startswith("s"):
        positions = (positions - origin) @ np.linalg.inv(cell)
    if not suffix.endswith("u") and {"ix", "iy", "iz"} <= table.keys():
        positions = positions + np.array([table[name] for name in ("ix", "iy", "iz")], dtype=float).T
    return positions
