"""Comparison of grain boundaries and polycrystals with published values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pandas as pd

from argyro.platform.common.estimate import Uncertain
from argyro.validation import figures
from argyro.validation.laws import Law, ratio
from argyro.validation.tables import Data, Section, number

ROOM_K = 300.0
PLOT, TABLE = "boundaries.png", "boundaries.csv"
WAYS = ("parallel", "perpendicular")
SAME, OPEN, OTHER = "same side of 1", "undecided", "other side"


def at_width(found: Uncertain, width_nm: float, other_nm: float) -> Uncertain:
    """Convert D_GB / D_bulk along a boundary to another width; (D_GB / D_bulk - 1) w is constant."""
    moved = (1 + (limit - 1) * width_nm / other_nm for limit in (found.value, found.low, found.high))
    return Uncertain(*moved)


def across_at_width(found: Uncertain, width_nm: float, other_nm: float) -> Uncertain | None:
    """Convert D_GB / D_bulk across a boundary; (D_bulk / D_GB - 1) w is constant. None without a positive value."""
    moved = [1 + (1 / limit - 1) * width_nm / other_nm for limit in (found.value, found.low, found.high)]
    return Uncertain(*(1 / entry for entry in moved)) if min(moved) > 0 else None


def over_bulk(data: Data, found: Sequence[Law]) -> Section:
    """Compare D_GB / D_bulk of every boundary with the published ratio; write all ratios to a table file."""
    published = data.published["boundary_over_bulk"]
    bulk = {law.material: law for law in found if law.direction == "bulk"}
    ratios = list(_ratios(found, bulk))
    if ratios:
        figures.boundary_ratios(
            [(law, bulk[law.material], measured) for law, _, measured in ratios], data.pictures / PLOT
        )
        _write_ratios(ratios, bulk, published["width_nm"], data.pictures / TABLE)
    rows, total = [], Counter[str]()
    for material, group in groupby(ratios, key=lambda entry: entry[0].material):
        entries = list(group)
        first = entries[0][0]
        known = published.get(first.composition, {}).get(first.disorder)
        sides = Counter(_sign(measured, known) for _, _, measured in entries)
        total += sides
        rows.append(
            [
                material,
                _span([temperature_K for _, temperature_K, _ in entries], "g"),
                *(_span([found.value for law, _, found in entries if law.direction == way], ".2g") for way in WAYS),
                number(known),
                *(str(sides[side]) if known else "" for side in (SAME, OPEN, OTHER)),
            ]
        )
    widths = sorted({law.width_nm for law in found if law.width_nm})
    columns = ("material", "T, K", "D_GB/D_bulk ∥", "⊥", "published", SAME, OPEN, OTHER)
    return data.section(
        "boundaries",
        columns,
        rows,
        [PLOT] if rows else [],
        widths=", ".join(f"{width:g}" for width in widths),
        width=published["width_nm"],
        table=TABLE,
        cite=data.cite("boundary_over_bulk"),
        compared=sum(total[side] for side in (SAME, OPEN, OTHER)),
        same=total[SAME],
        open=total[OPEN],
        other=total[OTHER],
        ordered=_spread(ratios, ordered=True),
        disordered=_spread(ratios, ordered=False),
    )


def _spread(ratios: Sequence[tuple[Law, float, Uncertain]], ordered: bool) -> str:
    """Format the range of the ratios of ordered or of disordered crystals."""
    chosen = [found.value for law, _, found in ratios if (law.disorder == 0) == ordered]
    return _span(chosen, ".2g") if chosen else "not measured"


def _ratios(found: Sequence[Law], bulk: dict[str, Law]) -> Iterator[tuple[Law, float, Uncertain]]:
    """Yield each boundary law with its ratio to the bulk at the lowest common temperature."""
    order = sorted(found, key=lambda law: (law.composition, law.disorder, law.direction, law.boundary))
    for law in order:
        shared = _shared(law, bulk[law.material]) if law.direction != "bulk" and law.material in bulk else None
        if shared:
            yield law, *shared


def _write_ratios(
    ratios: list[tuple[Law, float, Uncertain]], bulk: dict[str, Law], width_nm: float, file: Path
) -> None:
    """Write every measured ratio with its interval, its value at another width and its value at 300 K."""
    rows = []
    for law, temperature_K, measured in ratios:
        cold = ratio(law.at(ROOM_K), bulk[law.material].at(ROOM_K))
        columns = {"": measured, f"_at_{width_nm:g}_nm": _published_width(law, measured, width_nm), "_at_300_K": cold}
        place = {"material": law.material, "boundary": law.boundary, "direction": law.direction}
        values = {
            f"ratio{name}{limit}": f"{getattr(value, field):.3g}"
            for name, value in columns.items()
            if value
            for field, limit in (("value", ""), ("low", "_low"), ("high", "_high"))
        }
        rows.append(place | {"temperature_K": f"{temperature_K:g}"} | values)
    pd.DataFrame(rows).to_csv(file, index=False)


def _span(values: Sequence[float], form: str) -> str:
    """Format the range of values as ``500`` or ``650 to 750``; empty without values."""
    if not values:
        return ""
    low, high = (format(limit, form) for limit in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _published_width(law: Law, measured: Uncertain, other_nm: float) -> Uncertain | None:
    if law.width_nm is None:
        return None
    convert = at_width if law.direction == "parallel" else across_at_width
    return convert(measured, law.width_nm, other_nm)


def _shared(law: Law, bulk: Law) -> tuple[float, Uncertain] | None:
    """Find the lowest temperature at which both laws have a value, and their ratio at this temperature."""
    for point in law.points:
        found = ratio(point.estimate, bulk.measured(point.temperature_K))
        if found:
            return point.temperature_K, found
    return None


def _sign(measured: Uncertain, known: float | None) -> str:
    """Judge whether the interval is on the published side of one."""
    if known is None:
        return ""
    if measured.low <= 1 <= measured.high:
        return OPEN
    return SAME if (measured.value > 1) == (known > 1) else OTHER
