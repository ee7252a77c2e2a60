"""Whole numbers of atoms on each orbit of a supercell: nearest to the occupancies, and neutral."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import ceil, floor

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.partial_crystal import FULL, PartialCrystal

MOBILE = ("Li", "Na", "K", "Ag", "Cu", "H")  # first of these present: its number balances the cell
MOBILE_WEIGHT = 0.05  # a unit of deviation costs this share of that of a framework ion
REACH = 1  # whole numbers looked at beyond the two next to the wanted number


@dataclass(frozen=True)
class SiteCounts:
    """Atoms per orbit in a supercell.

    Attributes:
        cells: conventional cells in the supercell.
        numbers: for each orbit, element and number of atoms.
        deviation: largest difference between a realised and a refined occupancy.
    """

    cells: int
    numbers: tuple[dict[str, int], ...]
    deviation: float


def site_counts(crystal: PartialCrystal, states: Mapping[str, float], cells: int) -> SiteCounts:
    """Round the occupancies of all orbits to whole numbers with zero total charge.

    Minimise Σ w (n - n_refined)² over the orbits' numbers n with Σ z n = 0 by dynamic programming over the charge.

    Args:
        crystal: with occupancies per conventional cell.
        states: charge number of each element.
        cells: conventional cells in the supercell.

    Raises:
        InputError: no choice near the occupancies is neutral.
    """
    mobile = next((element for element in MOBILE if element in crystal.amounts), None)
    residual = cells * sum(states[element] * number for element, number in crystal.amounts.items())
    best: dict[int, tuple[float, tuple]] = {0: (0.0, ())}
    for orbit in crystal.orbits:
        options = _options(orbit, cells, mobile, states, abs(residual))
        reached: dict[int, tuple[float, tuple]] = {}
        for charge, (cost, chosen) in best.items():
            for numbers, more_charge, more_cost in options:
                total = charge + more_charge
                if total not in reached or cost + more_cost < reached[total][0] - 1e-12:
                    reached[total] = (cost + more_cost, (*chosen, numbers))
        best = reached
    if 0 not in best:
        closest = min(best, key=abs)
        raise InputError(
            f"{crystal.name}: no neutral cell of {cells} unit cells lies near the occupancies "
            f"(closest charge {closest / _SCALE:+g}); give a larger --supercell",
            path="structure",
        )
    numbers = best[0][1]
    deviation = max(
        abs(found.get(element, 0) / (cells * len(orbit.positions)) - share)
        for orbit, found in zip(crystal.orbits, numbers, strict=True)
        for element, share in orbit.occupancy.items()
    )
    return SiteCounts(cells, numbers, deviation)


_SCALE = 6  # charges are counted in sixths, so that mixed valences such as 8/3 stay whole numbers


def _options(orbit, cells: int, mobile: str | None, states: Mapping[str, float], residual: float) -> list:
    """Possible numbers of one orbit, their charge in sixths, and their cost; one per charge, the cheapest."""
    sites, elements = cells * len(orbit.positions), list(orbit.occupancy)
    if orbit.ordered:
        return [({elements[0]: sites}, round(_SCALE * states[elements[0]]) * sites, 0.0)]
    ranges = []
    for element in elements:
        wanted = orbit.occupancy[element] * sites
        reach = REACH + (ceil(residual / abs(states[element])) if element == mobile else 0)
        ranges.append(range(max(0, floor(wanted) - reach), min(sites, ceil(wanted) + reach) + 1))
    filled = orbit.total >= FULL
    cheapest: dict[int, tuple] = {}
    for numbers in product(*ranges):
        if sum(numbers) > sites or (filled and sum(numbers) != sites):
            continue
        charge = sum(round(_SCALE * states[e]) * n for e, n in zip(elements, numbers, strict=True))
        cost = sum(
            (MOBILE_WEIGHT if e == mobile else 1.0) * (n - orbit.occupancy[e] * sites) ** 2
            for e, n in zip(elements, numbers, strict=True)
        )
        if charge not in cheapest or cost < cheapest[charge][2]:
            cheapest[charge] = (dict(zip(elements, numbers, strict=True)), charge, cost)
    return list(cheapest.values())
