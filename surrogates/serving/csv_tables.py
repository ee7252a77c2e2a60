"""CSV tables of questions and answers: columns, reader and checks."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from argyro.platform.common.errors import InputError

COLUMNS = ("composition", "disorder", "boundary", "temperature_K", "grain_size_nm")
UNCERTAIN = (
    "bulk_cm2_s",
    "boundary_parallel_cm2_s",
    "boundary_perpendicular_cm2_s",
    "effective_cm2_s",
    "conductivity_mS_cm",
    "activation_energy_eV",
    "haven_ratio",
    "reference_factor",
)
GIVEN = "given_reference"  # the interval without the bias of the reference
PARTS = {"value": "", "low": "_low", "high": "_high", "given_low": f"_{GIVEN}_low", "given_high": f"_{GIVEN}_high"}
# Columns of the answers with their kinds; ``error`` holds the message of an invalid row.
ANSWERED = {
    "width_nm": "double",
    **{name + suffix: "double" for name in UNCERTAIN for suffix in PARTS.values()},
    "in_domain": "boolean",
    **dict.fromkeys(("warnings", "notes", "label_source", "error"), "string"),
}
# A CSV file of answers has no column ``error``: its invalid rows are listed separately.
WRITTEN = [name for name in ANSWERED if name != "error"]
ACCEPTED = f"comma-separated, decimal points, UTF-8, with the columns {', '.join(COLUMNS)}"
SAVE_AS = "save it as 'CSV UTF-8'"
SHOWN_CHARACTERS = 200
KINDS = {"double": float, "boolean": bool, "string": str}


@dataclass(frozen=True)
class BadRow:
    """Invalid row: its line number in the file, where the header is 1, and the error."""

    row: int
    message: str


def read_questions(source: Path | str) -> tuple[pd.DataFrame, list[BadRow]]:
    """Read a CSV file: strings by line number, and the rows whose number of fields differs from the header's.

    Raises:
        InputError: the file is no CSV, a column is missing, or an answer's column exists already.
    """
    text = _text(source)
    try:
        rows = {number: row for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1) if row}
    except csv.Error as error:
        raise InputError(
            f"{source} cannot be read as CSV ({getattr(error, 'strerror', None) or error}); give a CSV file in UTF-8"
        ) from error
    header = [name.strip() for name in rows.pop(min(rows), [])] if rows else []
    if set(COLUMNS) - set(header):
        missing = ", ".join(name for name in COLUMNS if name not in header)
        raise _unreadable(source, text, _likely_cause(header) or f"has no column {missing}")
    if len(set(header)) < len(header):
        raise _unreadable(source, text, "has columns of the same name")
    earlier_answers(header)
    message = f"needs {len(header)} fields as the header; quote a value with a comma, use a decimal point"
    ragged = [BadRow(number, f"row {message}") for number, row in rows.items() if len(row) != len(header)]
    whole = {number: row for number, row in rows.items() if len(row) == len(header)}
    return pd.DataFrame(whole.values(), index=list(whole), columns=header, dtype=str), ragged


def _text(source: Path | str) -> str:
    """Read a UTF-8 text file, with or without a byte order mark."""
    try:
        content = Path(source).read_bytes()
    except OSError as error:
        raise InputError(
            f"{source} cannot be read as CSV ({getattr(error, 'strerror', None) or error}); give a CSV file in UTF-8"
        ) from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _unreadable(source, content.decode("utf-16", "replace"), f"is UTF-16; {SAVE_AS}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        why = f"is not UTF-8, see byte 0x{content[error.start]:02x} in line {line}; {SAVE_AS}"
        raise _unreadable(source, content.decode("latin-1"), why) from None


def _likely_cause(header: list[str]) -> str:
    """Guess the spreadsheet setting that changed a header; empty if none is recognized."""
    first = header[0] if header else ""
    if first.lower().startswith("sep="):
        return f"begins with '{first}', a spreadsheet's separator mark; delete the line"
    for separator, word in (("\t", "tabs"), (";", "semicolons")):
        if separator in first:
            return f"is separated by {word}; {SAVE_AS}, with comma separators and decimal points"
    return ""


def _unreadable(source: Path | str, text: str, why: str) -> InputError:
    header = next((line for line in text.splitlines() if line.strip()), "")
    shown = header if len(header) <= SHOWN_CHARACTERS else header[:SHOWN_CHARACTERS] + "..."
    message = f"{source} {why}. Its header is {shown!r}; accepted: {ACCEPTED}"
    return InputError(message, path="csv", accepted=ACCEPTED)


def require_columns(header: Collection[str]) -> None:
    """Check that a table has the columns of questions.

    Raises:
        InputError: a column is missing.
    """
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"the table has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}", accepted=", ".join(COLUMNS)
        )


def earlier_answers(header: Collection[str]) -> list[str]:
    """Return the columns to replace: all answer columns of an earlier answer, else none.

    Raises:
        InputError: only some answer columns exist, so they are the user's own.
    """
    taken = [name for name in WRITTEN if name in header]
    if 0 < len(taken) < len(WRITTEN):
        message = f"answers would replace the columns {', '.join(taken)}; rename or remove them"
        raise InputError(message, accepted="other names, or all columns of an earlier answer")
    return taken


def require_destination(source: Path | str, destination: Path | str) -> None:
    """Refuse to overwrite the questions, which would lose invalid rows, and to write into a missing folder.

    Raises:
        InputError: both paths are the same file, also by a link, or the folder of the answers does not exist.
    """
    source, destination = Path(source), Path(destination)
    if source.exists() and destination.exists() and destination.samefile(source):
        message = f"{destination} is the file of the questions; name another file, or invalid rows are lost"
        raise InputError(message, path="out", accepted="another file than the questions")
    if not destination.absolute().parent.is_dir():
        message = f"{destination} cannot be written: its folder does not exist"
        raise InputError(message, path="out", accepted="a file in an existing folder")


def _not_csv(source: Path | str, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or error
    return InputError(f"{source} cannot be read as CSV ({reason}); give a CSV file in UTF-8")
