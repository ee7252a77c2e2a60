"""Reader and writer of MLIP's .cfg files: structures with numbered species, energy, forces and virial.

PlusStress gives the virial, -V σ in eV, in the order of its header.

Source: Novikov et al., Mach. Learn.: Sci. Technol. 2, 025002 (2021), and the manual of MLIP-2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.execution.atomic_files import write_text
from argyro.platform.potential.frames.labels import attach_labels
from argyro.platform.potential.frames.text_file import open_text

_VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")


def is_mlip_cfg(lines: Sequence[str]) -> bool:
    """Return whether the first lines of a file are those of an MLIP .cfg file."""
    return any(line.strip() == "BEGIN_CFG" for line in lines)


def read_cfg(path: Path, species: Sequence[str] | None) -> list[Atoms]:
    """Read all structures of a file.

    Args:
        path: the file.
        species: chemical symbols in the order of the file's numbers.

    Raises:
        InputError: species are missing or too few, or a structure is damaged.
    """
    with open_text(path) as file:
        lines = (line.strip() for line in file)
        return [_structure(path, block, species, number) for number, block in enumerate(_blocks(lines))]


def _blocks(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if line == "BEGIN_CFG":
            yield [inner for inner in takewhile(lambda inner: inner != "END_CFG", lines) if inner]


def _structure(path: Path, block: list[str], species: Sequence[str] | None, number: int) -> Atoms:
    try:
        sections = _sections(block)
        columns = _columns(*sections["AtomData"])
        symbols = _symbols(path, columns["type"].astype(int), species)
        atoms = _atoms(symbols, columns, sections.get("Supercell", ("", []))[1])
        if "Energy" in sections and "fx" in columns:
            forces = np.column_stack([columns[name] for name in ("fx", "fy", "fz")])
            attach_labels(atoms, float(sections["Energy"][1][0][0]), forces, _stress(sections, atoms))
    except (KeyError, ValueError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: structure {number} cannot be read: {error}") from error
    return atoms


def _sections(block: list[str]) -> dict[str, tuple[str, list[list[str]]]]:
    """Return the header and the rows of numbers under each title."""
    sections: dict[str, tuple[str, list[list[str]]]] = {}
    title = ""
    for line in block:
        words = line.split()
        if words[0][0].isalpha() and words[0].lower() not in ("nan", "inf"):
            title = {"SuperCell": "Supercell", "Atomic_data": "AtomData"}.get(
                words[0].rstrip(":"), words[0].rstrip(":")
            )
            sections[title] = (line, [])
        else:
            sections[title][1].append(words)
    return sections


def _columns(header: str, rows: list[list[str]]) -> dict[str, np.ndarray]:
    names = header.split()[1:]
    if not rows or any(len(row) != len(names) for row in rows):
        raise ValueError(f"its rows of atoms do not have the {len(names)} columns of AtomData")
    numeric = [name for name in names if name in _NUMERIC]
    return {name: np.array([float(row[names.index(name)]) for row in rows]) for name in numeric}


_NUMERIC = {"type", *(f"{kind}_{axis}" for kind in ("cartes", "direct") for axis in "xyz"), "fx", "fy", "fz"}


def _symbols(path: Path, types: np.ndarray, species: Sequence[str] | None) -> list[str]:
    if species is None or types.max() >= len(species) or types.min() < 0:
        named = f"only {len(species)} are named" if species else "they are not named"
        raise InputError(
            f"{path} numbers its species up to {types.max()} and {named}; "
            "name them in the order of the numbers: --species Li,P,S,Cl"
        )
    return [species[number] for number in types]


def _atoms(symbols: list[str], columns: dict[str, np.ndarray], cell: list[list[str]]) -> Atoms:
    vectors = np.zeros((3, 3))
    if cell:
        vectors[: len(cell)] = np.array(cell, float)
    kind = "cartes" if "cartes_x" in columns else "direct"
    places = np.column_stack([columns[f"{kind}_{axis}"] for axis in "xyz"])
    positions = places if kind == "cartes" else places @ vectors
    return Atoms(symbols, positions=positions, cell=vectors, pbc=[axis < len(cell) for axis in range(3)])


def _stress(sections: dict, atoms: Atoms) -> np.ndarray | None:
    if "PlusStress" not in sections or not atoms.pbc.all():
        return None
    header, rows = sections["PlusStress"]
    virial = dict(zip(header.split()[1:], map(float, rows[0]), strict=True))
    return -np.array([virial[name] for name in _VOIGT]) / atoms.get_volume()


def write_cfg(path: Path, frames: Sequence[Atoms], species: Sequence[str]) -> None:
    """Write structures with their labels.

    Args:
        path: the file, replaced atomically.
        frames: structures; energy, forces and stress are written where present.
        species: chemical symbols in the order of the file's numbers.

    Raises:
        InputError: a structure has another species.
    """
    unknown = sorted({symbol for atoms in frames for symbol in atoms.symbols} - set(species))
    if unknown:
        raise InputError(f"{', '.join(unknown)} is not among the species {', '.join(species)}")
    write_text(path, "".join(_text(atoms, list(species)) for atoms in frames))


def _text(atoms: Atoms, species: list[str]) -> str:
    labels = atoms.calc.results if atoms.calc else {}
    forces = labels.get("forces")
    columns = [np.arange(1, len(atoms) + 1), [species.index(symbol) for symbol in atoms.symbols], *atoms.positions.T]
    names = "id type cartes_x cartes_y cartes_z"
    if forces is not None:
        columns += [*forces.T]
        names += " fx fy fz"
    lines = ["BEGIN_CFG", " Size", f"    {len(atoms)}"]
    vectors = atoms.cell.array[atoms.pbc]
    if len(vectors):
        lines += [" Supercell", *(f"    {_row(vector)}" for vector in vectors)]
    lines += [f" AtomData:  {names}"]
    lines += [f"    {row[0]} {row[1]} {_row(row[2:])}" for row in zip(*columns, strict=True)]
    if "energy" in labels:
        lines += [" Energy", f"    {float(labels['energy'])!r}"]
    if "stress" in labels and atoms.pbc.all():
        lines += [f" PlusStress:  {'  '.join(_VOIGT)}", f"    {_row(-labels['stress'] * atoms.get_volume())}"]
    return "\n".join([*lines, "END_CFG", "", ""])


def _row(values: Sequence[float] | np.ndarray) -> str:
    return " ".join(f"{value:.10f}" for value in values)
