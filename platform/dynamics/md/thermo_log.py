"""Reader of a log that LAMMPS is still writing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from argyro.platform.potential.native.lammps_commands import BREAK_MARKER


class LogTail:
    """Reader of a growing log: `rows` by step, LAMMPS's last `error` line and the last `marked` line."""

    def __init__(self, path: Path):
        self.path, self._offset, self._rest = Path(path), 0, ""
        self._columns: list[str] | None = None
        self.rows: dict[int, dict[str, float]] = {}
        self.error = self.marked = ""

    def advance(self) -> list[dict[str, float]]:
        """Read the new lines and return their rows."""
        if not self.path.is_file():
            return []
        with self.path.open(errors="replace") as stream:
            stream.seek(self._offset)
            text = self._rest + stream.read()
            self._offset = stream.tell()
        lines = text.split("\n")
        self._rest = lines.pop()
        return [row for line in lines if (row := self._row(line)) is not None]

    def _row(self, line: str) -> dict[str, float] | None:
        words = line.split()
        if line.startswith("ERROR"):
            self.error = line
        if line.startswith(BREAK_MARKER):
            self.marked = line
        if words[:2] == ["Step", "Temp"]:
            self._columns = words if words[-1].startswith("c_") else None  # minimisation prints a different table
            return None
        if self._columns is None or len(words) != len(self._columns):
            return None
        try:
            values = [float(word) for word in words]
        except ValueError:
            self._columns = None  # the table has ended
            return None
        row = dict(zip(self._columns, values, strict=True))
        self.rows[int(row["Step"])] = row
        return row


def log_tails(folder: Path) -> list[LogTail]:
    """Read the logs log.0, log.1, … of all pieces of a stage, in order."""
    tails = [LogTail(path) for path in sorted(folder.glob("log.*"), key=lambda path: int(path.suffix[1:]))]
    for tail in tails:
        tail.advance()
    return tails


def merged_rows(folder: Path) -> list[dict[str, float]]:
    """Return the thermodynamic lines of a whole stage by step; a later piece replaces repeated steps."""
    merged: dict[int, dict[str, float]] = {}
    for tail in log_tails(folder):
        merged |= tail.rows
    return [merged[step] for step in sorted(merged)]


def box(row: dict[str, float]) -> np.ndarray:
    """Return (lx, ly, lz, xy, xz, yz) of a row."""
    return np.array([row[name] for name in ("Lx", "Ly", "Lz", "Xy", "Xz", "Yz")])


def cell_A(box_A: np.ndarray) -> np.ndarray:
    """Return the (3, 3) cell vectors as rows from (lx, ly, lz, xy, xz, yz)."""
    lx, ly, lz, xy, xz, yz = box_A
    return np.array([[lx, 0.0, 0.0], [xy, ly, 0.0], [xz, yz, lz]])
