"""Decompressed bytes of a file, and a text reader that counts lines."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.number_rows import BUFFER_ENDS, Rows, read_rows

BLOCK_BYTES = 1 << 22
LINE_BYTES = 1 << 20  # a trajectory has no longer line


class DamagedArchiveError(InputError):
    """An error for a compressed file that is cut off or damaged."""


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading; gzip, bzip2, xz and zstd files are decompressed.

    Raises:
        InputError: the file does not exist or cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no trajectory at {path}; give files, for instance run*/XDATCAR")
    try:
        with path.open("rb") as stream:
            start = stream.read(6)
        if start.startswith(b"\x1f\x8b"):
            return cast(BinaryIO, gzip.open(path, "rb"))
        if start.startswith(b"BZh"):
            return cast(BinaryIO, bz2.open(path, "rb"))
        if start == b"\xfd7zXZ\x00":
            return cast(BinaryIO, lzma.open(path, "rb"))
        if start.startswith(b"\x28\xb5\x2f\xfd"):
            import pyarrow

            return pyarrow.input_stream(path, compression="zstd")
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def read_block(stream: BinaryIO, size: int, path: Path) -> bytes:
    """Read up to a number of bytes; fewer only at the end or before damage, which the next call reports.

    Raises:
        DamagedArchiveError: the archive is cut off or damaged, or the disk fails.
    """
    parts: list[bytes] = []
    missing = size
    read = getattr(stream, "read1", stream.read)
    try:
        while missing > 0 and (part := read(missing)):
            parts.append(part)
            missing -= len(part)
    except (EOFError, zlib.error, lzma.LZMAError, ValueError, OSError) as error:
        if not parts:
            raise DamagedArchiveError(f"{path} cannot be read to its end: {error}") from error
    return b"".join(parts)


class TextReader:
    """Reader of lines and tables of a text file in blocks; its memory does not grow with the file.

    Args:
        path: text file, compressed or not.
    """

    def __init__(self, path: Path):
        self.path, self.line = Path(path), 0  # number of consumed lines
        self._stream, self._at, self._ended = open_bytes(path), 0, False
        self._buffer = read_block(self._stream, BLOCK_BYTES, self.path).removeprefix(b"\xef\xbb\xbf")

    def __enter__(self) -> TextReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def next_line(self) -> bytes | None:
        """Return the next line with its newline, None at the end of the file."""
        end = self._buffer.find(b"\n", self._at)
        while end < 0 and not self._ended:
            if len(self._buffer) - self._at > LINE_BYTES:
                raise InputError(f"line {self.line + 1} of {self.path} is no line of text")
            self._fill()
            end = self._buffer.find(b"\n", self._at)
        start, self._at = self._at, len(self._buffer) if end < 0 else end + 1
        self.line += 1
        if start == self._at:
            self.line -= 1
            return None
        return self._buffer[start : self._at]

    def next_rows(
        self, rows: int, width: int, columns: Sequence[int], name_column: int = -1, exact: bool = True
    ) -> Rows:
        """Read rows of a table; the reader stops before a row that does not fit."""
        needed = min(2 * rows * width, BLOCK_BYTES)
        if len(self._buffer) - self._at < needed:
            self._fill()
        while True:
            found = read_rows(self._buffer, self._at, rows, width, columns, name_column, exact, self._ended)
            if found.status != BUFFER_ENDS or self._ended:
                break
            self._fill()
        self._at, self.line = found.end, self.line + found.lines
        return found

    def peek_line(self) -> bytes:
        """Return the next line that is not blank, without consuming it."""
        start, line = self._at, b""
        while not line.strip() and start < len(self._buffer):
            end = self._buffer.find(b"\n", start, start + LINE_BYTES)
            stop = min(start + LINE_BYTES, len(self._buffer)) if end < 0 else end + 1
            line, start = self._buffer[start:stop], stop
        return line

    def ends(self) -> bool:
        """Return whether only blank space follows."""
        while not self._buffer[self._at :].strip() and not self._ended:
            self._fill()
        return not self._buffer[self._at :].strip()

    def last_row_is_cut(self) -> bool:
        """Return whether the file ends without a newline in a number with fewer decimals than the one above."""
        before = self._buffer[max(0, self._at - 1024) : self._at]
        if before.endswith(b"\n"):
            return False
        ends = [line.split()[-1].rpartition(b".")[2] for line in before.splitlines()[-2:] if line.split()]
        return len(ends) == 2 and len(ends[1]) < len(ends[0])

    def _fill(self) -> None:
        rest = self._buffer[self._at :]
        block = read_block(self._stream, max(BLOCK_BYTES, len(rest)), self.path)
        self._ended = not block
        self._buffer, self._at = rest + block, 0
