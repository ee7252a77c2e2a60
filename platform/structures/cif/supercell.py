"""Choose the supercell in which the occupancies become whole numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.partial_crystal import PartialCrystal
from argyro.platform.structures.cif.site_counts import SiteCounts, site_counts

CLOSE = 0.02  # occupancies are held when no share is off by more than this
MOST_ATOMS = 1500  # of an automatic choice
Supercell = tuple[int, int, int]


def choose_supercell(
    crystal: PartialCrystal, states: Mapping[str, float], min_atoms: int = 0
) -> tuple[Supercell, SiteCounts]:
    """Find the smallest supercell that holds all occupancies within 2 % and has enough atoms.

    Of the supercells with the same number of unit cells the one nearest to a cube is taken. Where none holds the
    occupancies so well, the closest one is taken; its deviation is in the counts.

    Args:
        crystal: with occupancies per conventional cell.
        states: charge number of each element.
        min_atoms: fewest atoms.

    Raises:
        InputError: a cell of the wanted size would exceed the limit of atoms, or none is neutral.
    """
    per_cell = sum(crystal.amounts.values())
    most = max(MOST_ATOMS, int(1.5 * min_atoms))
    if per_cell > most:
        raise InputError(f"{crystal.name}: its unit cell has {per_cell:.0f} atoms, more than {most}", path="structure")
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
        raise refusal or InputError(f"{crystal.name}: no supercell of {min_atoms} atoms was found", path="structure")
    return best


def _worth(crystal: PartialCrystal, counts: SiteCounts, supercell: Supercell) -> tuple:
    """Lower is better: occupancies held, then a compact shape, then few cells."""
    short = max(counts.deviation - CLOSE, 0.0)
    return round(short, 6), _elongation(crystal.cell_A, supercell) > 2.5, counts.cells, counts.deviation


def most_cubic(cell_A: np.ndarray, cells: int) -> Supercell:
    """Repeats along the three axes with the given product and the most even heights."""
    return min(_triplets(cells), key=lambda repeats: (_elongation(cell_A, repeats), repeats))


def _elongation(cell_A: np.ndarray, repeats: Supercell) -> float:
    """Largest over smallest distance between opposite faces."""
    heights = 1 / np.linalg.norm(np.linalg.inv(cell_A), axis=0) * np.array(repeats)
    return round(float(heights.max() / heights.min()), 9)


def _triplets(product: int) -> Iterator[Supercell]:
    for a in range(1, product + 1):
        if product % a == 0:
            rest = product // a
            yield from ((a, b, rest // b) for b in range(1, rest + 1) if rest % b == 0)
