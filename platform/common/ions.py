"""Ions of the argyrodite family: formal charges, kinds and bonds of the tetrahedra."""

from __future__ import annotations

from collections.abc import Iterable

CHARGES = {
    "Li": 1, "P": 5, "As": 5, "Sb": 5, "Si": 4, "Ge": 4, "Sn": 4, "S": -2, "Se": -2, "Cl": -1, "Br": -1, "I": -1,
}  # fmt: skip
CENTRES = ("P", "As", "Sb", "Si", "Ge", "Sn")
CHALCOGENS = ("S", "Se")
HALIDES = ("Cl", "Br", "I")
BOND_LENGTH_A = {"P": 2.05, "As": 2.17, "Sb": 2.33, "Si": 2.13, "Ge": 2.21, "Sn": 2.39}  # M-S bond of the thio-anion
SELENIUM_LONGER_A = 0.14  # difference of Shannon radii: Se 1.98 Å, S 1.84 Å
BOND_STRETCH_A = 0.55  # thermal bonds are shorter than bond length + 0.55 Å, the next chalcogens are further than 3.3 Å


def longest_bond_A(centre: str, chalcogen: str) -> float:
    """Return the distance up to which a chalcogen is bound to a tetrahedral centre, 2.6 Å for P-S."""
    return BOND_LENGTH_A[centre] + SELENIUM_LONGER_A * (chalcogen == "Se") + BOND_STRETCH_A


def bond_cutoffs_A(elements: Iterable[str]) -> dict[tuple[str, str], float]:
    """Return the longest bond of every pair of centre and chalcogen among some elements."""
    found = set(elements)
    return {
        (centre, chalcogen): longest_bond_A(centre, chalcogen)
        for centre in CENTRES
        for chalcogen in CHALCOGENS
        if {centre, chalcogen} <= found
    }
