"""Integer numbers of atoms on each orbit of a supercell: closest to the occupancies, with zero total charge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import ceil, floor

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.oxidation_states import MOBILE
from argyro.platform.structures.cif.partial_crystal import FULL, Orbit, PartialCrystal

MOBILE_WEIGHT = 0.05  # cost of a deviation, relative to a framework ion
MOST_EXTRA = 0.6  # largest fraction of mobile ions in voids; X-rays often miss light interstitial ions
REACH = 1  # integers tried beyond the two neighbours of the wanted number


@dataclass(frozen=True)
class SiteCounts:
    """Numbers of atoms per orbit in a supercell.

    Attributes:
        cells: conventional cells in the supercell.
        numbers: for each orbit, number of atoms by element.
        deviation: largest difference between a realised and a refined occupancy.
        extra: element and number of the mobile ions that balance the charge and have no free site in the CIF.
    """

    cells: int
    numbers: tuple[dict[str, int], ...]
    deviation: float
    extra: tuple[str, int] = ("", 0)


def site_counts(crystal: PartialCrystal, states: Mapping[str, float], cells: int) -> SiteCounts:
    """Round the occupancies of all orbits to integers with zero total charge.

    Dynamic programming over the charge minimises Σ w (n - n_refined)² over the numbers n of the orbits with Σ z n = 0.

    Args:
        crystal: crystal with occupancies per conventional cell.
        states: charge number of each element.
        cells: conventional cells in the supercell.

    Raises:
        InputError: no integers near the occupancies give a neutral cell.
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
            f"{crystal.name}: no neutral cell of {cells} unit cells matches the occupancies "
            f"(closest charge {closest / _SCALE:+g}); give a larger --supercell"
        )
    numbers = best[balanced][1]
    extra = (mobile, round(-balanced / _SCALE / states[mobile])) if mobile and balanced else ("", 0)
    deviation = max(
        abs(found.get(element, 0) / (cells * len(orbit.positions)) - share)
        for orbit, found in zip(crystal.orbits, numbers, strict=True)
        for element, share in orbit.occupancy.items()
    )
    return SiteCounts(cells, numbers, deviation, extra)


def _balanced_charge(
    best: Mapping[int, tuple[float, tuple]], mobile: str | None, states: Mapping[str, float], amount: float
) -> int | None:
    """Choose the charge of the sites: zero, or a charge that a few mobile ions in voids balance; None if neither
    exists.
    """
    if 0 in best or mobile is None:
        return 0 if 0 in best else None
    step = round(_SCALE * states[mobile])
    within = [c for c in best if c < 0 and c % step == 0 and -c <= step * (MOST_EXTRA * amount + 1)]
    return min(within, key=lambda c: (best[c][0] + MOBILE_WEIGHT * (c / step) ** 2, -c), default=None)


_SCALE = 6  # charges are in units of 1/6, so that mixed valences such as 8/3 are integers


def _options(orbit: Orbit, cells: int, mobile: str | None, states: Mapping[str, float], residual: float) -> list:
    """List possible numbers of one orbit with their charge in sixths and cost; only the cheapest per charge."""
    sites, elements = cells * len(orbit.positions), list(orbit.occupancy)
    if orbit.ordered and (elements[0] != mobile or residual < 1e-6):
        return [({elements[0]: sites}, round(_SCALE * states[elements[0]]) * sites, 0.0)]
    ranges = []
    for element in elements:
        wanted = orbit.occupancy[element] * sites
        reach = REACH + (ceil(residual) if mobile in elements else 0)
        ranges.append(range(max(0, floor(wanted) - reach), min(sites, ceil(wanted) + reach) + 1))
    filled = orbit.total >= FULL and not orbit.ordered  # a full site of the mobile ion may lose ions for charge balance
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
