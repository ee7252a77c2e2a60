"""Plain and compressed text files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from pathlib import Path
from typing import TextIO

from argyro.platform.common.errors import InputError

_OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_FIRST_BYTES = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00"}


def open_text(path: Path) -> TextIO:
    """Open a text file for reading; bytes that are not UTF-8 are replaced.

    Raises:
        InputError: the file does not exist, is a folder, or is not of the compression that its name states.
    """
    if not path.is_file():
        raise InputError(f"the file '{path}' does not exist")
    opener = _OPENERS.get(path.suffix, open)
    _require_compression(path)
    return opener(path, "rt", encoding="utf-8-sig", errors="replace")  # type: ignore[operator]


def first_lines(path: Path, count: int) -> list[str]:
    """Return the first lines of a file; fewer if the file is shorter.

    Raises:
        InputError: the file cannot be opened, or its archive is damaged.
    """
    try:
        with open_text(path) as file:
            return [line for line, _ in zip(file, range(count), strict=False)]
    except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        if path.suffix not in _OPENERS:
            raise
        raise InputError(f"the archive {path} is damaged ({error}); copy it again, or unpack it") from error


def _require_compression(path: Path) -> None:
    start = _FIRST_BYTES.get(path.suffix)
    if start is None:
        return
    with path.open("rb") as stream:
        if stream.read(len(start)) != start:
            raise InputError(f"{path} is not compressed, or not as its name says; rename it without {path.suffix}")
