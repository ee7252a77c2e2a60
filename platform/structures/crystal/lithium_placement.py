"""Li placement on one site of each close pair, with low Coulomb energy, by seeded Monte Carlo."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from argyro.platform.common.errors import ArgyroError
from argyro.platform.structures.crystal.coulomb import damped_matrix, ewald_matrix
from argyro.platform.structures.crystal.neighbours import close_distances, close_pairs

EXACT_LIMIT = 900  # sites and ions: full Ewald matrix up to this number, damped sparse kernel above
HOP_A = 4.5
WALL_EV_A = 60.0  # slope of the repulsion below these distances
WALL_ION_A = {True: 2.15, False: 2.7}  # Li to framework anions (True), Li to framework cations (False)
WALL_LITHIUM_A = 2.2
START_EV, END_EV = 1.0, 0.02
MOVES, FEWEST_SWEEPS, MOST_SWEEPS = 250_000, 20, 100  # slow cooling of small cells, bounded cost of large cells


@dataclass(frozen=True)
class LithiumSites:
    """Candidate sites in groups; at most one site of each group is filled.

    Attributes:
        positions_A: (s, 3).
        group: (s,) number of the close pair; a void has a unique number.
    """

    positions_A: np.ndarray
    group: np.ndarray


class _Energy:
    """Energy E = Σ_s n_s h_s + ½ Σ_st n_s n_t J_st over sites s filled (n_s = 1) or empty (n_s = 0)."""

    def __init__(self, sites: LithiumSites, ions_A: np.ndarray, charges_e: np.ndarray, cell_A: np.ndarray):
        positions = sites.positions_A
        self.field, exact = _wall_field(positions, ions_A, charges_e, cell_A), len(positions) + len(ions_A)
        if exact <= EXACT_LIMIT:
            matrix = ewald_matrix(np.concatenate([positions, ions_A]), cell_A)
            self.field += matrix[: len(positions), len(positions) :] @ charges_e
            coupling = csr_matrix(matrix[: len(positions), : len(positions)])
        else:
            self.field += damped_matrix(positions, ions_A, cell_A) @ charges_e
            coupling = damped_matrix(positions, positions, cell_A)
        i, j, r = close_distances(positions, positions, cell_A, WALL_LITHIUM_A)
        coupling = (coupling + csr_matrix((WALL_EV_A * (WALL_LITHIUM_A - r), (i, j)), shape=coupling.shape)).tolil()
        coupling.setdiag(0.0)  # the self-interaction of a Li is the same on all sites
        coupling = coupling.tocsr()
        coupling.sort_indices()
        self.rows = [(coupling.indices[a:b], coupling.data[a:b]) for a, b in pairwise(coupling.indptr)]

    def potential(self, filled: np.ndarray) -> np.ndarray:
        """Return the energy of one more Li at each site."""
        potential = self.field.copy()
        for site in np.flatnonzero(filled):
            index, value = self.rows[site]
            potential[index] += value
        return potential

    def between(self, here: int, there: int) -> float:
        """Return the coupling of two sites."""
        index, value = self.rows[here]
        place = np.searchsorted(index, there)
        return value[place] if place < len(index) and index[place] == there else 0.0

    def move(self, potential: np.ndarray, here: int, there: int) -> None:
        """Update the potentials for a Li that moves from one site to another."""
        index, value = self.rows[here]
        potential[index] -= value
        index, value = self.rows[there]
        potential[index] += value


def _wall_field(positions_A: np.ndarray, ions_A: np.ndarray, charges_e: np.ndarray, cell_A: np.ndarray) -> np.ndarray:
    """Return the repulsion of each site from ions closer than contact, in eV."""
    field = np.zeros(len(positions_A))
    for negative, wall in WALL_ION_A.items():
        ions = ions_A[(charges_e < 0) == negative]
        i, _, vector = close_pairs(positions_A, ions, cell_A, wall)
        np.add.at(field, i, WALL_EV_A * (wall - np.linalg.norm(vector, axis=1)))
    return field


def wall_energy_eV(lithium_A: np.ndarray, ions_A: np.ndarray, charges_e: np.ndarray, cell_A: np.ndarray) -> float:
    """Return the repulsion in eV of placed Li closer than contact to the framework or to one another."""
    _, _, r = close_distances(lithium_A, lithium_A, cell_A, WALL_LITHIUM_A)
    among = 0.5 * WALL_EV_A * np.sum(WALL_LITHIUM_A - r)
    return float(among + _wall_field(lithium_A, ions_A, charges_e, cell_A).sum())


def place_lithium(
    sites: LithiumSites,
    ions_A: np.ndarray,
    charges_e: np.ndarray,
    cell_A: np.ndarray,
    count: int,
    seed: int,
    sweeps: int | None = None,
) -> np.ndarray:
    """Choose Li sites by simulated annealing of the Coulomb energy.

    Moves take a Li to the other site of its pair or to a nearby site of an empty group.

    Args:
        sites: candidate sites.
        ions_A: (f, 3) positions of the framework ions.
        charges_e: (f,) formal charges of the framework ions.
        cell_A: (3, 3).
        count: number of Li.
        seed: random seed of the moves.
        sweeps: moves per Li; the default bounds the total number of moves.

    Returns:
        Indices of the filled sites, (count,), sorted.

    Raises:
        ArgyroError: the number of Li exceeds the number of pairs and voids.
    """
    groups = int(sites.group.max()) + 1
    if count > groups:
        raise ArgyroError(f"{count} Li exceed the {groups} available site pairs and voids; reduce the Li content")
    rng = np.random.default_rng(seed)
    energy = _Energy(sites, ions_A, charges_e, cell_A)
    start = _start(sites, energy.field, count, rng)
    sweeps = sweeps or int(np.clip(MOVES // max(count, 1), FEWEST_SWEEPS, MOST_SWEEPS))
    return np.sort(_anneal(energy, sites, start, cell_A, sweeps, rng))


def _start(sites: LithiumSites, field: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Choose the better site of each close pair, in random order of the pairs; voids come last."""
    best = np.lexsort((rng.random(len(field)), field))
    first = best[np.unique(sites.group[best], return_index=True)[1]]
    first = first[rng.permutation(len(first))]
    alone = np.bincount(sites.group)[sites.group[first]] == 1
    return first[np.argsort(alone, kind="stable")][:count]


