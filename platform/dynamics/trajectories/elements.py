"""Chemical symbols from atom names of simulation programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from argyro.platform.common.errors import InputError

LETTERS = re.compile(r"[A-Za-z]+")


@lru_cache(maxsize=1024)
def element_of(name: str) -> str | None:
    """Return the chemical symbol in a name such as Li_sv, P/0b5c2d, CL, S1 or H.5; None without a symbol."""
    from ase.data import atomic_numbers

    found = LETTERS.match(name)
    if not found:
        return None
    letters = found.group().capitalize()
    for symbol in (letters, letters[:2]) if len(letters) <= 3 else (letters,):
        if symbol in atomic_numbers and symbol != "X":
            return symbol
    return None


def elements_of(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the symbol of each name.

    Raises:
        InputError: a name contains no chemical symbol.
    """
    symbols = [element_of(name) for name in names]
    if None in symbols:
        unknown = names[symbols.index(None)]
        raise InputError(
            f"{where} names an atom '{unknown}', which is not a chemical element; give --elements in the order of its"
            " types, for instance --elements Li,P,S,Cl"
        )
    return tuple(symbol for symbol in symbols if symbol is not None)
