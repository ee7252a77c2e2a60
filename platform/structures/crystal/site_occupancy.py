"""Integer numbers of atoms in a finite cell, and occupation of the free-anion sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, CHARGES, HALIDES, Composition

# Share of each halide off 4a, and of Se off 16e, in a mixture.
Displaced = Mapping[str, float]


@dataclass(frozen=True)
class Counts:
    """Integer numbers of atoms in n formula units; the number of Li balances the charge.

    Attributes:
        units: formula units n.
        atoms: number of atoms by element.
    """

    units: int
    atoms: dict[str, int]

    @property
    def halides(self) -> int:
        """Number of halide ions."""
        return sum(self.atoms.get(element, 0) for element in HALIDES)

    @property
    def largest_swap(self) -> int:
        """Largest number of halides that can exchange with chalcogens: min(X, S, n) on the 2n free sites."""
        return min(self.halides, 2 * self.units - self.halides, self.units)

    @property
    def composition(self) -> Composition:
        """Composition realised by these numbers."""
        return Composition.parse("".join(f"{element}{number}" for element, number in self.atoms.items() if number))


def nearest_counts(composition: Composition, units: int) -> Counts:
    """Return the integers closest to a composition; Li follows from charge neutrality.

    Args:
        composition: amounts per formula unit.
        units: formula units in the cell.
    """
    centres = _round_to_sum({element: composition[element] * units for element in CENTRES}, units)
    halide_sum = round(composition.halides * units)
    halides = _round_to_sum({element: composition[element] * units for element in HALIDES}, halide_sum)
    chalcogen_sum = 6 * units - halide_sum
    chalcogens = _round_to_sum({element: composition[element] * units for element in CHALCOGENS}, chalcogen_sum)
    atoms = {**centres, **chalcogens, **halides}
    lithium = -sum(CHARGES[element] * number for element, number in atoms.items())
    return Counts(units, {"Li": lithium} | {element: number for element, number in atoms.items() if number})


def split_counts(composition: Composition, units_per_grain: list[int]) -> list[Counts]:
    """Return integers for each neutral grain that add up to the nearest integers of the whole cell."""
    cumulative = np.cumsum(units_per_grain)
    totals = [nearest_counts(composition, int(units)).atoms for units in cumulative]
    pieces = []
    for grain, units in enumerate(units_per_grain):
        before = totals[grain - 1] if grain else {}
        atoms = {element: number - before.get(element, 0) for element, number in totals[grain].items()}
        pieces.append(Counts(units, atoms))
    return pieces


def _round_to_sum(exact: dict[str, float], total: int) -> dict[str, int]:
    """Round down, then add the missing atoms to the largest remainders."""
    floors = {element: int(np.floor(value + 1e-9)) for element, value in exact.items()}
    remainders = sorted(exact, key=lambda element: floors[element] - exact[element])
    for element in remainders[: max(0, total - sum(floors.values()))]:
        floors[element] += 1
    return floors


def require_disorder(disorder: float) -> None:
    """Refuse a disorder outside [0, 1].

    Raises:
        InputError: the value is not a number in [0, 1].
    """
    if not isinstance(disorder, Real) or not 0.0 <= disorder <= 1.0:
        percent = (
            f"; {disorder:g} % is {disorder / 100:g}" if isinstance(disorder, Real) and 1 < disorder <= 100 else ""
        )
        message = f"disorder {disorder!r} is not a share from 0 (halides on 4a) to 1 (halides on 4c){percent}"
        raise InputError(message, path="disorder", accepted="0 to 1")


def halides_on_4c(counts: Counts, disorder: float, displaced: Displaced) -> dict[str, int]:
    """Return the number of each halide on 4c.

    Args:
        counts: numbers of atoms.
        disorder: fraction of exchanged free anions, which sets the sum.
        displaced: share of each halide on 4c; without it the halides are equally displaced.
    """
    total = counts.halides - min(counts.halides, counts.units) + round(disorder * counts.largest_swap)
    present = {element: counts.atoms.get(element, 0) for element in HALIDES if counts.atoms.get(element, 0)}
    wanted = {element: displaced.get(element, 0.0) * number for element, number in present.items()}
    if not any(wanted.values()):
        wanted = {element: float(number) for element, number in present.items()}
    factor = total / (sum(wanted.values()) or 1.0)
    exact = {element: min(amount * factor, present[element]) for element, amount in wanted.items()}
    found = _round_to_sum(exact, total)
    for element in sorted(present, key=lambda element: found[element] - exact[element]):  # capped halides leave a rest
        rest = total - sum(found.values())
        found[element] += min(rest, present[element] - found[element])
    return found


def free_anions(
    counts: Counts, disorder: float, rng: np.random.Generator, displaced: Displaced | None = None
) -> np.ndarray:
    """Choose the elements on the free sites of one grain at random, with the requested disorder.

    Without disorder the halides fill 4a first. A disorder d exchanges the fraction d of the largest possible number of
    halides on 4a with chalcogens on 4c. At one halide per formula unit, d is the fraction of halides on 4c.

    Args:
        counts: numbers of atoms in the grain.
        disorder: d in [0, 1].
        rng: random generator.
        displaced: share of each halide on 4c in a mixture; None to displace halides at random.

    Returns:
        (n, 2) element symbols on 4a and 4c; every chalcogen is written as S.
    """
    require_disorder(disorder)
    units, halides = counts.units, counts.halides
    swaps = round(disorder * counts.largest_swap)
    on_4a = min(halides, units) - swaps
    is_halide = np.zeros((units, 2), dtype=bool)
    is_halide[rng.permutation(units)[:on_4a], 0] = True
    is_halide[rng.permutation(units)[: halides - on_4a], 1] = True
    kinds = np.repeat(HALIDES, [counts.atoms.get(element, 0) for element in HALIDES])
    elements = np.full((units, 2), "S", dtype="<U2")
    if displaced:
        on_4c = halides_on_4c(counts, disorder, displaced)
        for column, number_of in enumerate((lambda e: counts.atoms.get(e, 0) - on_4c[e], on_4c.__getitem__)):
            kinds = np.repeat(list(on_4c), [number_of(element) for element in on_4c])
            elements[is_halide[:, column], column] = rng.permutation(kinds)
    else:
        elements[is_halide] = rng.permutation(kinds)
    return elements


UNITS_PER_CELL = 4


def units_of(supercell: tuple[int, int, int]) -> int:
    """Return the number of formula units of a bulk supercell."""
    return UNITS_PER_CELL * supercell[0] * supercell[1] * supercell[2]


def misfit(composition: Composition, units: int, deviation: float) -> str:
    """Name the element that a cell cannot hold in its amount, with both amounts; empty if the cell fits.

    Args:
        composition: amounts per formula unit.
        units: formula units of the cell.
        deviation: largest deviation of an amount per formula unit; every element needs one atom.
    """
    atoms = nearest_counts(composition, units).atoms
    for element in composition.elements:
        exact, built = composition[element], atoms.get(element, 0) / units
        if element != "Li" and (built == 0.0 or abs(built - exact) > deviation + 1e-9):
            return f"it would hold {element}{built:g} instead of {element}{exact:g}"
    return ""


def fitting_supercell(
    composition: Composition, supercell: tuple[int, int, int], deviation: float
) -> tuple[int, int, int]:
    """Return the smallest supercell that fits a composition, grown from a given one along its shortest edges."""
    edges = supercell
    while misfit(composition, units_of(edges), deviation):
        shortest = edges.index(min(edges))
        x, y, z = (edge + (axis == shortest) for axis, edge in enumerate(edges))
        edges = (x, y, z)
    return edges