def _partners(group: np.ndarray) -> list[int]:
    """Return the other site of each close pair; the partner of a void is the void itself."""
    partner = np.arange(len(group))
    order = np.argsort(group, kind="stable")
    same = np.flatnonzero(group[order][1:] == group[order][:-1])
    partner[order[same]], partner[order[same + 1]] = order[same + 1], order[same]
    return partner.tolist()


def _hops(sites: LithiumSites, cell_A: np.ndarray) -> list[list[int]]:
    """List the sites within hop distance of each site."""
    i, j, _ = close_distances(sites.positions_A, sites.positions_A, cell_A, HOP_A)
    order = np.lexsort((j, i))
    bounds = np.searchsorted(i[order], np.arange(len(sites.group) + 1))
    near = j[order].tolist()
    return [near[a:b] for a, b in pairwise(bounds)]


def _anneal(
    energy: _Energy,
    sites: LithiumSites,
    start: np.ndarray,
    cell_A: np.ndarray,
    sweeps: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Run Metropolis moves at decreasing temperature, alternating flips within pairs and hops to empty groups."""
    filled = np.zeros(len(sites.group), dtype=bool)
    filled[start] = True
    group, held = sites.group.tolist(), np.zeros(int(sites.group.max()) + 1, dtype=bool)
    held[sites.group[start]] = True
    potential, partner, lithium = energy.potential(filled), _partners(sites.group), start.tolist()
    hops = None if held.all() else _hops(sites, cell_A)
    for temperature in np.geomspace(START_EV, END_EV, sweeps):
        picks = rng.integers(len(lithium), size=len(lithium)).tolist()
        chances = (2 * rng.random(len(lithium))).tolist()
        limits = (-temperature * np.log(rng.random(len(lithium)))).tolist()
        for atom, chance, limit in zip(picks, chances, limits, strict=True):
            here = lithium[atom]
            there = partner[here] if hops is None or chance >= 1 else hops[here][int(chance * len(hops[here]))]
            if there == here or (group[there] != group[here] and held[group[there]]):
                continue
            if potential[there] - energy.between(here, there) - potential[here] > limit:
                continue
            energy.move(potential, here, there)
            held[group[here]], held[group[there]] = False, True
            lithium[atom] = there
    return np.array(lithium)
