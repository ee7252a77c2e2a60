"""Check and labels of a user's cell."""

from __future__ import annotations

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CENTRES, Composition


def named(structure: Atoms, composition: str | None, disorder: float | None, boundary: str | None) -> Atoms:
    """Copy a structure and add the given names; without a composition, add its own formula.

    Raises:
        InputError: the structure is no ase.Atoms, or its atoms do not match the composition.
    """
    if not isinstance(structure, Atoms):
        message = f"structure {structure!r} is no ase.Atoms; read it from a file with ase.io.read"
        raise InputError(message, path="structure", accepted="ase.Atoms")
    copy = structure.copy()
    given = {"composition": composition, "disorder": disorder, "boundary": boundary}
    copy.info.update({name: value for name, value in given.items() if value is not None})
    copy.info.setdefault("composition", structure.get_chemical_formula())
    _require_composition(structure, str(copy.info["composition"]))
    return copy


def _require_composition(atoms: Atoms, composition: str) -> None:
    """Refuse a cell whose atoms do not match its composition.

    A small cell cannot hold every share: deviations of half an atom per cell and 0.1 per formula unit are allowed.
    """
    parsed, symbols = Composition.parse(composition), atoms.get_chemical_symbols()
    units = sum(symbols.count(centre) for centre in CENTRES)
    wrong = set(symbols) ^ set(parsed.elements)
    if not wrong:
        off = {element: abs(symbols.count(element) / units - parsed[element]) for element in parsed.elements}
        wrong = {element for element, amount in off.items() if amount > 0.5 / units + 0.1}
    if wrong:
        held = atoms.get_chemical_formula()
        message = (
            f"the structure's formula {held} is not {composition}; check the amounts of {', '.join(sorted(wrong))}"
        )
        raise InputError(message, path="structure", accepted=composition)
