"""Conversion of a CIF with partial occupancies to an ordered, neutral cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.ion_placement import Placement, place_ions
from argyro.platform.structures.cif.oxidation_states import MOBILE, oxidation_states
from argyro.platform.structures.cif.partial_crystal import PartialCrystal, read_cif
from argyro.platform.structures.cif.site_counts import SiteCounts, site_counts
from argyro.platform.structures.cif.supercell import CLOSE, Supercell, choose_supercell

EFFORTS = (1, 4)  # annealing effort of the first attempt, and of a second one if clashes remain
MOST_IN_HOLES = 0.4  # of the mobile ions; with more the cell is not the crystal of the CIF
ION_OVERLAP_A = 1.0  # closer ions are refused


@dataclass(frozen=True)
class OrderedCrystal:
    """Ordered cell with the disordered crystal that it represents.

    Attributes:
        atoms: neutral supercell; the array ``orbit`` has the CIF site of each atom.
        crystal: crystal read from the CIF.
        supercell: repeats of the conventional cell.
        counts: atoms per orbit, with the largest deviation from the occupancies.
        states: charge number of each element.
        split_pairs: pairs of split sites with both sites occupied.
        notes: assumptions, rounding and deviations from the occupancies.
    """

    atoms: Atoms
    crystal: PartialCrystal
    supercell: Supercell
    counts: SiteCounts
    states: dict[str, float]
    split_pairs: int
    notes: tuple[str, ...]


def order_cif(
    path: Path | str, supercell: Supercell | None = None, min_atoms: int | None = None, seed: int = 0
) -> OrderedCrystal:
    """Build an ordered, neutral cell of the crystal in a CIF.

    The number of ions per site is the neutral choice closest to the occupancies. The arrangement has a low Coulomb
    energy and no two ions on split sites.

    Args:
        path: CIF file, with or without partial occupancies.
        supercell: repeats of the conventional cell; by default the smallest that meets the occupancies within 2 %.
        min_atoms: minimum number of atoms, as an alternative to a supercell.
        seed: random seed of the arrangement.

    Raises:
        InputError: the CIF is unreadable, its charges do not balance, or its occupancies cannot be realised.
    """
    crystal = read_cif(path)
    states = oxidation_states(crystal.amounts, crystal.oxidation, crystal.name)
    if supercell is not None:
        counts = site_counts(crystal, states, int(np.prod(supercell)))
    else:
        supercell, counts = choose_supercell(crystal, states, min_atoms or 0)
    placed = _place(crystal, counts, supercell, states, seed)
    cell = crystal.cell_A * np.array(supercell)[:, None]
    atoms = Atoms(placed.symbols, placed.positions_A, cell=cell, pbc=True)
    atoms.set_array("orbit", np.array(placed.labels))
    place = {element: number for number, element in enumerate(crystal.amounts)}
    atoms = atoms[np.argsort([place[symbol] for symbol in placed.symbols], kind="stable")]
    notes = _notes(crystal, counts, placed)
    return OrderedCrystal(atoms, crystal, supercell, counts, states, placed.split_pairs, notes)


def _place(
    crystal: PartialCrystal, counts: SiteCounts, supercell: Supercell, states: dict[str, float], seed: int
) -> Placement:
    """Return the first of two arrangements without clashes on split sites, else the one with the fewest clashes."""
    tries = []
    for effort in EFFORTS:
        tries.append(place_ions(crystal, counts, supercell, states, seed, effort))
        if tries[-1].split_pairs == tries[-1].in_holes == 0:
            return tries[-1]
    best = min(tries, key=lambda placed: (placed.split_pairs, placed.in_holes))
    if best.shortest_split_A < ION_OVERLAP_A:
        raise InputError(
            f"{crystal.name}: the occupancies put two ions on sites {best.shortest_split_A:.2f} Å apart; "
            "correct the occupancies of the split sites (sum at most 1), or give a larger --supercell",
            accepted="split sites with occupancies that add up to at most 1",
        )
    mobile = sum(symbol in MOBILE for symbol in best.symbols)
    if best.in_holes > MOST_IN_HOLES * mobile:
        raise InputError(
            f"{crystal.name}: {best.in_holes} of {mobile} mobile ions fit no site; correct the occupancies",
            accepted="occupancies that leave each ion a site of its own",
        )
    return best


def _notes(crystal: PartialCrystal, counts: SiteCounts, placed: Placement) -> tuple[str, ...]:
    notes = list(crystal.notes)
    if counts.deviation > CLOSE:
        why = "charge balance or cell size allow no better match"
        notes.append(f"an occupancy differs from the CIF by {counts.deviation:.3f}: {why}")
    if placed.in_holes:
        notes.append(f"{placed.in_holes} ions fit no free CIF site and occupy voids; relax the cell before use")
    if placed.relocated:
        notes.append(f"{placed.relocated} ions moved to another site of their element to avoid split-site clashes")
    if placed.split_pairs:
        notes.append(
            f"{placed.split_pairs} pairs of ions on split sites are as close as {placed.shortest_split_A:.2f} Å, "
            "because no other sites are free; relax the cell before use"
        )
    return tuple(notes)
