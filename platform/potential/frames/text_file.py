"""Plain and compressed text files."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path
from typing import TextIO

from argyro.platform.common.errors import InputError

_OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def open_text(path: Path) -> TextIO:
    """Open a text file for reading; bytes that are not UTF-8 are replaced.

    Raises:
        InputError: the file does not exist or is a folder.
    """
    if not path.is_file():
        raise InputError(f"the file '{path}' does not exist", path=str(path), given=str(path))
    opener = _OPENERS.get(path.suffix, open)
    return opener(path, "rt", encoding="utf-8-sig", errors="replace")  # type: ignore[operator]


def first_lines(path: Path, count: int) -> list[str]:
    """Return the first lines of a file; fewer if the file is shorter."""
    with open_text(path) as file:
        return [line for line, _ in zip(file, range(count), strict=False)]
