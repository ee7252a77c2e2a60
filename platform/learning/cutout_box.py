"""A box cut from a larger cell, with the selection of its ions and tetrahedral groups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from ase.neighborlist import neighbor_list

from argyro.platform.common import ions
from argyro.platform.learning.ps4_groups import ps4_groups

CHARGES = {**ions.CHARGES, "F": -1}
GROUP = "S4"  # ending of the name of a tetrahedral group, whose corners are S or Se
# Half of the contact distance of two ions in argyrodites near room temperature. It limits the required distances for
# cold cells, whose closest pairs are further apart.
CONTACT_RADIUS_A = {
    "Li": 0.95, "P": 1.5, "As": 1.55, "Sb": 1.6, "Si": 1.5, "Ge": 1.55, "Sn": 1.6,
    "S": 1.65, "Se": 1.75, "F": 1.3, "Cl": 1.65, "Br": 1.75, "I": 1.9,
}  # fmt: skip


@dataclass(frozen=True)
class Parent:
    """The parent cell of boxes, divided into units that are kept or removed as a whole: ions and tetrahedra.

    Args:
        atoms: the cell.
        units: indices of the atoms of each unit; the centre is first in a group.
        kinds: "PS4", "GeS4" ... or the element of each unit.
        ratio: units of each kind per tetrahedral group.
        closest_A: (elements, elements) shortest distance of two atomic numbers in different units.
    """

    atoms: Atoms
    units: list[np.ndarray]
    kinds: np.ndarray
    ratio: dict[str, float]
    closest_A: np.ndarray

    @classmethod
    def of(cls, atoms: Atoms) -> Parent:
        """Divide the atoms of a cell into units."""
        groups = ps4_groups(atoms)
        grouped = set(np.concatenate(groups).tolist()) if groups else set()
        units = groups + [np.array([index]) for index in range(len(atoms)) if index not in grouped]
        kinds = np.array([f"{atoms.symbols[unit[0]]}{GROUP if len(unit) > 1 else ''}" for unit in units])
        counts = Counter(kinds.tolist())
        tetrahedra = sum(count for kind, count in counts.items() if kind.endswith(GROUP))
        ratio = {kind: count / tetrahedra for kind, count in counts.items()}
        return cls(atoms, units, kinds, ratio, _closest_A(atoms, units))

    @property
    def density(self) -> float:
        """The number of atoms per Å³."""
        return len(self.atoms) / self.atoms.cell.volume

    @cached_property
    def first_atoms(self) -> np.ndarray:
        """The first atom of each unit, whose position decides whether the unit is in a box."""
        return np.array([unit[0] for unit in self.units])


class Box:
    """A box around one atom.

    Args:
        parent: the cell.
        centre: index of the central atom.
        edges_A: (3,) lengths along the cell vectors.
        shift_A: (3,) middle of the box relative to the central atom, along the cell vectors.
        protected_A: radius around the central atom within which no unit is removed.
        closeness: shortest allowed distance over the shortest in the cell, by pair of elements.
    """

    def __init__(
        self,
        parent: Parent,
        centre: int,
        edges_A: np.ndarray,
        shift_A: np.ndarray,
        protected_A: float,
        closeness: float,
    ):
        self.parent, self.protected_A, self.closeness = parent, protected_A, closeness
        vectors = parent.atoms.cell.array
        lengths = parent.atoms.cell.lengths()
        self.cell = vectors * (edges_A / lengths)[:, None]
        scaled = np.linalg.solve(vectors.T, (parent.atoms.positions - parent.atoms.positions[centre]).T).T
        middle = shift_A / lengths
        first = parent.first_atoms
        self._offset = scaled - np.round(scaled - middle)
        inside = (np.abs(self._offset[first] - middle) <= edges_A / lengths / 2 + 1e-9).all(axis=1)
        self.members = np.flatnonzero(inside)
        self.kinds = parent.kinds[self.members]
        self.kept = np.ones(len(self.members), dtype=bool)

    @property
    def volume_A3(self) -> float:
        """The volume of the box."""
        return abs(np.linalg.det(self.cell))

    @property
    def density_possible(self) -> float:
        """Return the atoms per Å³ that the composition allows, before overlaps are removed."""
        target = self._target()
        return sum(number * (5 if kind.endswith(GROUP) else 1) for kind, number in target.items()) / self.volume_A3

    @property
    def density(self) -> float:
        """Return the number of kept atoms per Å³."""
        kept = sum(len(self.parent.units[unit]) for unit in self.members[self.kept])
        return kept / self.volume_A3

    def thin_out(self) -> bool:
        """Remove units, closest pairs first, until none overlap and the composition is that of the cell.

        Returns:
            False if a unit within the protected radius would have to be removed.
        """
        protected = self._radius <= self.protected_A
        closeness = self._closeness
        closeness[np.ix_(protected, protected)] = np.inf  # unchanged pairs
        while True:
            excess = self._excess()
            alive = np.flatnonzero(self.kept)
            close = closeness[np.ix_(alive, alive)]
            i, j = np.unravel_index(close.argmin(), close.shape)
            candidates = alive[[i, j]] if close[i, j] < self.closeness else alive
            surplus = np.array([excess[self.kinds[unit]] > 0 for unit in candidates])
            if close[i, j] >= self.closeness:
                if not surplus.any():
                    return True
                candidates, surplus = candidates[surplus], surplus[surplus]
            removable = ~protected[candidates]
            if not removable.any():
                return False
            candidates, surplus = candidates[removable], surplus[removable]
            group = np.char.endswith(self.kinds[candidates], GROUP)
            order = np.lexsort((closeness[np.ix_(candidates, alive)].min(axis=1), group, ~surplus))
            self.kept[candidates[order[0]]] = False

    def atoms(self) -> Atoms:
        """Return the kept atoms, with the central atom at its place relative to the middle of the box."""
        index = np.sort(np.concatenate([self.parent.units[unit] for unit in self.members[self.kept]]))
        places = self._places
        box = self.parent.atoms[index]
        box.calc = None
        box.set_cell(self.cell)
        box.positions = places[index] + self.cell.sum(axis=0) / 2
        box.set_array("protected", np.linalg.norm(places[index], axis=1) <= self.protected_A)
        box.set_array("parent", index)
        box.wrap()
        return box

    @cached_property
    def _places(self) -> np.ndarray:
        """Return (n, 3) positions relative to the central atom; groups are whole around their P."""
        offset = self._offset.copy()
        for unit in self.parent.units:
            if len(unit) > 1:
                offset[unit] -= np.round(offset[unit] - offset[unit[0]])
        return offset @ self.parent.atoms.cell.array

    @cached_property
    def _radius(self) -> np.ndarray:
        """Return the distance of the nearest atom of each member from the central atom."""
        radius = np.linalg.norm(self._places, axis=1)
        return np.array([radius[self.parent.units[unit]].min() for unit in self.members])

    @cached_property
    def _closeness(self) -> np.ndarray:
        """Return (members, members) shortest distances in the box over the shortest in the cell, by elements."""
        units = [self.parent.units[unit] for unit in self.members]
        index, owner = np.concatenate(units), np.repeat(np.arange(len(units)), [len(unit) for unit in units])
        scaled = self._places[index] @ np.linalg.inv(self.cell)
        delta = scaled[:, None] - scaled[None]
        distances = np.linalg.norm((delta - np.round(delta)) @ self.cell, axis=-1)
        numbers = self.parent.atoms.numbers[index]
        relative = distances / self.parent.closest_A[numbers[:, None], numbers[None, :]]
        result = np.full((len(units), len(units)), np.inf)
        np.minimum.at(result, (owner[:, None], owner[None, :]), relative)
        np.fill_diagonal(result, np.inf)
        return result

    def _target(self) -> dict[str, int]:
        """Find the largest stoichiometric and neutral numbers of each kind that the members allow."""
        counts = Counter(self.kinds[self.kept].tolist())
        present = sum(count for kind, count in counts.items() if kind.endswith(GROUP))
        for groups in range(present, 0, -1):
            target = stoichiometric_counts(self.parent.ratio, groups)
            if all(counts[kind] >= number for kind, number in target.items()):
                return target
        return dict.fromkeys(self.parent.ratio, 0)

    def _excess(self) -> dict[str, int]:
        counts = Counter(self.kinds[self.kept].tolist())
        return {kind: counts[kind] - number for kind, number in self._target().items()}


def stoichiometric_counts(ratio: dict[str, float], groups: int) -> dict[str, int]:
    """Return integer numbers of each kind for a number of tetrahedra, nearest to the ratios, with Li for neutrality.

    Args:
        ratio: units of each kind per tetrahedral group in a neutral cell.
        groups: number of tetrahedral groups.
    """
    families = (
        [kind for kind in ratio if kind.endswith(GROUP)],
        [kind for kind in ratio if kind in ions.CHALCOGENS],
        [kind for kind in ratio if not kind.endswith(GROUP) and kind != "Li" and kind not in ions.CHALCOGENS],
    )
    counts: dict[str, int] = {}
    for family in families:
        counts |= _rounded({kind: ratio[kind] * groups for kind in family})
    counts["Li"] = -sum(number * _charge(kind) for kind, number in counts.items())
    return counts


def _rounded(exact: dict[str, float]) -> dict[str, int]:
    """Round numbers so that they add up to their rounded sum."""
    counts = {kind: int(np.floor(value + 1e-9)) for kind, value in exact.items()}
    missing = round(sum(exact.values())) - sum(counts.values())
    for kind in sorted(exact, key=lambda kind: counts[kind] - exact[kind])[:missing]:
        counts[kind] += 1
    return counts


def _charge(kind: str) -> int:
    return CHARGES[kind.removesuffix(GROUP)] + (4 * CHARGES["S"] if kind.endswith(GROUP) else 0)


def _closest_A(atoms: Atoms, units: list[np.ndarray]) -> np.ndarray:
    """Return the shortest distances of two elements in different units, at most the contact distance."""
    owner = np.empty(len(atoms), dtype=int)
    for number, unit in enumerate(units):
        owner[unit] = number
    radius = np.zeros(atoms.numbers.max() + 1)
    for symbol in set(atoms.get_chemical_symbols()):
        radius[atomic_numbers[symbol]] = CONTACT_RADIUS_A[symbol]
    closest = radius[:, None] + radius[None, :]
    first, second, distances = neighbor_list("ijd", atoms, closest.max())
    apart = owner[first] != owner[second]
    np.minimum.at(closest, (atoms.numbers[first[apart]], atoms.numbers[second[apart]]), distances[apart])
    return closest
