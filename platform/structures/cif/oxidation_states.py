"""Charge numbers of the elements of a crystal, from the CIF or from their common oxidation states."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from argyro.platform.common.errors import InputError

# Most common state first. Source: Greenwood and Earnshaw, Chemistry of the Elements, 2nd ed. (1997).
COMMON: dict[str, tuple[float, ...]] = {
    "H": (1, -1), "Li": (1,), "Na": (1,), "K": (1,), "Rb": (1,), "Cs": (1,), "Ag": (1,), "Tl": (1, 3), "Au": (3, 1),
    "Be": (2,), "Mg": (2,), "Ca": (2,), "Sr": (2,), "Ba": (2,), "Zn": (2,), "Cd": (2,), "Hg": (2, 1), "Pb": (2, 4),
    "Cu": (2, 1), "Ni": (2, 3), "Co": (2, 3), "Fe": (3, 2), "Mn": (2, 3, 4), "Cr": (3, 2, 6), "Pt": (2, 4),
    "B": (3,), "Al": (3,), "Ga": (3,), "In": (3, 1), "Sc": (3,), "Y": (3,), "Lu": (3,), "La": (3,), "Ce": (3, 4),
    "Pr": (3, 4), "Nd": (3,), "Sm": (3, 2), "Eu": (3, 2), "Gd": (3,), "Tb": (3, 4), "Dy": (3,), "Ho": (3,), "Er": (3,),
    "Tm": (3,), "Yb": (3, 2), "Rh": (3,), "Ir": (4, 3), "Ru": (4, 3), "Bi": (3, 5), "C": (4, -4, 2), "Si": (4, -4),
    "Ge": (4, 2, -4), "Sn": (4, 2), "Ti": (4, 3), "Zr": (4,), "Hf": (4,), "Th": (4,), "U": (6, 4), "Re": (7, 4),
    "Pd": (2, 4),     "N": (-3, 5, 3), "P": (5, 4, 3, -3), "As": (5, 3, -3), "Sb": (5, 3, -3), "V": (5, 4, 3),
    "Nb": (5, 4), "Ta": (5,),
    "Mo": (6, 4), "W": (6, 4), "O": (-2,), "S": (-2, 6, 4), "Se": (-2, 4, 6), "Te": (-2, 6, 4),
    "F": (-1,), "Cl": (-1, 7, 5), "Br": (-1,), "I": (-1,),
}  # fmt: skip
LARGEST_IMBALANCE = 0.03  # fraction of the positive charge; refined occupancies rarely balance exactly
MOBILE = ("Li", "Na", "K", "Ag", "Cu", "H")  # the first element present balances the charge
MOBILE_CHANGE = 0.15  # fraction of mobile ions to add or remove; their occupancies are the least certain
_RARE_STATE_PENALTY = 0.02  # fraction of the positive charge, per step down the list of states


def oxidation_states(amounts: Mapping[str, float], stated: Mapping[str, float], name: str) -> dict[str, float]:
    """Choose the charge numbers that balance a composition best; prefer common states.

    Args:
        amounts: number of atoms by element.
        stated: charge numbers from the CIF; used if they balance.
        name: name of the crystal, for messages.

    Raises:
        InputError: no set of known states balances the charges within 3 % of the positive charge, or within 15 % of the
            mobile ions.
    """
    if stated and _excess(amounts, stated) == 0:
        return dict(stated)
    unknown = sorted(set(amounts) - set(COMMON))
    if unknown:
        raise InputError(
            f"{name}: no oxidation state is known for {', '.join(unknown)}; "
            "give oxidation states in the CIF (_atom_type_oxidation_number)"
        )
    elements = list(amounts)
    choices = [list(enumerate(COMMON[element])) for element in elements]
    best = min(product(*choices), key=lambda chosen: _score(amounts, elements, chosen))
    states = {element: float(state) for element, (_, state) in zip(elements, best, strict=True)}
    if _excess(amounts, states) > 0:
        charge = sum(states[element] * number for element, number in amounts.items())
        words = ", ".join(f"{element} {state:+g}" for element, state in states.items())
        raise InputError(
            f"{name}: the charges do not balance: {charge:+.3g} per cell with {words}; "
            "correct the occupancies, or give oxidation states in the CIF (_atom_type_oxidation_number)",
            accepted="occupancies whose charges add up to zero within 3 %, or within 15 % of the mobile ions",
        )
    return states


def _score(amounts: Mapping[str, float], elements: list[str], chosen: tuple) -> float:
    states = {element: state for element, (_, state) in zip(elements, chosen, strict=True)}
    excess = _excess(amounts, states)
    # sets that balance within the refinement errors are ranked by how common their states are
    return 10 * excess + 0.1 * _imbalance(amounts, states) + _RARE_STATE_PENALTY * sum(rank for rank, _ in chosen)


def _excess(amounts: Mapping[str, float], states: Mapping[str, float]) -> float:
    """Return the imbalance beyond the refinement errors and the mobile ions that may be added or removed."""
    mobile = next((element for element in MOBILE if element in amounts), None)
    positive = sum(states[element] * number for element, number in amounts.items() if states[element] > 0)
    spare = MOBILE_CHANGE * amounts[mobile] / positive if mobile and positive else 0.0
    return max(_imbalance(amounts, states) - max(LARGEST_IMBALANCE, spare), 0.0)


def _imbalance(amounts: Mapping[str, float], states: Mapping[str, float]) -> float:
    """Return the residual charge as a fraction of the positive charge; infinite without ions of both signs."""
    charges = [states[element] * number for element, number in amounts.items()]
    positive, negative = sum(c for c in charges if c > 0), -sum(c for c in charges if c < 0)
    return abs(positive - negative) / positive if positive and negative else float("inf")
