"""Write a list of materials as a series between two compositions, and find the series of a campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from argyro.campaigns.spec.material import Material, composition_name
from argyro.campaigns.spec.numbers import Count
from argyro.campaigns.spec.section import Section
from argyro.platform.common.errors import InputError

LEAST, MOST = 3, 51
ON_LINE = 5e-4  # amounts are written with four decimals


class SeriesSpec(Section):
    """Compositions at equal steps from one to another, both included."""

    start: str = Field(alias="from", description="first composition")
    to: str = Field(description="last composition")
    steps: Annotated[Count, Field(ge=2, le=MOST)] = Field(description="number of compositions")


def expanded(value: object) -> object:
    """Replace each series in the setting `materials` by its compositions.

    Args:
        value: a list of materials, of which some may be ``{series: ...}``, or one such mapping.

    Raises:
        InputError: a series is not written as ``{from: A, to: B, steps: n}``, or its ends are equal.
    """
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    found: list[object] = []
    for entry in value:
        if not isinstance(entry, Mapping) or "series" not in entry:
            found.append(entry)
            continue
        common = {name: given for name, given in entry.items() if name != "series"}
        found += [{"composition": formula, **common} for formula in _formulas(entry["series"])]
    return found


def _formulas(given: object) -> list[str]:
    from argyro.platform.structures.crystal.composition import Composition

    try:
        spec = SeriesSpec.model_validate(given)
    except ValueError as error:
        raise InputError(
            f"series {given} is not {{from: A, to: B, steps: n}} with 2 to {MOST} steps; write for instance "
            "{from: Li6PS5Br, to: Li6PS4SeBr, steps: 6}",
            accepted="from, to, steps",
        ) from error
    first, last = Composition.parse(spec.start), Composition.parse(spec.to)
    if first.formula == last.formula:
        raise InputError(f"series from {spec.start} to {spec.to} has equal ends; write a list with one composition")
    shares = np.linspace(0.0, 1.0, spec.steps)
    return [composition_name(between(first.formula, last.formula, float(share))) for share in shares]


def between(first: str, last: str, share: float) -> str:
    """Return the formula at a share of the way from one composition to another."""
    from argyro.platform.structures.crystal.composition import Composition

    start, end = Composition.parse(first), Composition.parse(last)
    elements = dict.fromkeys((*start.elements, *end.elements))
    amounts = {element: (1 - share) * start[element] + share * end[element] for element in elements}
    return "".join(f"{element}{amount:.4f}" for element, amount in amounts.items() if amount > ON_LINE / 10)


@dataclass(frozen=True)
class SeriesLine:
    """Three or more compositions on a straight line.

    Args:
        first: composition at one end.
        last: composition at the other end.
        places: composition -> share of the way from first to last, in order.
    """

    first: str
    last: str
    places: dict[str, float]

    @property
    def label(self) -> str:
        """Label for people: ``Li6PS5Cl to Li6PS5Br``."""
        return f"{self.first} to {self.last}"


def series_of(materials: Sequence[Material]) -> list[SeriesLine]:
    """Find the series among materials, the longest first; a composition may be in several."""
    from argyro.platform.structures.crystal.composition import CHARGES, Composition

    names = list(dict.fromkeys(material.composition for material in materials))
    points = np.array([[Composition.parse(name)[element] for element in CHARGES] for name in names])
    lines: dict[frozenset[int], SeriesLine] = {}
    for i, j in combinations(range(len(names)), 2):
        if any({i, j} <= members for members in lines):
            continue
        members = _on_line(points, i, j)
        if len(members) >= LEAST:
            lines[frozenset(members)] = _line(names, points, members)
    return sorted(lines.values(), key=lambda line: -len(line.places))


def _on_line(points: np.ndarray, i: int, j: int) -> list[int]:
    """Return the points on the line through two of them."""
    direction = points[j] - points[i]
    direction = direction / np.linalg.norm(direction)
    away = points - points[i]
    off = away - np.outer(away @ direction, direction)
    return np.flatnonzero(np.abs(off).max(axis=1) < ON_LINE).tolist()


def _line(names: Sequence[str], points: np.ndarray, members: list[int]) -> SeriesLine:
    """Order the points of a line from the one that was written first."""
    spread = points[members] - points[members[0]]
    along = spread @ spread[int(np.linalg.norm(spread, axis=1).argmax())]
    order = [members[index] for index in np.argsort(along)]
    if order.index(min(order[0], order[-1])) != 0:
        order.reverse()
    length = float(np.linalg.norm(points[order[-1]] - points[order[0]]))
    places: dict[str, Any] = {
        names[index]: float(np.linalg.norm(points[index] - points[order[0]])) / length for index in order
    }
    return SeriesLine(names[order[0]], names[order[-1]], places)
