"""Readers of rows of numbers in text: the compiled one and a Python fallback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

COMPLETE, BUFFER_ENDS, WRONG_WIDTH, NOT_A_NUMBER = range(4)


class Rows(NamedTuple):
    """The rows of a table that could be read.

    Args:
        status: COMPLETE, or the reason to stop: BUFFER_ENDS, WRONG_WIDTH or NOT_A_NUMBER.
        read: number of rows read.
        lines: number of lines read, blank ones included.
        end: offset after the last row or, if a row could not be read, of that row.
        values: (rows, columns) numbers; rows from `read` on are undefined.
        codes: (rows,) index into `names`; empty without a column of names.
        names: distinct names in the order of their appearance.
    """

    status: int
    read: int
    lines: int
    end: int
    values: np.ndarray
    codes: np.ndarray
    names: list[bytes]


def read_rows(
    source: bytes,
    offset: int,
    rows: int,
    width: int,
    columns: Sequence[int],
    name_column: int = -1,
    exact: bool = True,
    last: bool = False,
) -> Rows:
    """Read rows of a table; blank lines between them are skipped.

    Args:
        source: text.
        offset: start position in the text.
        rows: number of rows.
        width: number of tokens in a row.
        columns: indices of the columns of numbers to return.
        name_column: index of a column of names, -1 for none.
        exact: whether a row must have exactly `width` tokens.
        last: whether the text ends here; then the last line needs no newline.
    """
    return Rows(*_read(source, offset, rows, width, exact, list(columns), name_column, last))


def read_rows_in_python(
    source: bytes, offset: int, rows: int, width: int, exact: bool, columns: list[int], name_column: int, last: bool
) -> tuple:
    """Read rows as the compiled reader does, about 20 times slower."""
    values: list[list[float]] = []
    codes: list[int] = []
    names: list[bytes] = []
    lines, status = 0, COMPLETE
    while len(values) < rows:
        start, blank = offset, 0
        tokens: list[bytes] = []
        while not tokens:
            end = source.find(b"\n", start)
            stop = len(source) if end < 0 else end
            tokens = source[start:stop].split()
            if end < 0 and not (last and tokens):
                status = BUFFER_ENDS
                break
            start, blank = stop + 1, blank + (end >= 0)
        if status == COMPLETE and (len(tokens) != width if exact else len(tokens) < width):
            status = WRONG_WIDTH
        row = [_number(tokens[column]) for column in columns] if status == COMPLETE else []
        numbers = [value for value in row if value is not None]
        if len(numbers) < len(row):
            status = NOT_A_NUMBER
        if status != COMPLETE:
            break
        values.append(numbers)
        if name_column >= 0:
            if tokens[name_column] not in names:
                names.append(tokens[name_column])
            codes.append(names.index(tokens[name_column]))
        offset, lines = min(start, len(source)), lines + blank
    table = np.array(values, dtype=float).reshape(len(values), len(columns))
    return status, len(values), lines, offset, table, np.array(codes, dtype=np.int32), names


def _number(token: bytes) -> float | None:
    try:
        return None if b"_" in token else float(token)
    except ValueError:
        return None


try:
    from argyro.platform.dynamics.trajectories._number_rows import read_rows as _read
except ImportError:
    _read = read_rows_in_python
