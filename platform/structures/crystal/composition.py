"""Chemical formulas of the argyrodite family: parsing, charge check and lattice parameter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from argyro.platform.common.errors import InputError
from argyro.platform.common.ions import (
    BOND_LENGTH_A,
    CENTRES,
    CHALCOGENS,
    CHARGES,
    HALIDES,
    SELENIUM_LONGER_A,
)

# Neutron lattice parameters at 298 K, Kraft et al. 2017; 9.8061 Å of Li5.5PS4.5Cl1.5, Adeli et al. 2019.
LATTICE_A = {"Cl": 9.8614, "Br": 9.9850, "I": 10.1414}
HALIDE_FREE_LATTICE_A = LATTICE_A["Cl"] + 2 * (LATTICE_A["Cl"] - 9.8061)  # 9.972 Å, extrapolated over the Cl content

_TERM = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)")
_TOLERANCE = 1e-6
_EXAMPLES = "Li6PS5Cl, Li6PS5Cl0.5Br0.5, Li5.5PS4.5Cl1.5, Li6.5P0.5Ge0.5S5I, Li6PSe5Cl, Li7PS6"


@dataclass(frozen=True)
class Composition:
    """Amounts of the elements per formula unit, that is per tetrahedron: Li(6-x) M S(5-x) X(1+x), six anions in all.

    Attributes:
        amounts: pairs of element and amount per formula unit, in the order of the formula.
    """

    amounts: tuple[tuple[str, float], ...]

    @classmethod
    def parse(cls, formula: str) -> Composition:
        """Parse a formula such as "Li6PS5Cl0.5Br0.5" and normalise multiples to one tetrahedron.

        Raises:
            InputError: an element has no site in the structure, the number of anions per tetrahedron is not six, there
            are more halides than free-anion sites, or the charges do not add up to zero.
        """
        amounts = _read(formula)
        tetrahedra = sum(amounts.get(element, 0.0) for element in CENTRES)
        if tetrahedra <= 0:
            raise _refuse(formula, "it has no tetrahedral centre", f"one of {', '.join(CENTRES)}")
        composition = cls(tuple((element, amount / tetrahedra) for element, amount in amounts.items()))
        composition._require_structure(formula)
        return composition

    def _require_structure(self, formula: str) -> None:
        """Refuse compositions that violate the anion sublattice or charge balance."""
        anions = sum(self[element] for element in CHALCOGENS + HALIDES)
        if abs(anions - 6) > _TOLERANCE:
            raise _refuse(formula, f"it has {anions:g} anions per tetrahedron", f"six{self._nearest(anions)}")
        if self.halides > 2 + _TOLERANCE:
            raise _refuse(formula, f"{self.halides:g} halides exceed the two free sites 4a and 4c", "at most two")
        if abs(self.charge) > _TOLERANCE:
            neutral = self["Li"] - self.charge
            raise _refuse(formula, f"its charge is {self.charge:+g}", f"Li{neutral:g} instead of Li{self['Li']:g}")

    def _nearest(self, anions: float) -> str:
        """Name the composition with six anions whose S and Li alone differ; empty if there is none."""
        changed = dict(self.amounts) | {"S": self["S"] + 6 - anions}
        others = sum(CHARGES[element] * amount for element, amount in changed.items() if element != "Li")
        changed = {"Li": -others} | {element: amount for element, amount in changed.items() if element != "Li"}
        if min(changed.values()) < 0 or self.halides > 2 + _TOLERANCE:
            return ""
        parts = (f"{element}{'' if abs(x - 1) < _TOLERANCE else f'{x:.4g}'}" for element, x in changed.items() if x > 0)
        return f", for instance {''.join(parts)}"

    def __getitem__(self, element: str) -> float:
        """Return the amount of an element per formula unit."""
        return self._amount.get(element, 0.0)

    @cached_property
    def _amount(self) -> dict[str, float]:
        return dict(self.amounts)

    @cached_property
    def formula(self) -> str:
        """Formula per tetrahedron, cations first."""
        order = ("Li", *CENTRES, *CHALCOGENS, *HALIDES)
        terms = ((element, self[element]) for element in order if self[element] > _TOLERANCE)
        return "".join(element + (f"{amount:.4f}".rstrip("0").rstrip(".") if abs(amount - 1) > _TOLERANCE else "")
                       for element, amount in terms)  # fmt: skip

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """Elements present, cations first."""
        order = ("Li", *CENTRES, *CHALCOGENS, *HALIDES)
        return tuple(element for element in order if self[element] > _TOLERANCE)

    @property
    def charge(self) -> float:
        """Sum of the formal charges per formula unit, in elementary charges."""
        return sum(CHARGES[element] * amount for element, amount in self.amounts)

    @property
    def halides(self) -> float:
        """Halide ions per formula unit, 1 + x."""
        return sum(self[element] for element in HALIDES)

    @property
    def lattice_parameter_A(self) -> float:
        """Cubic lattice parameter in Å from Vegard's rule over the end members.

        a = a0 + Σ_X n_X (a_X - a0) + Σ_M n_M (d_M - d_P) + 0.6 n_Se (r_Se - r_S), with a_X of Li6PS5X and a0 of
        Li7PS6. The first two terms reproduce the neutron values of Kraft et al. (2017) and Adeli et al. (2019). The
        last two terms are estimates from bond lengths and radii, accurate to about 0.05 Å; relax before use.
        """
        base = HALIDE_FREE_LATTICE_A
        halide = sum(self[element] * (LATTICE_A[element] - base) for element in HALIDES)
        centre = sum(self[element] * (BOND_LENGTH_A[element] - BOND_LENGTH_A["P"]) for element in CENTRES)
        return base + halide + centre + 0.6 * self["Se"] * SELENIUM_LONGER_A


def _read(formula: str) -> dict[str, float]:
    """Parse elements and amounts; add up the amounts of repeated elements."""
    terms = _TERM.findall(formula)
    if not formula or "".join(element + number for element, number in terms) != formula:
        raise _refuse(formula, "it cannot be read", "element symbols with amounts, without brackets")
    amounts: dict[str, float] = {}
    for element, number in terms:
        if element not in CHARGES:
            raise _refuse(formula, f"{element} has no site in an argyrodite", f"only {', '.join(CHARGES)}")
        if number == ".":
            raise _refuse(formula, f"the amount of {element} cannot be read", "a number such as 0.5")
        amounts[element] = amounts.get(element, 0.0) + (float(number) if number else 1.0)
    return amounts


def _refuse(formula: str, why: str, accepted: str) -> InputError:
    """Build the error of an invalid formula."""
    message = f"composition '{formula}' is not an argyrodite: {why}; give {accepted}. Examples: {_EXAMPLES}"
    return InputError(message, path="composition", accepted=accepted)
