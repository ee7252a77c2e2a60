"""Li on one site of each close pair, arranged for low Coulomb energy by seeded Monte Carlo."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from argyro.platform.common.errors import ArgyroError
from argyro.platform.structures.crystal.coulomb import damped_matrix, ewald_matrix
from argyro.platform.structures.crystal.neighbours import close_distances, close_pairs

EXACT_LIMIT = 900  # sites and ions: below, the full Ewald matrix; above, the damped sparse kernel
HOP_A = 4.5
WALL_EV_A = 60.0  # slope of the repulsion inside these distances
WALL_ION_A = {True: 2.15, False: 2.7}  # Li to anions, Li to cations of the framework
WALL_LITHIUM_A = 2.2
START_EV, END_EV = 1.0, 0.02
MOVES, FEWEST_SWEEPS, MOST_SWEEPS = 250_000, 20, 100  # slow cooling of small cells, bounded work for large ones


@dataclass(frozen=True)
class LithiumSites:
    """Candidate sites; of each group at most one is filled.

    Attributes:
        positions_A: (s, 3).
        group: (s,) number of the close pair, or a number of its own.
    """

    positions_A: np.ndarray
    group: np.ndarray


class _Energy:
    """E = Σ_s n_s h_s + ½ Σ_st n_s n_t J_st over sites s filled (n_s = 1) or empty."""

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
        coupling.setdiag(0.0)  # a Li's interaction with itself is the same everywhere
        coupling = coupling.tocsr()
        coupling.sort_indices()
        self.rows = [(coupling.indices[a:b], coupling.data[a:b]) for a, b in pairwise(coupling.indptr)]

    def potential(self, filled: np.ndarray) -> np.ndarray:
        """Energy of one more Li at each site."""
        potential = self.field.copy()
        for site in np.flatnonzero(filled):
            index, value = self.rows[site]
            potential[index] += value
        return potential

    def between(self, here: int, there: int) -> float:
        """Coupling of two sites."""
        index, value = self.rows[here]
        place = np.searchsorted(index, there)
        return value[place] if place < len(index) and index[place] == there else 0.0

    def move(self, potential: np.ndarray, here: int, there: int) -> None:
        """Update the potentials for a Li that goes from one site to another."""
        index, value = self.rows[here]
        potential[index] -= value
        index, value = self.rows[there]
        potential[index] += value


def _wall_field(positions_A, ions_A, charges_e, cell_A) -> np.ndarray:
    """Repulsion of each site from ions nearer than contact, in eV."""
    field = np.zeros(len(positions_A))
    for negative, wall in WALL_ION_A.items():
        ions = ions_A[(charges_e < 0) == negative]
        i, _, vector = close_pairs(positions_A, ions, cell_A, wall)
        np.add.at(field, i, WALL_EV_A * (wall - np.linalg.norm(vector, axis=1)))
    return field


def wall_energy_eV(lithium_A: np.ndarray, ions_A: np.ndarray, charges_e: np.ndarray, cell_A: np.ndarray) -> float:
    """Repulsion of placed Li from the framework and from one another inside contact distance."""
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
    """Choose sites for Li by simulated annealing of the Coulomb energy, then by descent.

    Moves take a Li to the other site of its pair or to a near site of an empty group.

    Args:
        sites: candidates.
        ions_A: (f, 3) framework.
        charges_e: (f,) its formal charges.
        cell_A: (3, 3).
        count: number of Li.
        seed: of the random moves.
        sweeps: moves per Li; by default as many as keep the work bounded.

    Returns:
        Indices of the filled sites, (count,), sorted.

    Raises:
        ArgyroError: there are more Li than pairs and holes.
    """
    groups = int(sites.group.max()) + 1
    if count > groups:
        raise ArgyroError(f"{count} Li do not fit {groups} close pairs and holes")
    rng = np.random.default_rng(seed)
    energy = _Energy(sites, ions_A, charges_e, cell_A)
    start = _start(sites, energy.field, count, rng)
    sweeps = sweeps or int(np.clip(MOVES // max(count, 1), FEWEST_SWEEPS, MOST_SWEEPS))
    return np.sort(_anneal(energy, sites, start, cell_A, sweeps, rng))


def _start(sites: LithiumSites, field: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The better site of each close pair in random order of the pairs; holes of the framework come last."""
    best = np.lexsort((rng.random(len(field)), field))
    first = best[np.unique(sites.group[best], return_index=True)[1]]
    first = first[rng.permutation(len(first))]
    alone = np.bincount(sites.group)[sites.group[first]] == 1
    return first[np.argsort(alone, kind="stable")][:count]


def _partners(group: np.ndarray) -> list[int]:
    """The other site of each close pair; a hole is its own partner."""
    partner = np.arange(len(group))
    order = np.argsort(group, kind="stable")
    same = np.flatnonzero(group[order][1:] == group[order][:-1])
    partner[order[same]], partner[order[same + 1]] = order[same + 1], order[same]
    return partner.tolist()


def _hops(sites: LithiumSites, cell_A: np.ndarray) -> list[list[int]]:
    """Sites within a hop of each site."""
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
    """Metropolis moves with falling temperature, flips within pairs and hops to empty groups by turns."""
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
