"""Reader of a DCD file that LAMMPS is still writing."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np


class DCDTail:
    """Reader of the new complete frames of a growing DCD file.

    A DCD file is a sequence of Fortran records, each between two 4-byte lengths. Three header records come first. Each
    frame has one record for the cell (6 doubles) and three for the coordinates (single precision).
    """

    def __init__(self, path: Path, atoms: int):
        self.path, self.atoms, self._offset = Path(path), atoms, 0
        self._frame_bytes = 56 + 3 * (8 + 4 * atoms)

    def frames(self) -> Iterator[np.ndarray]:
        """Yield (atoms, 3) positions of the frames completed since the last call."""
        if not self.path.is_file():
            return
        with self.path.open("rb") as stream:
            if self._offset == 0 and not self._skip_header(stream.read(4096)):
                return
            stream.seek(self._offset)
            while len(block := stream.read(self._frame_bytes)) == self._frame_bytes:
                self._offset += self._frame_bytes
                axes = np.frombuffer(block, dtype="<f4", offset=56).reshape(3, self.atoms + 2)
                yield axes[:, 1:-1].T

    def _skip_header(self, block: bytes) -> bool:
        offset = 0
        for _ in range(3):
            if len(block) < offset + 4:
                return False
            offset += struct.unpack_from("<i", block, offset)[0] + 8
        if len(block) < offset:
            return False
        self._offset = offset
        return True
