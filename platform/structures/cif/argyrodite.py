"""Composition and site disorder of an argyrodite CIF."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.order import OrderedCrystal
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, CHARGES, HALIDES, Composition
from argyro.platform.structures.disorder_analysis import free_anion_disorder, free_anion_sites


@dataclass(frozen=True)
class ArgyroditeSites:
    """An argyrodite as refined and as realised in the ordered cell.

    Attributes:
        composition: refined, with the Li content that balances its charges.
        disorder: refined share of the swapped free anions, 0 to 1; None where nothing can be swapped.
        realised_disorder: of the ordered cell.
        refined_lithium: Li per formula unit by the occupancies.
        realised_lithium: Li per formula unit of the ordered cell.
    """

    composition: str
    disorder: float | None
    realised_disorder: float | None
    refined_lithium: float
    realised_lithium: float


def argyrodite_sites(ordered: OrderedCrystal) -> ArgyroditeSites | None:
    """Read composition and 4a/4c disorder of an argyrodite; None for any other crystal.

    The site of each free anion follows from its distances to the tetrahedral centres of the ordered cell, so that the
    setting of the CIF does not matter.
    """
    amounts = ordered.crystal.amounts
    units = sum(amounts.get(element, 0.0) for element in CENTRES)
    try:
        composition = _neutral(amounts, units)
        realised = Composition.parse(_formula(Counter(ordered.atoms.get_chemical_symbols())))
        sites = _orbit_sites(ordered)
    except (InputError, KeyError, ZeroDivisionError):
        return None
    if set(sites.values()) != {"4a", "4c"}:
        return None
    return ArgyroditeSites(
        composition.formula,
        _refined_disorder(ordered, sites, units),
        _realised_disorder(ordered),
        amounts["Li"] / units,
        realised["Li"],
    )


def _neutral(amounts: dict[str, float], units: float) -> Composition:
    """The refined composition per formula unit; Li balances the charges of the other ions."""
    per_unit = {element: number / units for element, number in amounts.items()}
    lithium = -sum(CHARGES[element] * number for element, number in per_unit.items() if element != "Li")
    return Composition.parse(_formula({**per_unit, "Li": lithium}))


def _formula(amounts: dict[str, float]) -> str:
    return "".join(f"{element}{number:.6f}" for element, number in amounts.items() if number > 0)


def _orbit_sites(ordered: OrderedCrystal) -> dict[str, str]:
    """Label of each orbit of free anions and its site, 4a or 4c."""
    free, site = free_anion_sites(ordered.atoms)
    votes: dict[str, Counter] = {}
    for label, where in zip(ordered.atoms.arrays["orbit"][free], site, strict=True):
        votes.setdefault(str(label), Counter())[str(where)] += 1
    return {label: counted.most_common(1)[0][0] for label, counted in votes.items()}


def _refined_disorder(ordered: OrderedCrystal, sites: dict[str, str], units: float) -> float | None:
    """Chalcogens on 4a beyond those without a halide, over the most that could be swapped."""
    found = {(site, kind): 0.0 for site in ("4a", "4c") for kind in ("chalcogen", "halide")}
    for orbit in ordered.crystal.orbits:
        for element, share in orbit.occupancy.items():
            kind = "halide" if element in HALIDES else "chalcogen" if element in CHALCOGENS else ""
            if orbit.label in sites and kind:
                found[sites[orbit.label], kind] += share * len(orbit.positions)
    halides = found["4a", "halide"] + found["4c", "halide"]
    chalcogens = found["4a", "chalcogen"] + found["4c", "chalcogen"]
    largest = min(halides, chalcogens, units)
    if largest < 1e-6:
        return None
    swapped = (found["4a", "chalcogen"] - max(0.0, units - halides)) / largest
    return min(max(swapped, 0.0), 1.0)


def _realised_disorder(ordered: OrderedCrystal) -> float | None:
    try:
        return free_anion_disorder(ordered.atoms)
    except InputError:
        return None
