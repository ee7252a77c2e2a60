"""Reader of extended xyz and of CP2K's plain xyz, frame by frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import TextReader
from argyro.platform.dynamics.trajectories.elements import elements_of
from argyro.platform.dynamics.trajectories.formats.cp2k_cell import Cp2kCells
from argyro.platform.dynamics.trajectories.formats.torn import refuse_overflow
from argyro.platform.dynamics.trajectories.frame import Frame, Frames, ReadOptions, TornFrame
from argyro.platform.dynamics.trajectories.number_rows import COMPLETE, NOT_A_NUMBER
from argyro.platform.dynamics.trajectories.sanity import to_fractional

PAIR = re.compile(r"""([\w-]+)\s*=\s*("[^"]*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|[^\s,]+)""")
COUNT_AT_END = re.compile(rb"(\d+)\s*$")
UNIT_FS = {"": None, "fs": 1.0, "ps": 1e3, "ns": 1e6}
NO_ATOMS = np.zeros((0, 3))


@dataclass(frozen=True)
class _Layout:
    """The columns of an xyz file: places of names and positions, and their number."""

    name: int
    positions: int
    width: int
    exact: bool
    unwrapped: bool
    numbers: bool  # atoms have atomic numbers in place of names


PLAIN = _Layout(0, 1, 4, exact=False, unwrapped=False, numbers=False)


def read_xyz(path: Path, options: ReadOptions) -> Frames:
    """Yield the frames of an extended xyz file, or of a plain one with a cell from another source.

    Raises:
        InputError: the cell is unknown, required columns are missing, or a coordinate is not a number.
    """
    with TextReader(path) as reader:
        yield from _frames(reader, path, Cp2kCells(path, options.cell_A))


def _frames(reader: TextReader, path: Path, cells: Cp2kCells) -> Frames:
    atoms = 0
    pending: bytes | None = None  # a comment line found within an incomplete frame
    while True:
        if pending is None:
            line = reader.next_line()
            if line is None:
                return
            if not line.strip():
                continue
            if not line.strip().isdigit():
                raise InputError(
                    f"{path}, line {reader.line}: a frame must begin with its number of atoms, not {line[:40]!r}"
                )
            atoms = int(line)
            pending = reader.next_line()
            if pending is None:
                yield TornFrame(reader.line, "the file ends after a number of atoms", NO_ATOMS, True)
                return
        comment, pending = pending, None
        frame = _read_frame(reader, atoms, comment, cells)
        yield frame
        if isinstance(frame, TornFrame) and not frame.at_end:
            atoms, pending = _next_comment(reader, atoms)
            if pending is None:
                return


def _next_comment(reader: TextReader, atoms: int) -> tuple[int, bytes | None]:
    """Find the comment line of the next frame; the count before it may follow an incomplete line."""
    previous = b""
    while (line := reader.next_line()) is not None:
        if is_comment(line):
            found = COUNT_AT_END.search(previous)
            alone = found is not None and previous.strip() == found[1]
            return (int(found[1]) if found and alone else atoms), line
        previous = line
    return atoms, None


def is_comment(line: bytes) -> bool:
    """Return whether a line is a frame's comment: key=value pairs of extended xyz or of CP2K."""
    return b"Lattice=" in line or b"Properties=" in line or (b"i =" in line and b"E =" in line)


def _read_frame(reader: TextReader, atoms: int, comment: bytes, cells: Cp2kCells) -> Frame | TornFrame:
    text, line = comment.decode("utf-8", "replace"), reader.line
    info = {key.lower(): value.strip("\"'{}[]") for key, value in PAIR.findall(text)}
    layout = _layout(info, f"{reader.path}, line {line}") if "properties" in info else PLAIN
    step = _integer(info.get("step", info.get("i", "")))
    columns = range(layout.positions, layout.positions + 3)
    rows = reader.next_rows(atoms, layout.width, columns, layout.name, layout.exact)
    cell = _cell(info, f"{reader.path}, line {line}") if "lattice" in info else cells.at(step)
    if cell is None:
        raise no_cell(reader.path)
    fractional = to_fractional(rows.values[: rows.read], cell, f"{reader.path}, line {line}")
    if rows.status != COMPLETE or reader.last_row_is_cut():
        if rows.status == NOT_A_NUMBER and not is_comment(reader.peek_line()):
            refuse_overflow(reader, f"frame of line {line - 1}")
        return TornFrame(reader.line + 1, f"{rows.read} of {atoms} atoms", fractional, reader.ends())
    time, unit_fs = _time(info)
    return Frame(
        fractional,
        cell,
        _species(rows.names, rows.codes, layout.numbers, str(reader.path)),
        step,
        wrapped=False if layout.unwrapped else None,
        time=time,
        time_unit_fs=1.0 if "i" in info and "e" in info else unit_fs,
        temperature_K=_number(info.get("temperature", info.get("temp", ""))),
        line=line - 1,
    )


def no_cell(path: Path) -> InputError:
    """Return the error for frames without a cell."""
    return InputError(
        f"{path} has frames without a cell; give --cell, for instance --cell 9.86 (or 9.86,9.86,9.86,90,90,90),"
        " put CP2K's .cell file into its folder, or write extended xyz with Lattice=..."
    )


def _layout(info: dict[str, str], where: str) -> _Layout:
    """Read Properties=species:S:1:pos:R:3:..."""
    parts = info["properties"].split(":")
    at, starts = 0, {}
    for key, kind, count in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        starts[key.lower()] = (at, kind, int(count))
        at += int(count)
    unwrapped = _first_of(starts, "unwrapped_position", "unwrapped_positions")
    position = unwrapped or _first_of(starts, "pos", "positions", "position")
    name = _first_of(starts, "species", "element", "z")
    if position is None or name is None or starts[position][2] != 3:
        raise InputError(f"{where}: Properties={info['properties'][:80]} lacks the columns species:S:1 and pos:R:3")
    return _Layout(starts[name][0], starts[position][0], at, True, unwrapped is not None, name == "z")


def _first_of(starts: dict[str, tuple[int, str, int]], *names: str) -> str | None:
    return next((name for name in names if name in starts), None)


def _cell(info: dict[str, str], where: str) -> np.ndarray:
    numbers = [_number(word) for word in info["lattice"].replace(",", " ").split()]
    if len(numbers) != 9 or None in numbers:
        raise InputError(f"{where}: Lattice needs nine numbers, got '{info['lattice'][:80]}'")
    return np.array(numbers, dtype=float).reshape(3, 3)


def _time(info: dict[str, str]) -> tuple[float | None, float | None]:
    """Return the time of a frame and its unit in fs, None if the key does not name the unit."""
    for unit, value_fs in UNIT_FS.items():
        for key in (f"time_{unit}", f"time{unit}") if unit else ("time", "md_time", "t"):
            if (time := _number(info.get(key, ""))) is not None:
                return time, value_fs
    return None, None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _integer(text: str) -> int | None:
    value = _number(text)
    return int(value) if value is not None and np.isfinite(value) and value == int(value) else None


def _species(names: Sequence[bytes], codes: np.ndarray, numbers: bool, where: str) -> tuple[str, ...]:
    texts = [name.decode("latin-1") for name in names]
    if numbers:
        from ase.data import chemical_symbols

        texts = [
            chemical_symbols[int(text)] if text.isdigit() and int(text) < len(chemical_symbols) else text
            for text in texts
        ]
    symbols = np.array(elements_of(texts, where), dtype=object)
    return tuple(symbols[codes]) if len(codes) else ()
