"""Published values of argyrodites: conductivity, lattice constant, disorder, with the method and the source.

Values of Kraft et al. occur twice, from two digitisations of the article; ``source`` names each. Conductivities of
OBELiX (NRC-Mila/OBELiX, CC-BY-4.0) are total conductivities of pressed pellets. Laboratories differ more than
instruments: compare ranks and trends within one series.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from argyro.platform.structures.crystal.composition import Composition

TABLE = Path(__file__).with_name("published.csv")


@dataclass(frozen=True)
class Published:
    """One measured sample; a quantity that the source does not give is None.

    Args:
        composition: per formula unit, as `Composition.formula`.
        series: series of samples of one article; empty for a single sample.
        conductivity_S_cm: total ionic conductivity.
        temperature_K: of the conductivity.
        lattice_constant_A: of the cubic cell at room temperature.
        disorder: share of the halide off 4a.
        activation_energy_eV: of the conductivity.
        preparation: pressed pellet or sintered.
        method: impedance or NMR.
        doi: of the article.
        source: collection or part of the article that gives the numbers.
        note: remark on the entry.
    """

    composition: str
    series: str
    conductivity_S_cm: float | None
    temperature_K: float | None
    lattice_constant_A: float | None
    disorder: float | None
    activation_energy_eV: float | None
    preparation: str
    method: str
    doi: str
    source: str
    note: str


@lru_cache(maxsize=1)
def published_values() -> tuple[Published, ...]:
    """Return all rows of the shipped table."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return tuple(_row(row) for row in csv.DictReader(file))


def published_for(composition: str) -> list[Published]:
    """Return the rows of one composition, in any notation such as ``Li6PS5Cl`` or ``Li24P4S20Cl4``.

    Raises:
        InputError: the formula is no argyrodite.
    """
    asked = Composition.parse(composition)
    return [row for row, known in _with_compositions() if _same(known, asked)]


@lru_cache(maxsize=1)
def _with_compositions() -> tuple[tuple[Published, Composition], ...]:
    return tuple((row, Composition.parse(row.composition)) for row in published_values())


def _same(one: Composition, other: Composition) -> bool:
    """Compare amounts to a hundredth of an atom: mixtures are weighed, not counted."""
    return all(abs(one[element] - other[element]) < 5e-3 for element in {*one.elements, *other.elements})


def _row(row: dict[str, str]) -> Published:
    numbers: dict[str, Any] = {name: float(row[name]) if row[name] else None for name in _NUMBERS}
    texts: dict[str, Any] = {name: row[name] for name in ("series", "preparation", "method", "doi", "source", "note")}
    return Published(composition=Composition.parse(row["composition"]).formula, **numbers, **texts)


_NUMBERS = ("conductivity_S_cm", "temperature_K", "lattice_constant_A", "disorder", "activation_energy_eV")
