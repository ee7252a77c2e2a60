"""Reader of LAMMPS text dumps (`dump atom`, `dump custom`), frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import TextReader
from argyro.platform.dynamics.trajectories.elements import elements_of
from argyro.platform.dynamics.trajectories.formats.lammps_box import LENGTH_A, TIME_FS, read_box, require_units
from argyro.platform.dynamics.trajectories.formats.torn import refuse_overflow
from argyro.platform.dynamics.trajectories.frame import Frame, Frames, ReadOptions, TornFrame
from argyro.platform.dynamics.trajectories.number_rows import COMPLETE, NOT_A_NUMBER, Rows
from argyro.platform.dynamics.trajectories.sanity import to_fractional

ITEM = b"ITEM: "
ITEMS = (b"TIMESTEP", b"TIME", b"UNITS", b"NUMBER OF ATOMS", b"BOX BOUNDS", b"ATOMS")
FLAGS = ("ix", "iy", "iz")
NO_ATOMS = np.zeros((0, 3))


@dataclass(frozen=True)
class Columns:
    """The columns of a dump that are read.

    Args:
        positions: names of the three columns of positions.
        scaled: whether positions are in units of the cell.
        wrapped: whether positions stay folded into the cell, after image flags.
        flags: whether image flags unwrap the positions.
        kind: column with the element or the type.
        width: number of columns.
        numbers: indices of id, positions and flags.
    """

    positions: tuple[str, ...]
    scaled: bool
    wrapped: bool
    flags: bool
    kind: str
    width: int
    numbers: tuple[int, ...]
    kind_at: int


@dataclass
class _Items:
    """The items read since the last frame; the unit style applies to the whole file."""

    step: int | None = None
    time: float | None = None
    atoms: int | None = None
    box: tuple[np.ndarray, np.ndarray] | None = None
    line: int = 0


@dataclass
class _Order:
    """The order of the atoms by id, kept until it changes."""

    ids: np.ndarray = field(default_factory=lambda: np.zeros(0))
    order: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    codes: np.ndarray = field(default_factory=lambda: np.zeros(0))
    names: tuple[bytes, ...] = ()
    species: tuple[str, ...] = ()


def read_lammps_dump(path: Path, options: ReadOptions | None = None) -> Frames:
    """Yield the frames with atoms sorted by id.

    Raises:
        InputError: a required column is missing, the box or unit is unknown, or a coordinate is not a number.
    """
    with TextReader(path) as reader:
        yield from _LammpsDump(reader, options or ReadOptions()).frames()


class _LammpsDump:
    def __init__(self, reader: TextReader, options: ReadOptions):
        self._path, self._options, self._reader = reader.path, options, reader
        self._units: str | None = None
        self._items, self._order = _Items(), _Order()
        self._header = b""
        self._columns: Columns | None = None

    def frames(self) -> Frames:
        reader = self._reader
        while (line := reader.next_line()) is not None:
            at = line.rfind(ITEM)  # the name of an item may follow an incomplete line
            if at < 0:
                continue
            item = line[at + len(ITEM) :].strip()
            if item.startswith(b"ATOMS"):
                yield self._read_atoms(item)
                self._items = _Items()
                continue
            if item == b"TIMESTEP" and self._items.step is not None:
                yield TornFrame(reader.line, "the header of a frame ends", NO_ATOMS, False)
                self._items = _Items()
            torn = self._read_item(item)
            if torn is not None:
                yield torn
                self._items = _Items()
        if self._items.step is not None:
            yield TornFrame(reader.line, "the header of a frame ends", NO_ATOMS, True)

    def _read_item(self, item: bytes) -> TornFrame | None:
        """Read one item of a frame's header; return a torn frame if its lines are incomplete."""
        reader = self._reader
        lines: list[list[bytes]] = []
        for _ in range(3 if item.startswith(b"BOX BOUNDS") else 1):
            if ITEM in reader.peek_line():
                break
            lines.append((reader.next_line() or b"").split())
        try:
            self._keep(item, lines)
        except (ValueError, IndexError) as error:
            if isinstance(error, InputError):
                raise
            return TornFrame(reader.line, f"'{item.decode('latin-1')}' is incomplete", NO_ATOMS, reader.ends())
        return None

    def _keep(self, item: bytes, lines: Sequence[Sequence[bytes]]) -> None:
        items, where = self._items, f"{self._path}, line {self._reader.line}"
        if item == b"TIMESTEP":
            items.step, items.line = int(lines[0][0]), self._reader.line
        elif item == b"TIME":
            items.time = float(lines[0][0])
        elif item == b"UNITS":
            self._units = require_units(lines[0][0].decode("latin-1"), self._path)
        elif item == b"NUMBER OF ATOMS":
            items.atoms = int(lines[0][0])
        elif item.startswith(b"BOX BOUNDS"):
            rows = [[float(word) for word in line] for line in lines]
            if len(rows) < 3 or len(rows[-1]) < 2:
                raise ValueError("the box is incomplete")
            items.box = read_box(item.decode("latin-1").split()[2:], rows, where)
        elif any(known.startswith(item) for known in ITEMS):
            raise ValueError("the name of an item is incomplete")
        else:
            raise InputError(f"{where}: 'ITEM: {item.decode('latin-1')}' is not an item of an atom dump")

    def _read_atoms(self, item: bytes) -> Frame | TornFrame:
        reader, items = self._reader, self._items
        if item != self._header or self._columns is None:
            self._columns = choose_columns(item.decode("latin-1").split()[1:], self._options, self._path)
            self._header = item
        if items.step is None or items.atoms is None or items.box is None:
            return TornFrame(reader.line, "the header of a frame is incomplete", NO_ATOMS, reader.ends())
        columns = self._columns
        rows = reader.next_rows(items.atoms, columns.width, columns.numbers, columns.kind_at)
        if rows.status != COMPLETE or reader.last_row_is_cut():
            if rows.status == NOT_A_NUMBER:
                refuse_overflow(reader, f"step {items.step}")
            reason = f"step {items.step}: {rows.read} of {items.atoms} atoms"
            return TornFrame(reader.line + 1, reason, NO_ATOMS, reader.ends())
        self._sort(rows)
        origin, cell = items.box
        length_A = LENGTH_A[self._units] if self._units else 1.0
        return Frame(
            self._fractional(rows.values, origin, cell),
            cell * length_A,
            self._order.species,
            items.step,
            wrapped=columns.wrapped,
            time=items.time,
            time_unit_fs=TIME_FS[self._units] if self._units else None,
            line=items.line,
        )

    def _sort(self, rows: Rows) -> None:
        """Update order and species; unchanged ids and names are not sorted again."""
        ids, known, names = rows.values[:, 0], self._order, tuple(rows.names)
        same = names == known.names and len(ids) == len(known.ids)
        if same and np.array_equal(ids, known.ids) and np.array_equal(rows.codes, known.codes):
            return
        if len(np.unique(ids)) < len(ids):
            raise InputError(f"{self._path} has a duplicate atom id in step {self._items.step}")
        order = np.argsort(ids)
        symbols = self._symbols([name.decode("latin-1") for name in names])
        species = tuple(symbols[code] for code in rows.codes[order])
        self._order = _Order(ids, order, rows.codes, names, species if species != known.species else known.species)

    def _symbols(self, names: Sequence[str]) -> tuple[str, ...]:
        if self._columns is None or self._columns.kind == "element":
            return elements_of(names, str(self._path))
        kinds = self._options.elements
        numbers = [int(name) if name.isdigit() else 0 for name in names]
        if min(numbers, default=1) < 1 or max(numbers, default=1) > len(kinds):
            raise InputError(
                f"{self._path} has an atom of type {names[int(np.argmax(numbers))]}, but --elements names"
                f" {len(kinds)} types ({', '.join(kinds)})"
            )
        return tuple(kinds[number - 1] for number in numbers)

    def _fractional(self, values: np.ndarray, origin: np.ndarray, cell: np.ndarray) -> np.ndarray:
        columns = self._columns
        assert columns is not None
        values = values[self._order.order]
        positions = values[:, 1:4]
        if not columns.scaled:
            positions = to_fractional(positions - origin, cell, f"{self._path}, step {self._items.step}")
        return positions + values[:, 4:7] if columns.flags else positions


