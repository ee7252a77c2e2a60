"""Cells of trajectories without cells, from the user or from CP2K's .cell file next to the positions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError


class Cp2kCells:
    """The cells of the frames of a CP2K run.

    Args:
        path: trajectory such as NAME-pos-1.xyz; NAME-1.cell in its folder gives Step, Time, nine components, volume.
        given: (3, 3) cell in Å, which replaces the file.
    """

    def __init__(self, path: Path, given: np.ndarray | None):
        self._given, self._cells = given, {}
        beside = cell_file(path)
        if given is None and beside is not None:
            self._cells = _read_cells(beside)

    def at(self, step: int | None) -> np.ndarray | None:
        """Return the cell at a step, None if unknown; a single cell in the file applies to all steps."""
        if self._given is not None or not self._cells:
            return self._given
        if len(self._cells) == 1:
            return next(iter(self._cells.values()))
        return self._cells.get(step) if step is not None else None


def cell_file(path: Path) -> Path | None:
    """Return the .cell file that belongs to a file of positions, None if there is none."""
    name = Path(path).name
    for ending in (".gz", ".bz2", ".xz", ".zst"):
        name = name.removesuffix(ending)
    beside = Path(path).with_name(name.replace("-pos-", "-").removesuffix(".xyz") + ".cell")
    return beside if "-pos-" in name and beside.is_file() else None


def _read_cells(path: Path) -> dict[int, np.ndarray]:
    cells = {}
    try:
        for line in path.read_text(encoding="latin-1").splitlines():
            words = line.split()
            if len(words) < 11 or line.lstrip().startswith("#"):
                continue
            cells[int(words[0])] = np.array([float(word) for word in words[2:11]]).reshape(3, 3)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a .cell file of CP2K: {error}; give --cell") from error
    return cells


def parse_cell(text: str) -> np.ndarray:
    """Return the (3, 3) cell in Å from 1 (cubic), 3 (edges), 6 (edges and angles in degrees) or 9 numbers.

    Raises:
        InputError: the number of values is wrong, or the cell has no volume.
    """
    from ase.cell import Cell

    words = text.replace(",", " ").split()
    try:
        numbers = [float(word) for word in words]
        numbers = numbers * 3 if len(numbers) == 1 else numbers
        with np.errstate(all="ignore"):
            cell = np.array(numbers).reshape(3, 3) if len(numbers) == 9 else Cell.new(numbers).array
        if not np.isfinite(cell).all() or abs(float(np.linalg.det(cell))) < 1e-6:
            raise ValueError("no volume")
    except (ValueError, AssertionError, TypeError, ZeroDivisionError) as error:
        raise InputError(
            f"--cell {text} is not a cell; give one edge, three edges, three edges with three angles, or nine"
            " components in Å, separated by commas"
        ) from error
    return cell
