"""Whole numbers of atoms for a finite cell, and which anion sits on which free site."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, CHARGES, HALIDES, Composition


@dataclass(frozen=True)
class Counts:
    """Whole numbers of atoms in a piece of n formula units, charge neutral by the number of Li.

    Attributes:
        units: formula units n.
        atoms: element and number.
    """

    units: int
    atoms: dict[str, int]

    @property
    def halides(self) -> int:
        """Number of halide ions."""
        return sum(self.atoms.get(element, 0) for element in HALIDES)

    @property
    def largest_swap(self) -> int:
        """How many halides can leave 4a for 4c in exchange for a chalcogen: min(X, S, n) on the 2n free sites."""
        return min(self.halides, 2 * self.units - self.halides, self.units)

    @property
    def composition(self) -> Composition:
        """The composition that these numbers realise."""
        return Composition.parse("".join(f"{element}{number}" for element, number in self.atoms.items() if number))


def nearest_counts(composition: Composition, units: int) -> Counts:
    """The whole numbers nearest to a composition; Li follows from charge neutrality.

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
    """Whole numbers for each grain, neutral one by one, that add up to the nearest numbers of the whole cell."""
    cumulative = np.cumsum(units_per_grain)
    totals = [nearest_counts(composition, int(units)).atoms for units in cumulative]
    pieces = []
    for grain, units in enumerate(units_per_grain):
        before = totals[grain - 1] if grain else {}
        atoms = {element: number - before.get(element, 0) for element, number in totals[grain].items()}
        pieces.append(Counts(units, atoms))
    return pieces


def _round_to_sum(exact: dict[str, float], total: int) -> dict[str, int]:
    """Round down, then give what is missing to the largest remainders."""
    floors = {element: int(np.floor(value + 1e-9)) for element, value in exact.items()}
    remainders = sorted(exact, key=lambda element: floors[element] - exact[element])
    for element in remainders[: max(0, total - sum(floors.values()))]:
        floors[element] += 1
    return floors


def require_disorder(disorder: float) -> None:
    """Refuse a swapped fraction outside [0, 1].

    Raises:
        InputError: the fraction is not a share.
    """
    if not isinstance(disorder, Real) or not 0.0 <= disorder <= 1.0:
        message = (
            f"disorder {disorder!r} is not a share of swapped anions; give a number from 0 (halide on 4a) to 1 (on 4c)"
        )
        raise InputError(message, path="disorder", given=disorder, accepted="0 to 1")


def free_anions(counts: Counts, disorder: float, rng: np.random.Generator) -> np.ndarray:
    """Elements on the free sites of one grain at random, with the swapped fraction asked for.

    Without disorder the halides fill 4a first. A disorder d swaps d of the largest possible number of halides on 4a
    with chalcogens on 4c; at one halide per formula unit d is the share of the halides that left 4a.

    Args:
        counts: numbers of the grain.
        disorder: d in [0, 1].
        rng: source of the random choice.

    Returns:
        (n, 2) element symbols on 4a and 4c; chalcogens are all written S.
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
    elements[is_halide] = rng.permutation(kinds)
    return elements
