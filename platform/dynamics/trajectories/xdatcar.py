"""Reads VASP XDATCAR files, plain or gzipped, frame by frame."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.readers import Frame


def read_xdatcar(path: Path) -> Iterator[Frame]:
    """Yield the frames with fractional positions; the step is the configuration number.

    Raises:
        InputError: the file ends within a frame or is not an XDATCAR.
    """
    with _open_text(path) as stream:
        header, line = None, stream.readline()
        while line:
            if line.startswith("Direct configuration"):
                if header is None:
                    raise InputError(f"{path} has no XDATCAR header before its first configuration", path=str(path))
                yield _read_positions(stream, *header, step=int(line.split("=")[1]), path=path)
            elif line.strip():
                header = _read_header(stream, path)
            line = stream.readline()


def _open_text(path: Path) -> TextIO:
    return gzip.open(path, "rt") if str(path).endswith(".gz") else Path(path).open()


def _read_header(stream: TextIO, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Cell and species after the title line; files of runs with a variable cell repeat it before each frame."""
    try:
        scale = float(stream.readline())
        cell = scale * np.array([[float(x) for x in stream.readline().split()] for _ in range(3)])
        elements, counts = stream.readline().split(), stream.readline().split()
        species = tuple(e for e, n in zip(elements, counts, strict=True) for _ in range(int(n)))
        return cell.reshape(3, 3), species
    except ValueError as error:
        raise InputError(f"{path} is not an XDATCAR of VASP 5 or later: {error}", path=str(path)) from error


def _read_positions(stream: TextIO, cell: np.ndarray, species: tuple[str, ...], step: int, path: Path) -> Frame:
    lines = [stream.readline() for _ in species]
    try:
        fractional = np.array("".join(lines).split(), dtype=float).reshape(len(species), 3)
    except ValueError as error:
        raise InputError(f"{path} ends within configuration {step}; drop that frame", path=str(path)) from error
    return Frame(fractional, cell, species, step)
