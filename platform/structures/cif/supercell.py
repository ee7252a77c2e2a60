"""Choice of the supercell in which the occupancies become integers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.partial_crystal import PartialCrystal
from argyro.platform.structures.cif.site_counts import SiteCounts, site_counts

CLOSE = 0.02  # largest deviation of an occupancy that counts as a match
MOST_ATOMS = 1500  # limit of the automatic choice
Supercell = tuple[int, int, int]


def choose_supercell(
    crystal: PartialCrystal, states: Mapping[str, float], min_atoms: int = 0
) -> tuple[Supercell, SiteCounts]:
    """Find the smallest supercell that matches all occupancies within 2 % and has enough atoms.

    Among supercells with the same number of unit cells, the most cubic one is chosen. If no supercell matches within
    2 %, the closest one is chosen; the counts give its deviation.

    Args:
        crystal: crystal with occupancies per conventional cell.
        states: charge number of each element.
        min_atoms: minimum number of atoms.

    Raises:
        InputError: the unit cell exceeds the limit of atoms, or no supercell is neutral.
    """
    per_cell = sum(crystal.amounts.values())
    most = max(MOST_ATOMS, int(1.5 * min_atoms))
    if per_cell > most:
        raise InputError(
            f"{crystal.name}: the unit cell has {per_cell:.0f} atoms, more than the limit of {most}; "
            "give a CIF with a smaller cell"
        )
    best: tuple[Supercell, SiteCounts] | None = None
    refusal: InputError | None = None
    first = max(1, int(np.ceil(min_atoms / per_cell - 1e-9)))
    for cells in range(first, max(first, int(most // per_cell)) + 1):
        try:
            counts = site_counts(crystal, states, cells)
        except InputError as error:
            refusal = refusal or error
            continue
        if sum(sum(numbers.values()) for numbers in counts.numbers) < min_atoms:
            continue
        supercell = most_cubic(crystal.cell_A, cells)
        if best is None or _worth(crystal, counts, supercell) < _worth(crystal, best[1], best[0]):
            best = supercell, counts
        if best[1].deviation <= CLOSE and cells >= 2 * best[1].cells:
            break
    if best is None:
        raise refusal or InputError(
            f"{crystal.name}: no supercell of at least {min_atoms} atoms was found; give a smaller number of atoms"
        )
    return best


def _worth(crystal: PartialCrystal, counts: SiteCounts, supercell: Supercell) -> tuple:
    """Return a sort key, lower for better: matched occupancies, then a compact shape, then few cells."""
    short = max(counts.deviation - CLOSE, 0.0)
    return round(short, 6), _elongation(crystal.cell_A, supercell) > 2.5, counts.cells, counts.deviation


def most_cubic(cell_A: np.ndarray, cells: int) -> Supercell:
    """Find the repeats along the three axes with the given product and the most even heights."""
    return min(_triplets(cells), key=lambda repeats: (_elongation(cell_A, repeats), repeats))


def _elongation(cell_A: np.ndarray, repeats: Supercell) -> float:
    """Return the ratio of the largest to the smallest distance between opposite faces."""
    heights = 1 / np.linalg.norm(np.linalg.inv(cell_A), axis=0) * np.array(repeats)
    return round(float(heights.max() / heights.min()), 9)


def _triplets(product: int) -> Iterator[Supercell]:
    for a in range(1, product + 1):
        if product % a == 0:
            rest = product // a
            yield from ((a, b, rest // b) for b in range(1, rest + 1) if rest % b == 0)
