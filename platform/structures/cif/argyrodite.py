"""Composition and site disorder of an argyrodite CIF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.partial_crystal import PartialCrystal
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, CHARGES, HALIDES, Composition
from argyro.platform.structures.disorder_analysis import free_anion_disorder, free_anion_sites

LITHIUM_ROUNDING = 0.15  # largest relative difference between refined and charge-balanced Li content

MOST_ROUNDING = 60  # largest deviation of the refined numbers from one centre or six anions, in thousandths


@dataclass(frozen=True)
class RefinedArgyrodite:
    """Refined composition and disorder of an argyrodite.

    Attributes:
        composition: formula per formula unit, with the Li content that balances the charges.
        disorder: fraction of exchanged free anions, 0 to 1; None if all free anions are of one kind.
        lithium: Li per formula unit from the occupancies.
    """

    composition: str
    disorder: float | None
    lithium: float


def refined_argyrodite(crystal: PartialCrystal) -> RefinedArgyrodite | None:
    """Read composition and 4a/4c disorder of an argyrodite; return None for any other crystal.

    The distances to the tetrahedral centres determine the site of each free anion. The result is independent of the
    setting of the CIF.
    """
    amounts = crystal.amounts
    units = sum(amounts.get(element, 0.0) for element in CENTRES)
    try:
        composition = _neutral(amounts, units)
        sites = _orbit_sites(crystal)
    except (InputError, KeyError, ValueError, ZeroDivisionError):
        return None
    lithium = amounts.get("Li", 0.0) / units
    if set(sites.values()) != {"4a", "4c"} or abs(lithium - composition["Li"]) > LITHIUM_ROUNDING * composition["Li"]:
        return None
    return RefinedArgyrodite(composition.formula, _disorder(crystal, sites, units), lithium)


def realised_disorder(atoms: Atoms) -> float | None:
    """Return the disorder of an ordered cell; None if all free anions are of one kind."""
    try:
        return free_anion_disorder(atoms)
    except InputError:
        return None


def _neutral(amounts: Mapping[str, float], units: float) -> Composition:
    """Return the refined composition per formula unit in thousandths; Li balances the charges of the other ions."""
    rounded: dict[str, float] = {}
    for elements, total in ((CENTRES, 1000), (CHALCOGENS + HALIDES, 6000)):
        found = {element: round(1000 * amounts[element] / units) for element in elements if element in amounts}
        largest = max(found, key=found.__getitem__)
        found[largest] += total - sum(found.values()) if abs(total - sum(found.values())) <= MOST_ROUNDING else 0
        rounded |= found
    rounded["Li"] = -sum(CHARGES[element] * number for element, number in rounded.items())
    return Composition.parse("".join(f"{element}{number / 1000:.3f}" for element, number in rounded.items() if number))


def _orbit_sites(crystal: PartialCrystal) -> dict[str, str]:
    """Map the label of each orbit of free anions to its site, 4a or 4c."""
    framework = [orbit for orbit in crystal.orbits if "Li" not in orbit.occupancy]
    main = [max(orbit.occupancy, key=lambda element, o=orbit: o.occupancy[element]) for orbit in framework]  # type: ignore[misc]
    symbols = [element for element, orbit in zip(main, framework, strict=True) for _ in orbit.positions]
    labels = np.array([orbit.label for orbit in framework for _ in orbit.positions])
    scaled = np.concatenate([orbit.positions for orbit in framework])
    free, site = free_anion_sites(Atoms(symbols, scaled_positions=scaled, cell=crystal.cell_A, pbc=True))
    votes: dict[str, Counter[str]] = {}
    for label, where in zip(labels[free], site, strict=True):
        votes.setdefault(str(label), Counter())[str(where)] += 1
    return {label: counted.most_common(1)[0][0] for label, counted in votes.items()}


def _disorder(crystal: PartialCrystal, sites: Mapping[str, str], units: float) -> float | None:
    """Divide the number of exchanged chalcogens on 4a by the largest possible number."""
    found = {(site, kind): 0.0 for site in ("4a", "4c") for kind in ("chalcogen", "halide")}
    for orbit in crystal.orbits:
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
