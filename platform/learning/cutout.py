"""The local cut: a small periodic, stoichiometric, neutral box round an extrapolating atom of a large cell.

Labelling the whole cell would cost its size for the sake of one neighbourhood. In the box everything within a protected
radius of the atom is as it was; the border, where the box meets its images, is thinned out until the box can exist.
Edges and place of the box are varied and those taken that leave the border densest: where the crystal is regular this
finds edges commensurate with it.

Source: Ou et al., arXiv:2510.18630 (16 Å boxes grown by 0.2 Å, 6.5 Å protected, closest pairs removed first).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.learning.cutout_box import Box, Parent

WHOLE_VECTOR = 1.25  # a cell vector up to this many longest edges is also tried whole: no border along it


@dataclass(frozen=True)
class CutOptions:
    """Size of the box and what must hold in it; the values suit a cutoff of 5 Å.

    Args:
        edge_A: shortest edge of the box; cell vectors not longer than the longest edge are kept whole.
        largest_edge_A: longest edge.
        protected_A: radius round the centre in which nothing is removed or moved; more than the potential's cutoff.
        closeness: shortest distance of two elements in the box over their shortest in the cell, bonds in PS4 aside.
        good_density: number density of the box over that of the cell from which the smallest box is taken.
        min_density: number density of the box over that of the cell, below which the border is a void.
        trials: boxes drawn.
    """

    edge_A: float = 13.0
    largest_edge_A: float = 16.0
    protected_A: float = 5.5
    closeness: float = 0.8
    good_density: float = 0.85
    min_density: float = 0.7
    trials: int = 200


class CutFailed(ArgyroError):
    """No box of an allowed size is dense, stoichiometric and free of overlaps; label the whole cell instead."""


def local_cut(atoms: Atoms, centre: int, options: CutOptions, seed: int = 0) -> Atoms:
    """Cut a small periodic box round one atom.

    Args:
        atoms: periodic cell of whole PS4 groups.
        centre: index of the extrapolating atom.
        options: sizes.
        seed: of the boxes drawn.

    Returns:
        A neutral periodic box of whole PS4 groups and the cell's composition, to rounding where its
        formula has fractions; the array ``protected`` marks the atoms that are as they were, ``parent`` is their
        index in the cell.

    Raises:
        CutFailed: none of the boxes drawn can exist.
    """
    parent = Parent.of(atoms)
    boxes = []
    for edges_A, shift_A in _most_promising(parent, centre, options, np.random.default_rng([seed, centre])):
        box = Box(parent, centre, edges_A, shift_A, options.protected_A, options.closeness)
        if box.thin_out():
            boxes.append(box)
    densities = [box.density / parent.density for box in boxes]
    densest = max(densities, default=0.0)
    if densest < options.min_density:
        raise CutFailed(
            f"no box of {options.edge_A} to {options.largest_edge_A} Å round atom {centre} can exist: the densest has "
            f"{densest:.2f} of the cell's density, {options.min_density} is needed; label the whole cell"
        )
    good = [box for box, density in zip(boxes, densities, strict=True) if density >= options.good_density]
    best = min(good, key=lambda box: box.volume_A3) if good else boxes[int(np.argmax(densities))]
    return best.atoms()


def _most_promising(parent: Parent, centre: int, options: CutOptions, rng) -> list[tuple[np.ndarray, np.ndarray]]:
    """Choose the tenth of the drawn boxes in which the numbers of ions fit the composition and the density best."""
    lengths = parent.atoms.cell.lengths()
    short = lengths <= options.largest_edge_A
    maybe_whole = lengths <= WHOLE_VECTOR * options.largest_edge_A
    drawn = []
    for _ in range(options.trials):
        cut = ~(short | (maybe_whole & (rng.uniform(size=3) < 0.5)))
        edges_A = np.where(cut, rng.uniform(options.edge_A, options.largest_edge_A, 3), lengths)
        room_A = np.maximum(edges_A / 2 - options.protected_A - 0.5, 0.0)  # the protected sphere stays off the border
        shift_A = np.where(cut, rng.uniform(-room_A, room_A), 0.0)
        if cut.any():
            drawn.append((edges_A, shift_A))
    promise = [Box(parent, centre, *trial, options.protected_A, options.closeness).density_possible for trial in drawn]
    return [drawn[trial] for trial in np.argsort(promise)[::-1][: max(1, options.trials // 10)]]
