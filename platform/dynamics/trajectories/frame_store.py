"""A temporary file of the mobile ions of each frame, so that memory does not grow with the trajectory."""

from __future__ import annotations

import tempfile
from types import TracebackType

import numpy as np

UNKNOWN = np.iinfo(np.int64).min  # step of a frame without a number


def record_type(ions: int, kinds: int) -> np.dtype:
    """Return the record type of one frame.

    Args:
        ions: number of mobile ions.
        kinds: number of elements other than the mobile one.
    """
    return np.dtype(
        [
            ("step", "<i8"),
            ("time", "<f8"),
            ("file", "<i4"),
            ("number", "<i4"),
            ("begins", "?"),  # a file or a new numbering
            ("cell_A", "<f8", (3, 3)),
            ("centres", "<f8", (kinds, 3)),
            ("mobile_step_A", "<f8"),
            ("mobile_rms_A", "<f8"),
            ("framework_step_A", "<f8"),
            ("outside_A", "<f8"),
            ("temperature_K", "<f8"),
            ("ions", "<f4", (ions, 3)),
        ]
    )


class FrameStore:
    """A store of frame records with append, read and cut.

    Args:
        ions: number of mobile ions.
        kinds: number of other elements.
    """

    def __init__(self, ions: int, kinds: int):
        self.type, self.count = record_type(ions, kinds), 0
        self._stream = tempfile.TemporaryFile()  # noqa: SIM115  stays open as long as its memory map
        self._tail: np.ndarray | None = None

    def append(self, record: np.ndarray) -> None:
        """Add a record."""
        self._stream.write(record.tobytes())
        self._tail, self.count = record, self.count + 1

    def read(self, index: int) -> np.ndarray:
        """Return one record."""
        if index == self.count - 1 and self._tail is not None:
            return self._tail
        return self.read_many(index, index + 1)[0]

    def read_many(self, start: int, stop: int) -> np.ndarray:
        """Return the records from `start` to `stop` - 1."""
        self._stream.flush()
        self._stream.seek(start * self.type.itemsize)
        data = self._stream.read((stop - start) * self.type.itemsize)
        self._stream.seek(0, 2)
        return np.frombuffer(data, dtype=self.type)

    def cut(self, count: int) -> None:
        """Keep the first `count` records."""
        self._stream.flush()
        self._stream.truncate(count * self.type.itemsize)
        self._stream.seek(0, 2)
        self.count, self._tail = count, None

    def drop_first(self) -> None:
        """Remove the first of two records."""
        second = self.read(1)
        self.cut(0)
        self.append(second)

    def mapped(self) -> np.ndarray:
        """Map all records into writable memory; the file exists as long as the map."""
        self._stream.flush()
        return np.memmap(self._stream, dtype=self.type, mode="r+", shape=(self.count,))

    def __enter__(self) -> FrameStore:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()
