"""Placement of ions on shared and partly empty sites: low Coulomb energy, at most one ion per set of split sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase.data import atomic_numbers, covalent_radii

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.holes import Holes
from argyro.platform.structures.cif.oxidation_states import MOBILE
from argyro.platform.structures.cif.partial_crystal import PartialCrystal
from argyro.platform.structures.cif.site_counts import SiteCounts
from argyro.platform.structures.cif.supercell import Supercell
from argyro.platform.structures.crystal.coulomb import COULOMB_EV_A, ewald_matrix
from argyro.platform.structures.crystal.neighbours import close_distances

SPLIT_SHARE = 0.75  # in sums of covalent radii; closer sites are split positions of one ion
ANION_SPLIT_A = 1.6
SPLIT_PENALTY_EV = 60.0
RELOCATION_EV = 12.0  # cost of another orbit; only a clash on split sites costs more
RELOCATION_SHARE = 0.25  # fraction of the moves
SEPARATION_STEPS = 2000
HOLE = "hole"  # label of an ion in a void, not on a site of the CIF
SHORTEST_A = 1.5  # closer sites interact as at this distance
HOT_EV, COLD_EV = 10.0, 0.02
MOVES_PER_SITE, FEWEST_MOVES, MOST_MOVES = 300, 5_000, 120_000


@dataclass(frozen=True)
class Placement:
    """Ions on the sites of a supercell.

    Attributes:
        symbols: element of each filled site.
        positions_A: (n, 3) positions of the filled sites.
        labels: orbit of each filled site.
        split_pairs: pairs of split sites with both sites occupied; 0 unless the occupancies require such pairs.
        shortest_split_A: shortest distance of such a pair, infinite without one.
        in_holes: ions that fit no free site of the CIF and occupy an interstitial void.
        relocated: ions moved to another orbit of their element to avoid clashes on split sites.
    """

    symbols: list[str]
    positions_A: np.ndarray
    labels: list[str]
    split_pairs: int
    shortest_split_A: float
    relocated: int
    in_holes: int


def place_ions(
    crystal: PartialCrystal,
    counts: SiteCounts,
    supercell: Supercell,
    states: Mapping[str, float],
    seed: int,
    effort: int = 1,
) -> Placement:
    """Choose the filled sites by simulated annealing of the Coulomb energy of the formal charges.

    Most moves exchange two ions, or an ion and a vacancy, of one orbit. The others move an ion to an empty site of
    another orbit of its element. Only a clash on split sites costs more than such a relocation.

    Args:
        crystal: crystal with occupancies.
        counts: integer numbers of ions in the supercell.
        supercell: repeats along the axes.
        states: charge number of each element.
        seed: random seed of the moves.
        effort: factor on the number of moves.
    """
    sites = _Sites(crystal, counts, supercell, states)
    random = np.random.default_rng(seed)
    filled = sites.shuffled(random)
    if sites.exchangeable:
        filled = _separate(sites, _anneal(sites, filled, random, effort), random)
    keep = np.flatnonzero(filled >= 0)
    symbols, labels = [sites.elements[filled[site]] for site in keep], [sites.labels[site] for site in keep]
    positions = sites.positions_A[keep].copy()
    moved = _into_holes(sites, filled, keep, symbols, positions, labels)
    filled[moved] = -1
    pairs, shortest = sites.split_pairs(filled)
    extra = _extra_ions(crystal.name, counts, symbols, positions, sites.cell_A)
    symbols += [counts.extra[0]] * len(extra)
    labels += [HOLE] * len(extra)
    positions = np.concatenate([positions, extra])
    return Placement(symbols, positions, labels, pairs, shortest, sites.relocated(filled), len(moved) + len(extra))


def _extra_ions(
    name: str, counts: SiteCounts, symbols: list[str], positions: np.ndarray, cell_A: np.ndarray
) -> np.ndarray:
    """Find voids (k, 3) for the mobile ions that balance the charge and have no site in the CIF."""
    element, number = counts.extra
    if not number:
        return np.empty((0, 3))
    holes = Holes(element, symbols, positions, cell_A)
    taken = [hole for _ in range(number) if (hole := holes.take()) is not None]
    if len(taken) < number:
        raise InputError(
            f"{name}: charge balance needs {number} more {element}, but only {len(taken)} voids are large enough; "
            "correct the occupancies in the CIF"
        )
    return np.array(taken)


def _into_holes(
    sites: _Sites,
    filled: np.ndarray,
    keep: np.ndarray,
    symbols: list[str],
    positions: np.ndarray,
    labels: list[str],
) -> list[int]:
    """Move one mobile ion of each remaining split pair into a void, if there is one; return the emptied sites."""
    clashing: list[int] = []
    for first, second in zip(sites.split_i.tolist(), sites.split_j.tolist(), strict=True):
        if filled[first] >= 0 and filled[second] >= 0 and not {first, second} & set(clashing):
            mobile = [site for site in (first, second) if sites.elements[filled[site]] in MOBILE]
            clashing += sorted(mobile, key=lambda site: sites.total[site])[:1]
    if not clashing:
        return []
    place = {int(site): number for number, site in enumerate(keep)}
    leaving = {place[site] for site in clashing}
    staying = [number for number in range(len(symbols)) if number not in leaving]
    holes: dict[str, Holes] = {}
    moved = []
    for site in clashing:
        ion = place[site]
        if symbols[ion] not in holes:
            kept = [symbols[number] for number in staying]
            holes[symbols[ion]] = Holes(symbols[ion], kept, positions[staying], sites.cell_A)
        hole = holes[symbols[ion]].take()
        if hole is not None:
            positions[ion], labels[ion] = hole, HOLE
            moved.append(site)
    return moved


class _Sites:
    """Sites of the supercell, their interactions and the groups within which ions exchange."""

    def __init__(self, crystal: PartialCrystal, counts: SiteCounts, supercell: Supercell, states: Mapping[str, float]):
        shifts = np.array(list(np.ndindex(*supercell)), dtype=float)
        self.cell_A = crystal.cell_A * np.array(supercell)[:, None]
        self.elements = list(crystal.amounts)
        self.charge_e = np.array([states[element] for element in self.elements] + [0.0])  # last: vacancy, index -1
        self.numbers, self.members, self.labels = counts.numbers, [], []
        positions, start = [], 0
        for orbit in crystal.orbits:
            here = ((orbit.positions[:, None] + shifts).reshape(-1, 3)) @ crystal.cell_A
            positions.append(here)
            self.members.append(np.arange(start, start + len(here)))
            self.labels += [orbit.label] * len(here)
            start += len(here)
        self.positions_A = np.concatenate(positions)
        self.exchangeable = [
            member
            for member, numbers in zip(self.members, counts.numbers, strict=True)
            if 0 < max(numbers.values(), default=0) < len(member)
        ]
        self.orbit = np.concatenate([np.full(len(m), number) for number, m in enumerate(self.members)])
        self.homes = [
            np.concatenate([m for m, o in zip(self.members, crystal.orbits, strict=True) if element in o.occupancy])
            for element in self.elements
        ]
        self._find_split_sites(crystal)

    def _find_split_sites(self, crystal: PartialCrystal) -> None:
        """Find pairs of sites too close for two ions; skip sites whose occupancies add up to one or more."""
        total = np.concatenate([np.full(len(m), o.total) for m, o in zip(self.members, crystal.orbits, strict=True)])
        self.total = total
        radius = np.concatenate(
            [
                np.full(len(m), max(covalent_radii[atomic_numbers[element]] for element in o.occupancy))
                for m, o in zip(self.members, crystal.orbits, strict=True)
            ]
        )
        charge = [self.charge_e[self.elements.index(max(o.occupancy, key=o.occupancy.__getitem__))]
                  for o in crystal.orbits]  # fmt: skip
        anion = np.concatenate([np.full(len(m), z < 0) for m, z in zip(self.members, charge, strict=True)])
        reach = max(2 * SPLIT_SHARE * radius.max(), ANION_SPLIT_A)
        i, j, r = close_distances(self.positions_A, self.positions_A, self.cell_A, reach)
        limit = SPLIT_SHARE * (radius[i] + radius[j])
        limit = np.where(anion[i] & anion[j], np.maximum(limit, ANION_SPLIT_A), limit)
        partial = np.minimum(total[i], total[j]) < 0.995
        split = (r < limit) & partial & (i != j)
        self.split_i, self.split_j, self.split_r = i[split], j[split], r[split]

    def shuffled(self, random: np.random.Generator) -> np.ndarray:
        """Return a random arrangement: the element index on each site, -1 for a vacancy."""
        filled = np.full(len(self.positions_A), -1)
        for member, numbers in zip(self.members, self.numbers, strict=True):
            kinds = [self.elements.index(element) for element, number in numbers.items() for _ in range(number)]
            filled[random.permutation(member)[: len(kinds)]] = kinds
        return filled

    def split_pairs(self, filled: np.ndarray) -> tuple[int, float]:
        """Count split pairs with both sites filled and return the shortest of their distances."""
        both = (filled[self.split_i] >= 0) & (filled[self.split_j] >= 0) & (self.split_i < self.split_j)
        return int(both.sum()), float(self.split_r[both].min()) if both.any() else float("inf")

    def relocated(self, filled: np.ndarray) -> int:
        """Count ions in excess of the wanted number of their orbit."""
        return sum(
            max(0, int((filled[member] == self.elements.index(element)).sum()) - numbers.get(element, 0))
            for member, numbers in zip(self.members, self.numbers, strict=True)
            for element in self.elements
        )

    def coulomb(self) -> np.ndarray:
        """Return the interactions (s, s) of unit charges in eV, limited for sites closer than contact."""
        matrix = ewald_matrix(self.positions_A, self.cell_A)
        i, j, r = close_distances(self.positions_A, self.positions_A, self.cell_A, SHORTEST_A)
        np.add.at(matrix, (i, j), COULOMB_EV_A * (1 / SHORTEST_A - 1 / r))
        return matrix

    def exclusion(self) -> np.ndarray:
        """Return the repulsion (s, s) in eV of two ions on split sites; it increases for closer sites."""
        matrix = np.zeros((len(self.positions_A), len(self.positions_A)))
        matrix[self.split_i, self.split_j] = SPLIT_PENALTY_EV / np.maximum(self.split_r, 0.5)
        return matrix


class _Annealing:
    """Metropolis state with E = ½ qᵀ M q + ½ oᵀ W o for charges q and occupations o of 0 or 1."""

    def __init__(self, sites: _Sites, filled: np.ndarray):
        self.sites, self.filled = sites, filled
        self.coulomb, self.exclusion = sites.coulomb(), sites.exclusion()
        self.field = self.coulomb @ sites.charge_e[filled]
        self.clash = self.exclusion @ (filled >= 0).astype(float)

    def exchange_eV(self, first: int, second: int) -> float:
        """Return the energy change when two sites exchange their ions."""
        dq, do = self._differences(first, second)
        m, w = self.coulomb, self.exclusion
        change = dq * (self.field[first] - self.field[second])
        change += dq * dq * (0.5 * (m[first, first] + m[second, second]) - m[first, second])
        return change + do * (self.clash[first] - self.clash[second]) - do * do * w[first, second]

    def exchange(self, first: int, second: int) -> None:
        """Exchange the ions of two sites."""
        dq, do = self._differences(first, second)
        self.filled[first], self.filled[second] = self.filled[second], self.filled[first]
        if dq:
            self.field += dq * (self.coulomb[first] - self.coulomb[second])
        if do:
            self.clash += do * (self.exclusion[first] - self.exclusion[second])

    def _differences(self, first: int, second: int) -> tuple[float, float]:
        a, b = self.filled[first], self.filled[second]
        charge = self.sites.charge_e
        return charge[b] - charge[a], float(b >= 0) - float(a >= 0)


def _anneal(sites: _Sites, filled: np.ndarray, random: np.random.Generator, effort: int) -> np.ndarray:
    """Exchange and relocate ions at decreasing temperature."""
    state = _Annealing(sites, filled)
    members = np.concatenate(sites.exchangeable)
    moves = effort * int(np.clip(MOVES_PER_SITE * len(members), FEWEST_MOVES, MOST_MOVES))
    temperatures = np.geomspace(HOT_EV, COLD_EV, moves)
    firsts = members[random.integers(len(members), size=moves)].tolist()
    picks, kinds, chances = random.random(moves), random.random(moves), -np.log(random.random(moves))
    surplus = np.zeros((len(sites.members), len(sites.elements)), dtype=int)
    for temperature, first, pick, kind, chance in zip(temperatures, firsts, picks, kinds, chances, strict=True):
        relocate = kind < RELOCATION_SHARE and filled[first] >= 0
        group = sites.homes[filled[first]] if relocate else sites.members[sites.orbit[first]]
        second = int(group[int(pick * len(group))])
        if filled[first] == filled[second] or (relocate and filled[second] >= 0):
            continue
        here, there, element = sites.orbit[first], sites.orbit[second], filled[first]
        cost = 0.0
        if here != there:
            before, after = surplus[[here, there], element], surplus[[here, there], element] + (-1, 1)
            cost = RELOCATION_EV * (np.abs(after).sum() - np.abs(before).sum()) / 2
        if cost + state.exchange_eV(first, second) > temperature * chance:
            continue
        state.exchange(first, second)
        if here != there:
            surplus[[here, there], element] += (-1, 1)
    return filled


def _separate(sites: _Sites, filled: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Remove the last clashes: move ions on split sites to the empty site of their element with the fewest clashes.

    Source: Minton et al., Artif. Intell. 58, 161 (1992), min-conflicts heuristic.
    """
    near = np.zeros((len(filled), len(filled)), dtype=np.int32)
    near[sites.split_i, sites.split_j] = 1
    best, fewest = filled.copy(), sites.split_pairs(filled)[0]
    clashes = near @ (filled >= 0)
    for _ in range(SEPARATION_STEPS):
        clashing = np.flatnonzero((filled >= 0) & (clashes > 0))
        if len(clashing) == 0:
            return filled
        ion = int(random.choice(clashing))
        homes = sites.homes[filled[ion]]
        empty = homes[filled[homes] < 0]
        if len(empty) == 0:
            break
        left = clashes[empty] - near[ion, empty]
        goal = int(random.choice(empty[left == left.min()]))
        filled[goal], filled[ion] = filled[ion], -1
        clashes += near[goal] - near[ion]
        pairs = sites.split_pairs(filled)[0]
        if pairs < fewest:
            best, fewest = filled.copy(), pairs
    return best
