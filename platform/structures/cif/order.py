"""From a CIF with partial occupancies to an ordered, neutral cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.cif.ion_placement import Placement, place_ions
from argyro.platform.structures.cif.oxidation_states import oxidation_states
from argyro.platform.structures.cif.partial_crystal import PartialCrystal, read_cif
from argyro.platform.structures.cif.site_counts import SiteCounts, site_counts
from argyro.platform.structures.cif.supercell import CLOSE, Supercell, choose_supercell

EFFORTS = (1, 4)  # annealing of the first attempt, and of one more if two ions are left on split sites
ION_OVERLAP_A = 1.0  # two ions nearer than this are no structure, whatever the occupancies demand


@dataclass(frozen=True)
class OrderedCrystal:
    """An ordered cell beside the crystal it stands for.

    Attributes:
        atoms: neutral supercell; array ``orbit`` names the CIF's site of each atom.
        crystal: as read.
        supercell: repeats of the conventional cell.
        counts: atoms per orbit, with the largest deviation from the occupancies.
        states: charge number of each element.
        split_pairs: split sites that are both occupied.
        notes: what was assumed, rounded or could not be held.
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
    """Build an ordered, neutral cell of the crystal of a CIF.

    Whole numbers per site come nearest to the occupancies with zero total charge; their arrangement has low Coulomb
    energy, and no two ions share a split site.

    Args:
        path: CIF file, with or without partial occupancies.
        supercell: repeats of the conventional cell; by default the smallest that holds the occupancies within 2 %.
        min_atoms: fewest atoms, in place of a supercell.
        seed: of the arrangement.

    Raises:
        InputError: the CIF cannot be read, its charges do not balance, or its sites cannot be filled as it says.
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


def _place(crystal, counts, supercell, states, seed: int) -> Placement:
    """The first of two arrangements without two ions on split sites, else the one with the fewest such pairs."""
    tries = []
    for effort in EFFORTS:
        tries.append(place_ions(crystal, counts, supercell, states, seed, effort))
        if tries[-1].split_pairs == tries[-1].in_holes == 0:
            return tries[-1]
    best = min(tries, key=lambda placed: (placed.split_pairs, placed.in_holes))
    if best.shortest_split_A < ION_OVERLAP_A:
        raise InputError(
            f"{crystal.name}: its occupancies put two ions on sites {best.shortest_split_A:.2f} Å apart; "
            "correct the occupancies of the split sites (in sum at most 1), or give a larger --supercell",
            path="structure",
            accepted="split sites with occupancies that add up to at most 1",
        )
    return best


def _notes(crystal: PartialCrystal, counts: SiteCounts, placed: Placement) -> tuple[str, ...]:
    notes = list(crystal.notes)
    if counts.deviation > CLOSE:
        why = "charge balance or the size of the cell do not allow less"
        notes.append(f"an occupancy differs from the CIF by {counts.deviation:.3f}: {why}")
    if placed.in_holes:
        notes.append(f"{placed.in_holes} ions fit no free site of the CIF and take holes: relax the cell before use")
    if placed.relocated:
        notes.append(f"{placed.relocated} ions are on another site of their element, to keep split sites apart")
    if placed.split_pairs:
        notes.append(
            f"{placed.split_pairs} pairs of ions lie as near as {placed.shortest_split_A:.2f} Å, "
            "since the occupancies leave no other sites: relax the cell before use"
        )
    return tuple(notes)
