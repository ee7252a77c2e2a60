"""Cells for the reference: whole small cells and local cuts of larger ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.constraints import FixAtoms

from argyro.platform.common.errors import InputError
from argyro.platform.labels.frame_filters import SanityLimits, min_distance_A
from argyro.platform.learning.cutout import CutFailed, local_cut
from argyro.platform.learning.options import LearningOptions

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP

NEAR_BOUNDARY_A = 3.0
DRAWS = 8  # attempts to find an atom with a box; half of the atoms at a boundary have none


def labelable(
    frames: Sequence[Atoms], options: LearningOptions, mtp: MTP | None, seed: int, most: int | None = None
) -> list[Atoms]:
    """Replace frames that are too large for a label by boxes around their extrapolating atoms.

    Args:
        frames: frames with the array ``grade``; without it the box is around a random atom near a boundary.
        options: sizes of cells and boxes.
        mtp: potential that relaxes the border of the boxes; None for no relaxation.
        seed: seed of the draws.
        most: largest number of results.

    Returns:
        Frames and boxes with ``info["cut_from"]``, the number of atoms of the cell. A frame without a possible box is
        kept whole.
    """
    rng = np.random.default_rng([options.seed, seed])
    result: list[Atoms] = []
    for frame in frames:
        result += [frame] if len(frame) <= options.whole_cell_atoms else _boxes(frame, options, mtp, rng)
    return result[:most]


def centres(frame: Atoms, select: float, apart_A: float, most: int, rng: np.random.Generator) -> list[int]:
    """Choose the atoms with the highest grades above `select`, at least `apart_A` apart.

    Args:
        frame: cell; without the array ``grade``, one random atom near a boundary is chosen.
        select: smallest grade of a centre.
        apart_A: shortest distance of two centres.
        most: largest number of centres.
        rng: random generator of the draw.
    """
    if "grade" not in frame.arrays:
        distance_A = frame.arrays.get("boundary_distance_A", np.zeros(len(frame)))
        near = np.flatnonzero(np.abs(distance_A) <= max(NEAR_BOUNDARY_A, np.abs(distance_A).min()))
        return [int(rng.choice(near))]
    grades = frame.arrays["grade"]
    chosen: list[int] = []
    for index in np.argsort(grades)[::-1]:
        if len(chosen) == most or (chosen and grades[index] <= select):
            break
        if not chosen or frame.get_distances(index, chosen, mic=True).min() >= apart_A:
            chosen.append(int(index))
    return chosen


def relax_border(box: Atoms, mtp: MTP, steps: int, shortest_A: float = SanityLimits.min_distance_A) -> Atoms:
    """Relax the atoms outside the protected radius by a few steps to remove large forces of the cut.

    With an early potential two ions may fuse during relaxation; the border then stays unrelaxed.

    Args:
        box: box with the array ``protected``.
        mtp: the current potential.
        steps: number of steps of the minimiser.
        shortest_A: smallest distance of two atoms, unless they are closer before relaxation.
    """
    from ase.optimize import FIRE

    from argyro.platform.potential.mtp.ase_calculator import MTPCalculator

    relaxed = box.copy()
    relaxed.calc = MTPCalculator(mtp)
    relaxed.set_constraint(FixAtoms(mask=box.arrays["protected"]))
    shortest_A, good = min(shortest_A, min_distance_A(box)), box.positions
    try:
        for _ in FIRE(relaxed, logfile=None, maxstep=0.05).irun(fmax=0.5, steps=steps):
            if min_distance_A(relaxed) < shortest_A:
                break
            good = relaxed.positions.copy()
    except InputError:  # atoms are too close for the potential
        pass
    relaxed = box.copy()
    relaxed.positions = good
    return relaxed


def _boxes(frame: Atoms, options: LearningOptions, mtp: MTP | None, rng: np.random.Generator) -> list[Atoms]:
    attempts = 1 if "grade" in frame.arrays else DRAWS  # without grades any other atom is equivalent
    for _ in range(attempts):
        boxes = []
        for centre in centres(frame, options.select, 2 * options.cut.protected_A, options.cuts_per_frame, rng):
            try:
                box = local_cut(frame, centre, options.cut, seed=options.seed)
            except CutFailed:
                continue
            box.info["cut_from"] = len(frame)
            boxes.append(
                relax_border(box, mtp, options.border_steps, options.sanity.min_distance_A) if mtp is not None else box
            )
        if boxes:
            return boxes
    return [frame]
