"""Checks of every built structure, each with its own error class."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, CHARGES, HALIDES
from argyro.platform.structures.crystal.neighbours import close_distances


class StructureError(ArgyroError):
    """Structure that is not a physically possible argyrodite."""


class BrokenTetrahedronError(StructureError):
    """Tetrahedral centre without four chalcogens at bond distance."""


class OverlapError(StructureError):
    """Two atoms closer than the minimum distance of their species."""


class CrowdedFreeAnionError(StructureError):
    """Free anion in contact with a tetrahedron: mixed 4c and 4d settings, or overlapping grains."""


class ChargeError(StructureError):
    """Formal charges with a nonzero sum."""


class StoichiometryError(StructureError):
    """Numbers of atoms that are no integer number of formula units."""


class BoundaryCountError(StructureError):
    """Number of boundaries in the orientation profile different from the expected number."""


class BoundarySpacingError(StructureError):
    """Neighbouring boundary planes closer than the grain thickness."""


BOND_RANGE_A = {"P": (1.9, 2.2), "As": (2.0, 2.35), "Sb": (2.15, 2.5), "Si": (2.0, 2.3), "Ge": (2.05, 2.4),
                "Sn": (2.2, 2.55)}  # fmt: skip
SELENIUM_ALLOWANCE_A = 0.16
FREE_TO_CORNER_A = {False: 3.2, True: 3.0}  # keys: as built, relaxed; relaxation shortens some distances to 3.17 Å
# Minimum distances by kind of ion; a separate check covers the bonds of a tetrahedron.
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
        atoms: built structure with the arrays ``site``, ``grain`` and ``boundary_distance_A``.

    Returns:
        Result by the name of each check; true if the structure passes.
    """
    return {name: not test(atoms) for name, (test, _) in _CHECKS.items()}


def require(atoms: Atoms) -> None:
    """Raise the error of the first check that fails.

    Raises:
        StructureError: the subclass of the failed check, with the offending number.
    """
    for test, error in _CHECKS.values():
        problem = test(atoms)
        if problem:
            raise error(problem)


def _kinds(atoms: Atoms) -> np.ndarray:
    """Classify each atom as Li, centre or anion."""
    symbols = np.array(atoms.get_chemical_symbols())
    return np.where(symbols == "Li", "Li", np.where(np.isin(symbols, CENTRES), "centre", "anion"))


def _tetrahedra(atoms: Atoms) -> str:
    """Check that each centre has four chalcogens within bond range and each corner is bound to one centre."""
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
        return "a free anion is bound to a tetrahedral centre"
    return ""


def _overlaps(atoms: Atoms) -> str:
    """Compare the shortest distance of each pair of kinds with its minimum."""
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
    """Compare distances between tetrahedron corners and free anions with the minimum."""
    site, least = atoms.arrays["site"], FREE_TO_CORNER_A["relaxed" in atoms.info]
    corners, free = atoms.positions[site == "16e"], atoms.positions[np.isin(site, ("4a", "4c"))]
    _, _, r = close_distances(corners, free, atoms.cell[:], least)
    return f"a free anion is {r.min():.2f} Å from a corner of a tetrahedron, less than {least} Å" if len(r) else ""


def _charge(atoms: Atoms) -> str:
    """Check that the formal charges add up to zero."""
    charge = sum(CHARGES[symbol] for symbol in atoms.get_chemical_symbols())
    return f"the cell has charge {charge:+d}, not 0" if charge else ""


def _stoichiometry(atoms: Atoms) -> str:
    """Check that each grain has six anions per centre, four of them corners, and equal numbers of sites."""
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
    """Compare the number of detected boundaries with the expected number."""
    from argyro.platform.structures.orientation_profile import count_boundaries

    found, asked = count_boundaries(atoms), int(atoms.info["boundaries"])
    return f"the orientation profile has {found} boundaries, not {asked}" if found != asked else ""


def _spacing(atoms: Atoms) -> str:
    """Compare the distance of neighbouring boundary planes with the grain thickness."""
    planes = np.sort(np.atleast_1d(atoms.info.get("boundary_planes_A", ())))
    if len(planes) < 2:
        return ""
    spacing = np.diff([*planes, planes[0] + atoms.cell[2, 2]])
    least = float(atoms.info["grain_thickness_A"])
    short = spacing.min() < least - 1.0
    return f"boundaries are {spacing.min():.1f} Å apart, less than a grain of {least:.1f} Å" if short else ""


_CHECKS: dict[str, tuple[Callable[[Atoms], str], type[StructureError]]] = {
    "tetrahedra": (_tetrahedra, BrokenTetrahedronError),
    "distances": (_overlaps, OverlapError),
    "free_anions": (_crowded, CrowdedFreeAnionError),
    "charge": (_charge, ChargeError),
    "stoichiometry": (_stoichiometry, StoichiometryError),
    "boundary_count": (_boundary_count, BoundaryCountError),
    "boundary_spacing": (_spacing, BoundarySpacingError),
}
