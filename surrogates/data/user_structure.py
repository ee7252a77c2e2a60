"""A cell of the user's own: the names it goes by, and whether its atoms are those of its composition."""

from __future__ import annotations

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CENTRES, Composition


def named(structure: Atoms, composition: str | None, disorder: float | None, boundary: str | None) -> Atoms:
    """A copy of a structure with the names that were given, and its own formula if it states no composition.

    Raises:
        InputError: no structure, or atoms that are not of the composition.
    """
    if not isinstance(structure, Atoms):
        message = f"structure {structure!r} is no ase.Atoms; ase.io.read makes one of a file"
        raise InputError(message, path="structure", given=type(structure).__name__, accepted="ase.Atoms")
    copy = structure.copy()
    given = {"composition": composition, "disorder": disorder, "boundary": boundary}
    copy.info.update({name: value for name, value in given.items() if value is not None})
    copy.info.setdefault("composition", structure.get_chemical_formula())
    _require_composition(structure, str(copy.info["composition"]))
    return copy


def _require_composition(atoms: Atoms, composition: str) -> None:
    """Refuse a cell whose atoms are not those of the composition it goes by.

    A small cell cannot hold every share: half an atom in the cell and a tenth in the formula unit are let pass.
    """
    parsed, symbols = Composition.parse(composition), atoms.get_chemical_symbols()
    units = sum(symbols.count(centre) for centre in CENTRES)
    wrong = set(symbols) ^ set(parsed.elements)
    if not wrong:
        off = {element: abs(symbols.count(element) / units - parsed[element]) for element in parsed.elements}
        wrong = {element for element, amount in off.items() if amount > 0.5 / units + 0.1}
    if wrong:
        held = atoms.get_chemical_formula()
        message = f"the structure holds {held}, which is not {composition}: look at {', '.join(sorted(wrong))}"
        raise InputError(message, path="structure", given=held, accepted=composition)
