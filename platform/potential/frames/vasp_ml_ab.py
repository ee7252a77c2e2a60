"""Reader of VASP's ML_AB files: labelled structures of on-the-fly learning.

A title is between two lines of one repeated sign; its values follow. Energies are in eV, forces in eV/Å, stress in
kbar and positive under compression.

Source: VASP wiki, ML_AB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from ase import Atoms, units

from argyro.platform.common.errors import InputError
from argyro.platform.potential.frames.labels import attach_labels
from argyro.platform.potential.frames.text_file import open_text

_KBAR = 0.1 * units.GPa
Section = tuple[str, list[list[str]]]  # title, words of each line of values


def is_ml_ab(lines: Sequence[str]) -> bool:
    """Return whether the first lines of a file are those of an ML_AB file."""
    return any("The number of configurations" in line for line in lines)


def read_ml_ab(path: Path) -> list[Atoms]:
    """Read all structures of a file with their labels.

    Raises:
        InputError: the file is cut off or damaged.
    """
    with open_text(path) as file:
        blocks = _configurations(_sections(file))
        try:
            return [_structure(block) for block in blocks]
        except (KeyError, ValueError, IndexError) as error:
            raise InputError(f"{path} is not a complete ML_AB file: {error}") from error


def _sections(lines: Iterator[str]) -> Iterator[Section]:
    title, after_rule = "", False
    rows: list[list[str]] = []
    for line in lines:
        words = line.split()
        if not words:
            continue
        rule = len(set(line.strip())) == 1 and len(line.strip()) > 9
        if after_rule and not rule and not _is_data(words):
            if title:
                yield title, rows
            title, rows = line.strip(), []
        elif not rule:
            rows.append(words)
        after_rule = rule
    yield title, rows


def _is_data(words: list[str]) -> bool:
    """Return whether a line has values, such as ``0.1 0.2`` or ``Li 24``, and is not a title."""
    try:
        [float(word) for word in words[1:] or words]
    except ValueError:
        return False
    return True


def _configurations(sections: Iterator[Section]) -> Iterator[dict[str, list[list[str]]]]:
    block: dict[str, list[list[str]]] | None = None
    for title, rows in sections:
        if title.startswith("Configuration num"):
            if block is not None:
                yield block
            block = {}
        elif block is not None:
            block[title] = rows
    if block is not None:
        yield block


def _structure(block: dict[str, list[list[str]]]) -> Atoms:
    symbols = [symbol for symbol, count in block["Atom types and atom numbers"] for _ in range(int(count))]
    cell = np.array(block["Primitive lattice vectors (ang.)"], float)
    positions = np.array(block["Atomic positions (ang.)"], float)
    forces = np.array(block["Forces (eV ang.^-1)"], float)
    if positions.shape != (len(symbols), 3) or forces.shape != positions.shape or cell.shape != (3, 3):
        raise ValueError(f"a configuration of {len(symbols)} atoms is cut off")
    xx, yy, zz = map(float, block["XX YY ZZ"][0])
    xy, yz, zx = map(float, block["XY YZ ZX"][0])
    atoms = Atoms(symbols, positions=positions, cell=cell, pbc=True)
    stress = -_KBAR * np.array([xx, yy, zz, yz, zx, xy])
    attach_labels(atoms, float(block["Total energy (eV)"][0][0]), forces, stress)
    return atoms
