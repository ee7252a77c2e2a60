"""Numbers of comparisons that reproduce each published trend outside the overlap of the intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import pandas as pd

from argyro.platform.dynamics.diffusion.replicates import Ensemble
from argyro.validation.laws import LIMITS, Law, laws
from argyro.validation.tables import Data, Section

YES, NO, OPEN = "reproduced", "contradicted", "undecided"
MIDDLE = 0.5  # disorder of the lowest barriers


def of_cells(results: pd.DataFrame) -> list[Law]:
    """Fit laws to whole cells, independent of the GB width and the inversion."""
    renamed = {f"diffusivity_{limit}_cm2_s": results[f"cell_{limit}_cm2_s"] for limit in LIMITS}
    bounds = {"valid": results["cell_valid"], "upper_bound_cm2_s": results["cell_upper_bound_cm2_s"]}
    return laws(results.assign(**renamed, **bounds))


def limits(point: Ensemble) -> tuple[float, float]:
    """Return the interval of a diffusivity in cm²/s; the interval of an upper bound starts at zero."""
    if point.estimate:
        return point.estimate.low, point.estimate.high
    assert point.upper_bound_cm2_s is not None  # a point without an estimate has a bound
    return 0.0, point.upper_bound_cm2_s


def compared(larger: tuple[float, float], smaller: tuple[float, float]) -> str:
    """Judge whether one interval is above the other, as expected."""
    if larger[0] > smaller[1]:
        return YES
    return NO if larger[1] < smaller[0] else OPEN


def section(data: Data, results: pd.DataFrame) -> Section:
    """Count comparisons for each trend and composition."""
    bulk = [law for law in laws(results) if law.direction == "bulk"]
    cells = [law for law in of_cells(results) if law.direction != "bulk"]
    rows = [*_barriers(bulk), *_disorder(bulk), *_slowest(bulk), *_boundaries(bulk, cells)]
    columns = ("trend", "where", YES, OPEN, NO)
    return data.section("trends", columns, rows, cite=data.cite("boundary_over_bulk"))


def _barriers(bulk: Sequence[Law]) -> Iterator[list[str]]:
    for composition in dict.fromkeys(law.composition for law in bulk):
        fits = {law.disorder: law.fit for law in bulk if law.composition == composition and law.fit}
        if 0.0 not in fits or len(fits) < 2:
            continue
        ordered = fits.pop(0.0).activation_energy_eV
        found = Counter(
            compared((ordered.low, ordered.high), (fit.activation_energy_eV.low, fit.activation_energy_eV.high))
            for fit in fits.values()
        )
        yield _row("disorder lowers the barrier", f"{composition}, each disorder against none", found)


def _disorder(bulk: Sequence[Law]) -> Iterator[list[str]]:
    """Compare D with and without disorder, and D at 50 % disorder with lower and higher disorder."""
    any_, none = (lambda share: share > 0), (lambda share: share == 0)
    yield from _faster(bulk, "disorder speeds up the bulk", "each disorder against none", any_, none)
    middle, beside = (lambda share: share == MIDDLE), (lambda share: share not in (0, MIDDLE))
    yield from _faster(bulk, "middle disorder is fastest", "50 % against less and more", middle, beside)


def _faster(bulk: Sequence[Law], trend: str, name: str, faster: Callable, slower: Callable) -> Iterator[list[str]]:
    for composition in dict.fromkeys(law.composition for law in bulk):
        alike = [law for law in bulk if law.composition == composition]
        pairs = [(a, b) for a in alike for b in alike if faster(a.disorder) and slower(b.disorder)]
        found = Counter(compared(*pair) for laws in pairs for pair in _common(*laws))
        if found:
            yield _row(trend, f"{composition}, {name}", found)


def _slowest(bulk: Sequence[Law]) -> Iterator[list[str]]:
    ordered = {law.composition: law for law in bulk if law.disorder == 0}
    if "Li6PS5I" in ordered:
        others = [law for name, law in ordered.items() if name != "Li6PS5I"]
        found = Counter(compared(a, b) for law in others for a, b in _common(law, ordered["Li6PS5I"]))
        if found:
            yield _row("ordered Li6PS5I is the slowest", "against other ordered bulk", found)


def _boundaries(bulk: Sequence[Law], cells: Sequence[Law]) -> Iterator[list[str]]:
    inside = {law.material: law for law in bulk}
    groups: tuple[tuple[str, str, Callable[[Law], bool]], ...] = (
        ("boundaries speed up ordered crystals", "ordered", lambda law: law.disorder == 0),
        ("boundaries slow down disordered crystals", "disordered", lambda law: law.disorder > 0),
    )
    for trend, name, belongs in groups:
        for composition in dict.fromkeys(law.composition for law in cells):
            pairs = [
                pair
                for law in cells
                if law.composition == composition and belongs(law) and law.material in inside
                for pair in _common(law, inside[law.material])
            ]
            found = Counter(compared(*(pair if name == "ordered" else pair[::-1])) for pair in pairs)
            if pairs:
                yield _row(trend, f"{composition}, cells against bulk", found)


def _common(first: Law, second: Law) -> Iterable[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the intervals of two laws at common temperatures."""
    other = {point.temperature_K: point for point in second.points}
    return [(limits(p), limits(other[p.temperature_K])) for p in first.points if p.temperature_K in other]


def _row(trend: str, where: str, found: Counter) -> list[str]:
    return [trend, where, *(str(found[outcome]) for outcome in (YES, OPEN, NO))]
