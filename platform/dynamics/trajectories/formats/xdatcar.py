"""Reader of VASP XDATCAR files, frame by frame."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import TextReader
from argyro.platform.dynamics.trajectories.elements import elements_of
from argyro.platform.dynamics.trajectories.formats.torn import refuse_overflow
from argyro.platform.dynamics.trajectories.frame import Frame, Frames, ReadOptions, TornFrame
from argyro.platform.dynamics.trajectories.number_rows import COMPLETE, NOT_A_NUMBER
from argyro.platform.dynamics.trajectories.sanity import to_fractional

FRAME = re.compile(rb"(direct|cartesian)?[^\n]*(configuration|konfig)\s*=\s*(\S*)", re.IGNORECASE)
HEADER_LINES = 60  # names and counts of species may take several lines


@dataclass(frozen=True)
class Header:
    """The cell and the atoms of an XDATCAR.

    Args:
        cell_A: (3, 3) rows are the cell vectors.
        species: element of each atom.
        scale: (3,) factors of Cartesian coordinates.
    """

    cell_A: np.ndarray
    species: tuple[str, ...]
    scale: np.ndarray


def read_xdatcar(path: Path, options: ReadOptions) -> Frames:
    """Yield the frames; the step is the configuration number, None if Fortran printed asterisks.

    Raises:
        InputError: the file is not an XDATCAR, the atoms have no names, or a coordinate is not a number.
    """
    with TextReader(path) as reader:
        yield from _frames(reader, path, options)


def _frames(reader: TextReader, path: Path, options: ReadOptions) -> Frames:
    header, torn = None, False
    before: deque[bytes] = deque(maxlen=HEADER_LINES)
    while (line := reader.next_line()) is not None:
        marker = FRAME.search(line)
        if marker is None:
            before.append(line)
            continue
        found = read_header([*before, line[: marker.start()]], path, options, header)
        known = found or header
        if known is None:
            raise not_an_xdatcar(path)
        if found is None and not torn and any(text.strip() for text in before):
            yield TornFrame(reader.line, "lines between two frames are not a header", np.zeros((0, 3)), False)
        header = known
        before.clear()
        frame = _read_frame(reader, header, marker)
        torn = isinstance(frame, TornFrame)
        yield frame
    if header is None:
        raise not_an_xdatcar(path)


def not_an_xdatcar(path: Path) -> InputError:
    """Return the error for a file without header or frames."""
    return InputError(
        f"{path} is not an XDATCAR of VASP 5 or later: it needs a title, a scale, three cell vectors, element names,"
        " their counts and frames that begin with 'Direct configuration='"
    )


def read_header(lines: Sequence[bytes], path: Path, options: ReadOptions, known: Header | None) -> Header | None:
    """Read the header that ends with the last of some lines; return None without a header.

    Args:
        lines: lines before a frame; a torn frame may precede the header.
        path: file name for messages.
        options: `elements` are used if the file has no names.
        known: header of earlier frames.

    Raises:
        InputError: neither file nor options give names, or the names do not match the counts.
    """
    words = [line.split() for line in lines if line.strip()]
    counts: list[int] = []
    while words and all(word.isdigit() for word in words[-1]):
        counts = [int(word) for word in words.pop()] + counts
    names: list[str] = []
    while words and not _numbers(words[-1]):
        names = [word.decode("latin-1") for word in words.pop()] + names
    if not counts or len(words) < 4:
        return None
    vectors, scale = [_numbers(row) for row in words[-3:]], _numbers(words[-4])
    if any(len(row) != 3 for row in vectors) or len(scale) not in (1, 3):
        return None
    cell_A, factors = _scaled_cell(np.array(vectors), scale)
    kinds = elements_of(names, str(path)) if names else options.elements
    if not kinds and known is None:
        raise InputError(f"{path} has no element names (VASP 4); give them in order, for instance --elements Li,P,S,Cl")
    if kinds and len(kinds) != len(counts):
        raise InputError(f"{path} has {len(counts)} counts of atoms for {len(kinds)} elements")
    if sum(counts) > 10_000_000:
        raise InputError(f"{path} states {sum(counts)} atoms, more than a file can contain; correct its counts")
    if not kinds and known is not None:
        return Header(cell_A, known.species, factors)
    species = tuple(kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count))
    return Header(cell_A, species, factors)


def _numbers(words: Sequence[bytes]) -> list[float]:
    """Return the numbers of a line; an empty list if a word is not a number."""
    try:
        return [float(word) for word in words]
    except ValueError:
        return []


def _scaled_cell(vectors: np.ndarray, scale: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Scale the cell: one positive factor, a negative cell volume in Å3, or one factor for each of x, y and z."""
    if len(scale) == 3:
        factors = np.array(scale)
    elif scale[0] < 0:
        factors = np.full(3, (-scale[0] / max(abs(float(np.linalg.det(vectors))), 1e-300)) ** (1 / 3))
    else:
        factors = np.full(3, scale[0])
    return vectors * factors, factors


def _read_frame(reader: TextReader, header: Header, marker: re.Match[bytes]) -> Frame | TornFrame:
    line, atoms = reader.line, len(header.species)
    rows = reader.next_rows(atoms, 3, (0, 1, 2))
    positions = rows.values[: rows.read]
    if (marker[1] or b"").lower() == b"cartesian":
        positions = to_fractional(positions * header.scale, header.cell_A, f"{reader.path}, line {line}")
    if rows.status != COMPLETE or reader.last_row_is_cut():
        if rows.status == NOT_A_NUMBER:
            refuse_overflow(reader, f"configuration {marker[3].decode('latin-1') or '?'}")
        return TornFrame(reader.line + 1, f"{rows.read} of {atoms} atoms", positions, reader.ends())
    step = int(marker[3]) if marker[3].isdigit() else None
    return Frame(positions, header.cell_A, header.species, step, line=line)
