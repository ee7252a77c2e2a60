"""Crystals with shared or partly empty sites, as read from a CIF."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from argyro.platform.common.errors import InputError

EMPTY = 1e-4  # smaller occupancies count as zero
FULL = 0.999  # larger occupancies count as one
MOST_OCCUPANCY = 1.1  # occupancy sums up to this value are scaled to one; larger sums are refused
NUMBER = re.compile(r"\+?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?(\(\d+\))?")  # 0.50(2), not negative
ISOTOPE = re.compile(r"\d+[A-Z][a-z]?")  # 6Li
VACANCY = re.compile(r"(?i)va|vac|vacancy|x|\?|\.")
ACCEPTED = "a CIF with cell, symmetry and atom sites"


@dataclass(frozen=True)
class Orbit:
    """Symmetry-equivalent sites with one occupancy.

    Attributes:
        label: site label of the CIF, for instance ``Li1``.
        occupancy: occupancy by element; the sum is at most 1.
        positions: (n, 3) fractional coordinates.
    """

    label: str
    occupancy: dict[str, float]
    positions: np.ndarray

    @property
    def total(self) -> float:
        """Total occupancy of the sites."""
        return sum(self.occupancy.values())

    @property
    def ordered(self) -> bool:
        """Whether one element fills every site."""
        return len(self.occupancy) == 1 and self.total >= FULL


@dataclass(frozen=True)
class PartialCrystal:
    """Conventional cell with partial occupancies.

    Attributes:
        name: file name, for messages.
        cell_A: (3, 3) cell vectors as rows.
        orbits: sites, grouped by label and occupancy.
        oxidation: charge number of each element; empty if the CIF does not state all of them.
        notes: assumptions and changes made while reading.
    """

    name: str
    cell_A: np.ndarray
    orbits: tuple[Orbit, ...]
    oxidation: dict[str, float]
    notes: tuple[str, ...] = ()

    @property
    def amounts(self) -> dict[str, float]:
        """Mean number of atoms of each element in the conventional cell."""
        found: dict[str, float] = {}
        for orbit in self.orbits:
            for element, share in orbit.occupancy.items():
                found[element] = found.get(element, 0.0) + share * len(orbit.positions)
        return found

    @property
    def ordered(self) -> bool:
        """Whether no site is shared or partly empty."""
        return all(orbit.ordered for orbit in self.orbits)


def read_cif(path: Path | str) -> PartialCrystal:
    """Read the first crystal of a CIF with its occupancies.

    Args:
        path: CIF file.

    Raises:
        InputError: the file is not a CIF, has no atoms, has an unknown element, or has occupancies above 1.1.
    """
    path = Path(path)
    structures, notes = _parse(path)
    if len(structures) > 1:
        notes.append(f"{path.name} has {len(structures)} crystals; the first is used")
    structure = structures[0]
    groups: dict[tuple, list[np.ndarray]] = {}
    oxidation: dict[str, set[float]] = {}
    for site in structure:
        occupancy: dict[str, float] = {}
        for species, share in site.species.items():
            if share < EMPTY:
                continue
            element = _element(species, path)
            occupancy[element] = occupancy.get(element, 0.0) + float(share)
            oxidation.setdefault(element, set()).add(getattr(species, "oxi_state", None) or 0.0)
        if not occupancy:
            continue
        key = (site.label, tuple(sorted((element, round(share, 6)) for element, share in occupancy.items())))
        groups.setdefault(key, []).append(np.asarray(site.frac_coords) % 1.0)
    orbits = tuple(Orbit(label, dict(shares), np.array(where)) for (label, shares), where in groups.items())
    stated = {element: states.pop() for element, states in oxidation.items() if len(states) == 1}
    complete = len(stated) == len(oxidation) and all(stated.values())
    return PartialCrystal(path.name, structure.lattice.matrix.copy(), orbits, stated if complete else {}, tuple(notes))


def _parse(path: Path) -> tuple[list, list[str]]:
    """Return the structures of all data blocks with atoms, and notes on occupancies."""
    from pymatgen.io.cif import CifFile, CifParser

    text = _read_text(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            file = CifFile.from_str(text)
            unknown = sum(_fill_unknown(block.data) for block in file.data.values())
            isotopes = sorted({name for block in file.data.values() for name in _check_rows(block.data, path)})
            parser = CifParser.from_str(str(file), occupancy_tolerance=MOST_OCCUPANCY, check_cif=False)
            structures = parser.parse_structures(primitive=False, on_error="ignore")
        except InputError:
            raise
        except Exception as error:
            raise _refuse(path, _reason(caught) or f"the file is not readable: {_one_line(error)}") from error
    if not structures:
        raise _refuse(path, _reason(caught) or "the file has no crystal")
    notes = [f"{unknown} unknown occupancies are taken as 1"] if unknown else []
    if isotopes:
        notes.append(f"isotopes are read as their element: {', '.join(isotopes)}")
    if any("scaled down" in str(w.message) for w in caught):
        notes.append(f"occupancies that add up to more than 1 (at most {MOST_OCCUPANCY:g}) are scaled to 1")
    return structures, notes


def _reason(caught: list) -> str:
    """Return the parser's last warning about occupancies or errors; the parser skips such crystals."""
    words = [_one_line(w.message) for w in caught if "ccupanc" in str(w.message) or "rror" in str(w.message)]
    return words[-1] if words else ""


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; give a readable CIF file") from error
    text = raw.decode("utf-8-sig", errors="replace")
    if "data_" not in text.lower() or "_atom_site" not in text.lower():
        raise _refuse(path, "the file has no data block with atom sites")
    return text


def _fill_unknown(data: dict) -> int:
    """Replace ``?`` and ``.`` occupancies by 1; return their number."""
    given = data.get("_atom_site_occupancy")
    if not isinstance(given, list):
        return 0
    unknown = [place for place, text in enumerate(given) if str(text).strip() in ("?", ".", "")]
    for place in unknown:
        given[place] = "1.0"
    return len(unknown)


def _check_rows(data: dict, path: Path) -> list[str]:
    """Refuse the rows of atom sites that the parser would drop without an error; name isotopes by their element.

    Returns:
        The isotopes, for instance ``6Li``.
    """
    occupancies = data.get("_atom_site_occupancy", [])
    for row, text in enumerate(occupancies if isinstance(occupancies, list) else []):
        if not NUMBER.fullmatch(str(text).strip()):
            raise _refuse(path, f"row {row + 1} of the atom sites has the occupancy '{text}', not a number from 0 to 1")
    isotopes = []
    for column in ("_atom_site_type_symbol", "_atom_site_label"):
        symbols = data.get(column, [])
        for row, text in enumerate(symbols if isinstance(symbols, list) else []):
            if column.endswith("symbol") and VACANCY.fullmatch(str(text).strip()):
                raise _refuse(path, f"row {row + 1} of the atom sites holds '{text}', not an element; remove that row")
            if found := ISOTOPE.match(str(text)):
                isotopes.append(found[0])
                symbols[row] = str(text).lstrip("0123456789")
    return isotopes


def _element(species: Any, path: Path) -> str:
    symbol = species.symbol
    if symbol in ("D", "T"):
        return "H"
    from ase.data import atomic_numbers

    if symbol not in atomic_numbers or symbol == "X":
        raise _refuse(path, f"'{symbol}' is not an element")
    return symbol


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def _refuse(path: Path, why: str) -> InputError:
    return InputError(f"{path.name}: {why}; give {ACCEPTED}", accepted=ACCEPTED)
