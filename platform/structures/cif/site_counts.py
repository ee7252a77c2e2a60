"""Whole numbers of atoms on each orbit of a supercell: nearest to the occupancies, and neutral."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import ceil, floor

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.oxidation_states import MOBILE
from argyro.platform.structures.cif.partial_crystal import FULL, PartialCrystal

MOBILE_WEIGHT = 0.05  # a unit of deviation costs this share of that of a framework ion
MOST_EXTRA = 0.6  # of the mobile ions may lie in holes: X-rays often miss light interstitial ions
REACH = 1  # whole numbers looked at beyond the two next to the wanted number


@dataclass(frozen=True)
class SiteCounts:
    """Atoms per orbit in a supercell.

    Attributes:
        cells: conventional cells in the supercell.
        numbers: for each orbit, element and number of atoms.
        deviation: largest difference between a realised and a refined occupancy.
        extra: mobile ions that balance the charge and for which the CIF has no free site, element and number.
    """

    cells: int
    numbers: tuple[dict[str, int], ...]
    deviation: float
    extra: tuple[str, int] = ("", 0)


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
    balanced = _balanced_charge(best, mobile, states, cells * crystal.amounts.get(mobile or "", 0.0))
    if balanced is None:
        closest = min(best, key=abs)
        raise InputError(
            f"{crystal.name}: no neutral cell of {cells} unit cells lies near the occupancies "
            f"(closest charge {closest / _SCALE:+g}); give a larger --supercell",
            path="structure",
        )
    numbers = best[balanced][1]
    extra = (mobile, round(-balanced / _SCALE / states[mobile])) if mobile and balanced else ("", 0)
    deviation = max(
        abs(found.get(element, 0) / (cells * len(orbit.positions)) - share)
        for orbit, found in zip(crystal.orbits, numbers, strict=True)
        for element, share in orbit.occupancy.items()
    )
    return SiteCounts(cells, numbers, deviation, extra)


def _balanced_charge(best, mobile: str | None, states: Mapping[str, float], amount: float) -> int | None:
    """Charge of the sites to choose: zero, or one that a few mobile ions in holes balance; None without either."""
    if 0 in best or mobile is None:
        return 0 if 0 in best else None
    step = round(_SCALE * states[mobile])
    within = [c for c in best if c < 0 and c % step == 0 and -c <= step * (MOST_EXTRA * amount + 1)]
    return min(within, key=lambda c: (best[c][0] + MOBILE_WEIGHT * (c / step) ** 2, -c), default=None)


_SCALE = 6  # charges are counted in sixths, so that mixed valences such as 8/3 stay whole numbers


def _options(orbit, cells: int, mobile: str | None, states: Mapping[str, float], residual: float) -> list:
    """Possible numbers of one orbit, their charge in sixths, and their cost; one per charge, the cheapest."""
    sites, elements = cells * len(orbit.positions), list(orbit.occupancy)
    if orbit.ordered and (elements[0] != mobile or residual < 1e-6):
        return [({elements[0]: sites}, round(_SCALE * states[elements[0]]) * sites, 0.0)]
    ranges = []
    for element in elements:
        wanted = orbit.occupancy[element] * sites
        reach = REACH + (ceil(residual) if mobile in elements else 0)
        ranges.append(range(max(0, floor(wanted) - reach), min(sites, ceil(wanted) + reach) + 1))
    filled = orbit.total >= FULL and not orbit.ordered  # a full site of the mobile ion may lose some to balance
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