def choose_columns(names: Sequence[str], options: ReadOptions, path: Path) -> Columns:
    """Choose the columns: unwrapped positions first, then positions with image flags, then wrapped ones.

    Raises:
        InputError: id or positions are missing, or neither an element nor a type named by `--elements` is there.
    """
    flagged = set(FLAGS) <= set(names)
    choices = (("xu", False, False), ("x", False, True), ("xsu", True, False), ("xs", True, True))
    present = [
        (tuple(axis + first[1:] for axis in "xyz"), scaled, folded)
        for first, scaled, folded in choices
        if {axis + first[1:] for axis in "xyz"} <= set(names)
    ]
    if "id" not in names or not {"element", "type"} & set(names):
        raise InputError(
            f"{path} lacks the columns id and element (or type); use `dump 1 all custom 50 out.dump id element xu yu"
            " zu` with `dump_modify 1 element Li P S Cl`"
        )
    if not present:
        raise InputError(f"{path} lacks positions; write xu yu zu, x y z, xsu ysu zsu or xs ys zs")
    if "element" not in names and not options.elements:
        raise InputError(
            f"{path} has types without elements; give them in the order of types, for instance --elements Li,P,S,Cl"
        )
    positions, scaled, folded = min(present, key=lambda choice: choice[2] and not flagged)
    kind = "type" if options.elements and "type" in names else "element"
    used = ("id", *positions, *(FLAGS if folded and flagged else ()))
    numbers = tuple(names.index(name) for name in used)
    wrapped, flags = folded and not flagged, folded and flagged
    return Columns(positions, scaled, wrapped, flags, kind, len(names), numbers, names.index(kind))
