"""Detection of labels under the names of other programs: REF_energy, dft_forces, virial, ..."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from argyro.platform.common.errors import InputError
from argyro.platform.potential.frames.labels import attach_labels, six_components

NO_STRESS = "none"
_WORDS = {
    "energy": re.compile(r"(?:total_|potential_|free_)?energy", re.IGNORECASE),
    "forces": re.compile(r"forces?", re.IGNORECASE),
    "stress": re.compile(r"stress", re.IGNORECASE),
    "virial": re.compile(r"virials?", re.IGNORECASE),
}


@dataclass(frozen=True)
class LabelKeys:
    """The names of the labels in a file; None for detection.

    Attributes:
        energy: total energy, eV.
        forces: forces, eV/Å.
        stress: stress, eV/Å³, positive under tension, or virial, eV; "none" to leave it out.
    """

    energy: str | None = None
    forces: str | None = None
    stress: str | None = None


@dataclass(frozen=True)
class _Group:
    """A set of keys with one prefix, such as REF_energy, REF_forces, REF_virial."""

    energy: str
    forces: str
    stress: str | None
    virial: str | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.energy, self.forces, self.stress, self.virial) if name)


def adopt_labels(name: str, atoms: Atoms, keys: LabelKeys) -> tuple[str, ...]:
    """Set the standard labels of a structure from other names in its file, in place.

    The standard names energy, forces and stress need no search. A virial W becomes the stress -W/V.

    Args:
        name: name of the structure for messages.
        atoms: a structure read by ASE.
        keys: names given by the user.

    Returns:
        The names used; empty for the standard ones.

    Raises:
        InputError: a given name is missing, or labels under several names differ.
    """
    values = _values(atoms)
    given = any(key not in (None, NO_STRESS) for key in (keys.energy, keys.forces, keys.stress))
    group = _named(name, atoms, values, keys) if given else _detected(name, atoms, values)
    if group is None:
        return ()
    if keys.stress == NO_STRESS:
        group = replace(group, stress=None, virial=None)
    _attach(name, atoms, values, group)
    used = group.names
    return used if set(used) - {"energy", "forces", "stress"} else ()


def label_hint(atoms: Atoms) -> str:
    """Return a sentence that lists the keys of a structure without usable labels."""
    known = {"numbers", "positions", "spacegroup", "unit_cell", "occupancy", "spacegroup_kinds"}
    found = sorted(set(_values(atoms)) - known)
    if not found:
        return "its file contains only the structure"
    return f"its file contains {', '.join(found)}; name labels by --energy-key, --forces-key, --stress-key"


def _values(atoms: Atoms) -> dict[str, object]:
    """Return all data of the file other than the structure, by name."""
    nested = [atoms.info.get("key_value_pairs") or {}, atoms.info.get("data") or {}]  # of ASE databases
    info = {key: value for key, value in atoms.info.items() if key not in ("key_value_pairs", "data")}
    arrays = {key: value for key, value in atoms.arrays.items() if key not in ("numbers", "positions")}
    labels = atoms.calc.results if isinstance(atoms.calc, Calculator) else {}
    return {**nested[0], **nested[1], **info, **arrays, **labels}


def _detected(name: str, atoms: Atoms, values: dict[str, object]) -> _Group | None:
    groups = _groups(atoms, values)
    standard = [group for group in groups if (group.energy, group.forces) == ("energy", "forces")]
    others = [group for group in groups if group not in standard]
    chosen = next(iter(standard or others), None)
    for other in groups:
        if chosen is not None and other is not chosen and not _same(values, chosen, other):
            raise InputError(
                f"{name} has different labels under {', '.join(chosen.names)} and {', '.join(other.names)}; "
                f"name one: --energy-key {other.energy} --forces-key {other.forces}"
            )
    return chosen


def _groups(atoms: Atoms, values: dict[str, object]) -> list[_Group]:
    shapes = {"energy": (), "forces": (len(atoms), 3)}
    found: dict[str, dict[str, str]] = {}
    for key, value in sorted(values.items(), key=lambda item: len(item[0])):  # energy before free_energy
        for kind, word in _WORDS.items():
            match = word.search(key)
            if match is None or not _fits(value, shapes.get(kind)):
                continue
            found.setdefault(key[: match.start()] + "*" + key[match.end() :], {}).setdefault(kind, key)
    return [
        _Group(keys["energy"], keys["forces"], keys.get("stress"), keys.get("virial"))
        for keys in found.values()
        if "energy" in keys and "forces" in keys
    ]


def _fits(value: object, shape: tuple[int, ...] | None) -> bool:
    """Return whether a value has numbers of a shape; without a shape, whether it is a tensor."""
    if value is None or isinstance(value, str | bool | dict):
        return False
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        return False
    return array.shape == shape if shape is not None else six_components(array) is not None


def _same(values: dict[str, object], one: _Group, other: _Group) -> bool:
    return all(
        np.allclose(np.asarray(values[a], float), np.asarray(values[b], float), rtol=1e-6, atol=1e-8)
        for a, b in ((one.energy, other.energy), (one.forces, other.forces))
    )


def _named(name: str, atoms: Atoms, values: dict[str, object], keys: LabelKeys) -> _Group:
    energy, forces = keys.energy or "energy", keys.forces or "forces"
    asked = None if keys.stress == NO_STRESS else keys.stress
    for key in (energy, forces, asked):
        if key is not None and key not in values:
            raise InputError(f"{name} has no '{key}'; give one of its keys: {', '.join(sorted(values)) or 'no labels'}")
    shapes = ((energy, ()), (forces, (len(atoms), 3)))
    for key, shape in shapes:
        if not _fits(values[key], shape):
            raise InputError(f"{name}: '{key}' must be {f'an array of shape {shape}' if shape else 'one number'}")
    virial = asked if asked and _WORDS["virial"].search(asked) else None
    stress = None if virial else asked or ("stress" if "stress" in values else None)
    return _Group(energy, forces, stress, virial)


def _attach(name: str, atoms: Atoms, values: dict[str, object], group: _Group) -> None:
    stress = None
    if atoms.pbc.all() and (key := group.stress or group.virial):
        stress = six_components(np.asarray(values[key], float))
        if stress is None:
            raise InputError(f"{name}: '{key}' must have 6 or 9 numbers")
        if group.stress is None:
            stress = -stress / atoms.get_volume()
    attach_labels(atoms, float(np.asarray(values[group.energy])), np.asarray(values[group.forces], float), stress)
