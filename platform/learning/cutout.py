"""Local cuts: small periodic, stoichiometric, neutral boxes around extrapolating atoms of a large cell.

A box costs less to label than the whole cell. Atoms within a protected radius of the centre are unchanged. Ions at the
border, where the box meets its images, are removed until no atoms overlap. Edges and position of the box are varied;
the box with the densest border is kept. In a regular crystal its edges are commensurate with the lattice.

Source: Ou et al., arXiv:2510.18630 (16 Å boxes grown by 0.2 Å, 6.5 Å protected, closest pairs removed first).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.learning.cutout_box import Box, Parent

WHOLE_VECTOR = 1.25  # cell vectors up to this many longest edges are also tried whole, without a border


@dataclass(frozen=True)
class CutOptions:
    """Size and limits of the box; the defaults are for a cutoff of 5 Å.

    Args:
        edge_A: shortest edge of the box; cell vectors up to the longest edge are kept whole.
        largest_edge_A: longest edge.
        protected_A: radius around the centre within which no atom is removed or moved; above the potential's cutoff.
        closeness: shortest distance of two elements in the box over that in the cell, without bonds in PS4.
        good_density: number density over that of the cell at which the smallest box is accepted.
        min_density: smallest number density over that of the cell; below it the border is a void.
        trials: number of random boxes.
    """

    edge_A: float = 13.0
    largest_edge_A: float = 16.0
    protected_A: float = 5.5
    closeness: float = 0.8
    good_density: float = 0.85
    min_density: float = 0.7
    trials: int = 200


class CutFailed(ArgyroError):
    """An error if no box of an allowed size is dense, stoichiometric and free of overlaps."""


def local_cut(atoms: Atoms, centre: int, options: CutOptions, seed: int = 0) -> Atoms:
    """Cut a small periodic box around one atom.

    Args:
        atoms: periodic cell of whole PS4 groups.
        centre: index of the extrapolating atom.
        options: sizes of the box.
        seed: seed of the random boxes.

    Returns:
        A neutral periodic box of whole PS4 groups with the cell's composition, rounded for fractional formulas. The
        array ``protected`` marks unchanged atoms; ``parent`` is the index in the cell.

    Raises:
        CutFailed: no random box is acceptable.
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
            f"no box of {options.edge_A} to {options.largest_edge_A} Å around atom {centre} is dense enough: the best "
            f"has {densest:.2f} of the cell's density, {options.min_density} is required; label the whole cell"
        )
    good = [box for box, density in zip(boxes, densities, strict=True) if density >= options.good_density]
    best = min(good, key=lambda box: box.volume_A3) if good else boxes[int(np.argmax(densities))]
    return best.atoms()


def _most_promising(
    parent: Parent, centre: int, options: CutOptions, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Choose the tenth of the random boxes with the best composition and density."""
    lengths = parent.atoms.cell.lengths()
    short = lengths <= options.largest_edge_A
    maybe_whole = lengths <= WHOLE_VECTOR * options.largest_edge_A
    drawn = []
    for _ in range(options.trials):
        cut = ~(short | (maybe_whole & (rng.uniform(size=3) < 0.5)))
        edges_A = np.where(cut, rng.uniform(options.edge_A, options.largest_edge_A, 3), lengths)
        room_A = np.maximum(
            edges_A / 2 - options.protected_A - 0.5, 0.0
        )  # the protected sphere does not touch the border
        shift_A = np.where(cut, rng.uniform(-room_A, room_A), 0.0)
        if cut.any():
            drawn.append((edges_A, shift_A))
    promise = [Box(parent, centre, *trial, options.protected_A, options.closeness).density_possible for trial in drawn]
    return [drawn[trial] for trial in np.argsort(promise)[::-1][: max(1, options.trials // 10)]]
