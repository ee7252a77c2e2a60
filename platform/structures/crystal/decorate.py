"""Occupation of a site skeleton: anions, tetrahedra and Li of a composition, with site and grain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import (
    BOND_LENGTH_A,
    CENTRES,
    CHARGES,
    SELENIUM_LONGER_A,
    Composition,
)
from argyro.platform.structures.crystal.interstitial_sites import find_voids
from argyro.platform.structures.crystal.lattice_sites import Skeleton
from argyro.platform.structures.crystal.lithium_placement import LithiumSites, place_lithium
from argyro.platform.structures.crystal.site_occupancy import (
    Counts,
    Displaced,
    free_anions,
    nearest_counts,
    split_counts,
)
from argyro.platform.structures.crystal.sqs import quasirandom

ARRANGEMENTS = ("random", "quasirandom")
ELEMENT_RANK = np.full(len(chemical_symbols), len(CHARGES))  # place in a formula, by atomic number
ELEMENT_RANK[[atomic_numbers[symbol] for symbol in CHARGES]] = np.arange(len(CHARGES))
BULK_DISTANCE_A = 1e9  # distance to the boundary in a cell without boundaries


class _Framework:
    """Ions other than Li, collected grain by grain."""

    def __init__(self) -> None:
        self.symbols: list[str] = []
        self.positions: list[np.ndarray] = []
        self.sites: list[str] = []
        self.grains: list[int] = []

    def add(self, symbols: Sequence[str] | np.ndarray, positions: np.ndarray, site: str, grain: int) -> None:
        """Append ions of one kind of site."""
        self.symbols += list(symbols)
        self.positions.append(np.reshape(positions, (-1, 3)))
        self.sites += [site] * len(symbols)
        self.grains += [grain] * len(symbols)

    @property
    def positions_A(self) -> np.ndarray:
        """Positions (f, 3) in Å."""
        return np.concatenate(self.positions)

    @property
    def charges_e(self) -> np.ndarray:
        """Formal charges (f,)."""
        return np.array([CHARGES[symbol] for symbol in self.symbols], dtype=float)


@dataclass(frozen=True)
class PlacedLithium:
    """Li atoms: positions (n, 3) in Å, site names and grains."""

    positions_A: np.ndarray
    sites: list[str]
    grains: np.ndarray

    def some(self, count: int, rng: np.random.Generator) -> PlacedLithium:
        """Select the given number of Li at random."""
        kept = np.sort(rng.permutation(len(self.sites))[:count])
        return PlacedLithium(self.positions_A[kept], [self.sites[index] for index in kept], self.grains[kept])


def populate(
    skeleton: Skeleton,
    composition: Composition,
    disorder: float,
    seed: int,
    arrangement: str = "random",
    lithium: PlacedLithium | None = None,
    displaced: Displaced | None = None,
) -> Atoms:
    """Fill the sites of a skeleton; every grain has the requested composition and disorder.

    Args:
        skeleton: sites of the units.
        composition: amounts per formula unit.
        disorder: fraction of exchanged free anions, see `site_occupancy.free_anions`.
        seed: random seed of all random choices.
        arrangement: "random" or "quasirandom" free anions, see `sqs.quasirandom`.
        lithium: candidate Li positions, at least as many as the composition has Li; placed by Monte Carlo if None.
        displaced: share of each halide off 4a, and of Se off 16e, in a mixture; None for random places.

    Raises:
        InputError: disorder or arrangement is invalid.

    Returns:
        Atoms sorted by element, with the arrays ``site``, ``grain`` and ``boundary_distance_A``. The entry ``info`` has
        the realised composition and disorder.
    """
    if arrangement not in ARRANGEMENTS:
        message = f"arrangement '{arrangement}' is unknown; use one of {', '.join(ARRANGEMENTS)}"
        raise InputError(message, path="arrangement", accepted=", ".join(ARRANGEMENTS))
    rng = np.random.default_rng(seed)
    grains = np.unique(skeleton.centre_grain)
    pieces = split_counts(composition, [int(np.sum(skeleton.centre_grain == grain)) for grain in grains])
    framework = _Framework()
    for grain, counts in zip(grains, pieces, strict=True):
        elements = free_anions(counts, disorder, rng, displaced)
        if arrangement == "quasirandom":
            places_A = skeleton.free[skeleton.free_grain[:, 0] == grain]
            elements = quasirandom(elements, places_A, skeleton.cell, composition.lattice_parameter_A, rng)
        _fill_grain(framework, skeleton, int(grain), counts, elements, rng, (displaced or {}).get("Se"))
    count = sum(counts.atoms["Li"] for counts in pieces)
    if lithium:
        placed = lithium.some(count, rng)
    else:
        placed = place_in(skeleton, framework.positions_A, framework.charges_e, count, seed)
    atoms = Atoms(
        ["Li"] * count + framework.symbols,
        positions=np.concatenate([placed.positions_A, framework.positions_A]),
        cell=skeleton.cell,
        pbc=True,
    )
    atoms.set_array("site", np.array(placed.sites + framework.sites))
    atoms.set_array("grain", np.concatenate([placed.grains, framework.grains]).astype(int))
    atoms = _sorted(atoms)
    atoms.set_array("boundary_distance_A", boundary_distance(atoms, skeleton.planes_A))
    swaps = sum(round(disorder * counts.largest_swap) for counts in pieces)
    largest = sum(counts.largest_swap for counts in pieces)
    atoms.info.update(
        composition=composition.formula,
        disorder=float(disorder),
        realised_composition=_total(pieces).composition.formula,
        realised_disorder=swaps / largest if largest else 0.0,
        seed=int(seed),
    )
    return atoms


def _total(pieces: list[Counts]) -> Counts:
    """Add up the numbers of all grains."""
    elements = dict.fromkeys(element for counts in pieces for element in counts.atoms)
    atoms = {element: sum(counts.atoms.get(element, 0) for counts in pieces) for element in elements}
    return Counts(sum(counts.units for counts in pieces), atoms)


def _fill_grain(
    framework: _Framework,
    skeleton: Skeleton,
    grain: int,
    counts: Counts,
    free: np.ndarray,
    rng: np.random.Generator,
    free_selenium: float | None = None,
) -> None:
    """Add tetrahedra and free anions (n, 2) of one grain; Se has a given share on free sites, or random places."""
    centres, arms = (values[skeleton.centre_grain == grain] for values in (skeleton.centres, skeleton.arms))
    symbols = rng.permutation(np.repeat(CENTRES, [counts.atoms.get(element, 0) for element in CENTRES]))
    on_4a_4c = free.copy()
    corners = np.full((counts.units, 4), "S", dtype="<U2")
    places = _selenium_places(corners.size, int(np.sum(on_4a_4c == "S")), counts.atoms.get("Se", 0), free_selenium, rng)
    corners.reshape(-1)[places[places < corners.size]] = "Se"
    free_chalcogens = np.argwhere(on_4a_4c == "S")
    on_4a_4c[tuple(free_chalcogens[places[places >= corners.size] - corners.size].T)] = "Se"
    length = np.array([BOND_LENGTH_A[symbol] for symbol in symbols])[:, None] + SELENIUM_LONGER_A * (corners == "Se")
    directions = arms / np.linalg.norm(arms, axis=-1, keepdims=True)
    corner_positions = centres[:, None] + directions * length[..., None]
    framework.add(symbols, centres, "4b", grain)
    framework.add(corners.reshape(-1), corner_positions, "16e", grain)
    for column, site in enumerate(("4a", "4c")):
        framework.add(
            on_4a_4c[:, column], skeleton.free[:, column][skeleton.free_grain[:, column] == grain], site, grain
        )


def _selenium_places(
    corners: int, free: int, selenium: int, free_share: float | None, rng: np.random.Generator
) -> np.ndarray:
    """Choose the chalcogen sites of Se: corners first, then free sites, numbered in this order."""
    if free_share is None:
        return rng.permutation(corners + free)[:selenium]
    on_free = int(np.clip(round(free_share * selenium), selenium - corners, free))
    return np.concatenate([rng.permutation(corners)[: selenium - on_free], corners + rng.permutation(free)[:on_free]])


def place_in(
    skeleton: Skeleton,
    ions_A: np.ndarray,
    charges_e: np.ndarray,
    count: int,
    seed: int,
    sweeps: int | None = None,
) -> PlacedLithium:
    """Place Li on the site pairs of a skeleton; add voids at boundaries or above six Li per unit.

    Args:
        skeleton: sites of the units.
        ions_A: (f, 3) positions of the framework ions.
        charges_e: (f,) charges of the framework ions.
        count: number of Li.
        seed: random seed of the Monte Carlo moves.
        sweeps: as in `lithium_placement.place_lithium`.

    Raises:
        ArgyroError: the number of Li exceeds the number of sites.
    """
    pairs, group = skeleton.pairs.reshape(-1, 3), np.repeat(np.arange(len(skeleton.pairs)), 2)
    voids = np.zeros((0, 3))
    if skeleton.planes_A or count > len(skeleton.pairs):
        planes = skeleton.planes_A if count <= len(skeleton.pairs) else ()
        voids = find_voids(ions_A[charges_e < 0], ions_A[charges_e > 0], pairs, skeleton.cell, planes)
    groups = np.concatenate([group, len(skeleton.pairs) + np.arange(len(voids))])
    candidates = LithiumSites(np.concatenate([pairs, voids]), groups)
    chosen = place_lithium(candidates, ions_A, charges_e, skeleton.cell, count, seed, sweeps)
    names = ["48h" if site < len(pairs) else "void" for site in chosen]
    grains = np.concatenate([np.repeat(skeleton.pair_grain, 2), _nearest_grain(voids, skeleton)])
    return PlacedLithium(candidates.positions_A[chosen], names, grains[chosen])


def mean_framework(skeleton: Skeleton, composition: Composition, disorder: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the framework with mean site charges: positions (f, 3), charges (f,) and the number of Li."""
    counts = nearest_counts(composition, skeleton.units)
    swaps = disorder * counts.largest_swap
    halides_4a = min(counts.halides, counts.units) - swaps
    centre = sum(CHARGES[element] * counts.atoms.get(element, 0) for element in CENTRES) / counts.units
    halide_share = np.array([halides_4a, counts.halides - halides_4a]) / counts.units
    corners = (skeleton.centres[:, None] + skeleton.arms).reshape(-1, 3)
    positions = np.concatenate([skeleton.centres, corners, skeleton.free.reshape(-1, 3)])
    charges = np.concatenate(
        [np.full(counts.units, centre), np.full(len(corners), -2.0), np.tile(-2.0 + halide_share, counts.units)]
    )
    return positions, charges, counts.atoms["Li"]


def _nearest_grain(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Return the grain whose boundary planes enclose each point."""
    if not skeleton.planes_A:
        return np.zeros(len(points), dtype=int)
    return np.where(points[:, 2] % skeleton.cell[2, 2] < skeleton.planes_A[0], 0, 1)


def _sorted(atoms: Atoms) -> Atoms:
    """Sort atoms by element in the order of a formula and wrap them into the cell."""
    atoms = atoms[np.argsort(ELEMENT_RANK[atoms.numbers], kind="stable")]
    atoms.wrap()
    return atoms


def boundary_distance(atoms: Atoms, planes_A: tuple[float, ...]) -> np.ndarray:
    """Return the distance of each atom to the nearest boundary plane along z."""
    if not planes_A:
        return np.full(len(atoms), BULK_DISTANCE_A)
    height, z = atoms.cell[2, 2], atoms.positions[:, 2]
    return np.min([np.abs((z - plane + height / 2) % height - height / 2) for plane in planes_A], axis=0)
