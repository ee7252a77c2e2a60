"""What every built structure must fulfil, each with an error of its own name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, CHARGES, HALIDES
from argyro.platform.structures.crystal.neighbours import close_distances


class StructureError(ArgyroError):
    """A structure is not an argyrodite that could exist."""


class BrokenTetrahedronError(StructureError):
    """A tetrahedral centre does not have four chalcogens at bond distance."""


class OverlapError(StructureError):
    """Two atoms are closer than their species allow."""


class CrowdedFreeAnionError(StructureError):
    """A tetrahedron touches a free anion: the 4c and 4d settings were mixed, or grains overlap."""


class ChargeError(StructureError):
    """The formal charges do not add up to zero."""


class StoichiometryError(StructureError):
    """The atoms are not a whole number of formula units."""


class BoundaryCountError(StructureError):
    """The coordination profile does not show as many boundaries as the cell should hold."""


class BoundarySpacingError(StructureError):
    """Neighbouring boundary planes are closer than the grains are thick."""


BOND_RANGE_A = {"P": (1.9, 2.2), "As": (2.0, 2.35), "Sb": (2.15, 2.5), "Si": (2.0, 2.3), "Ge": (2.05, 2.4),
                "Sn": (2.2, 2.55)}  # fmt: skip
SELENIUM_ALLOWANCE_A = 0.16
FREE_TO_CORNER_A = {False: 3.2, True: 3.0}  # as built; after relaxation, which brings some to 3.17 Å
# Least distances by kind of ion; bonds of a tetrahedron are judged by their own check.
MIN_DISTANCE_A = {
    ("Li", "Li"): 1.6,
    ("Li", "centre"): 2.3,
    ("Li", "anion"): 1.9,
    ("centre", "centre"): 4.0,
    ("centre", "anion"): 1.9,
    ("anion", "anion"): 3.0,
}


def check(atoms: Atoms) -> dict[str, bool]:
    """Run every check.

    Args:
        atoms: as built, with the arrays ``site``, ``grain`` and ``boundary_distance_A``.

    Returns:
        Name of each check and whether the structure passes.
    """
    return {name: not test(atoms) for name, (test, _) in _CHECKS.items()}


def require(atoms: Atoms) -> None:
    """Raise the error of the first check that fails.

    Raises:
        StructureError: one of its kinds, with the offending number.
    """
    for test, error in _CHECKS.values():
        problem = test(atoms)
        if problem:
            raise error(problem)


def _kinds(atoms: Atoms) -> np.ndarray:
    """Li, centre or anion for each atom."""
    symbols = np.array(atoms.get_chemical_symbols())
    return np.where(symbols == "Li", "Li", np.where(np.isin(symbols, CENTRES), "centre", "anion"))


def _tetrahedra(atoms: Atoms) -> str:
    """Four chalcogens within bond range of each centre, and each corner bound to one centre."""
    symbols, site = np.array(atoms.get_chemical_symbols()), atoms.arrays["site"]
    centres, anions = np.flatnonzero(np.isin(symbols, CENTRES)), np.flatnonzero(_kinds(atoms) == "anion")
    i, j, r = close_distances(atoms.positions[centres], atoms.positions[anions], atoms.cell[:], 3.0)
    extra = SELENIUM_ALLOWANCE_A * (symbols[anions[j]] == "Se")
    low, high = np.array([BOND_RANGE_A[symbol] for symbol in symbols[centres[i]]]).reshape(-1, 2).T
    bound = (r >= low) & (r <= high + extra)
    count = np.bincount(i[bound], minlength=len(centres))
    if np.any(count != 4) or not np.all(bound):
        worst = int(np.argmax(np.abs(count - 4)))
        return f"{symbols[centres[worst]]} atom {centres[worst]} has {count[worst]} chalcogens at bond distance, not 4"
    if np.any(site[anions[j]] != "16e"):
        return "an anion that is not a corner of a tetrahedron is bound to a centre"
    return ""


def _overlaps(atoms: Atoms) -> str:
    """The closest pair of each two kinds."""
    kinds = _kinds(atoms)
    for (first, second), least in MIN_DISTANCE_A.items():
        a, b = np.flatnonzero(kinds == first), np.flatnonzero(kinds == second)
        i, j, r = close_distances(atoms.positions[a], atoms.positions[b], atoms.cell[:], least)
        if len(r):
            worst = int(np.argmin(r))
            names = atoms.symbols[a[i[worst]]], atoms.symbols[b[j[worst]]]
            return (
                f"{names[0]} {a[i[worst]]} and {names[1]} {b[j[worst]]} are {r[worst]:.2f} Å apart, less than {least} Å"
            )
    return ""


def _crowded(atoms: Atoms) -> str:
    """Corners of tetrahedra against free anions."""
    site, least = atoms.arrays["site"], FREE_TO_CORNER_A["relaxed" in atoms.info]
    corners, free = atoms.positions[site == "16e"], atoms.positions[np.isin(site, ("4a", "4c"))]
    _, _, r = close_distances(corners, free, atoms.cell[:], least)
    return f"a free anion is {r.min():.2f} Å from a corner of a tetrahedron, less than {least} Å" if len(r) else ""


def _charge(atoms: Atoms) -> str:
    """Sum of formal charges."""
    charge = sum(CHARGES[symbol] for symbol in atoms.get_chemical_symbols())
    return f"the cell has charge {charge:+d}" if charge else ""


def _stoichiometry(atoms: Atoms) -> str:
    """In each grain six anions to one centre, four of them corners; sites in equal numbers."""
    symbols, site, grain = np.array(atoms.get_chemical_symbols()), atoms.arrays["site"], atoms.arrays["grain"]
    for number in np.unique(grain):
        here = grain == number
        centres = int(np.sum(here & np.isin(symbols, CENTRES)))
        for name, share in (("4a", 1), ("4c", 1), ("16e", 4)):
            found = int(np.sum(here & (site == name) & np.isin(symbols, CHALCOGENS + HALIDES)))
            if found != share * centres:
                return f"grain {number} has {found} anions on {name} for {centres} centres, not {share * centres}"
    return ""


def _boundary_count(atoms: Atoms) -> str:
    """Boundaries seen by the coordination of the centres against the number asked for."""
    from argyro.platform.structures.boundaries.orientation_profile import count_boundaries

    found, asked = count_boundaries(atoms), int(atoms.info["boundaries"])
    return f"the coordination profile shows {found} boundaries, not {asked}" if found != asked else ""


def _spacing(atoms: Atoms) -> str:
    """Distance of neighbouring planes against the thickness of a grain."""
    planes = np.sort(np.atleast_1d(atoms.info.get("boundary_planes_A", ())))
    if len(planes) < 2:
        return ""
    spacing = np.diff([*planes, planes[0] + atoms.cell[2, 2]])
    least = float(atoms.info["grain_thickness_A"])
    short = spacing.min() < least - 1.0
    return f"boundaries are {spacing.min():.1f} Å apart, the grains {least:.1f} Å thick" if short else ""


_CHECKS: dict[str, tuple[Callable[[Atoms], str], type[StructureError]]] = {
    "tetrahedra": (_tetrahedra, BrokenTetrahedronError),
    "distances": (_overlaps, OverlapError),
    "free_anions": (_crowded, CrowdedFreeAnionError),
    "charge": (_charge, ChargeError),
    "stoichiometry": (_stoichiometry, StoichiometryError),
    "boundary_count": (_boundary_count, BoundaryCountError),
    "boundary_spacing": (_spacing, BoundarySpacingError),
}
