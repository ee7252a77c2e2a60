"""What is sent to the reference: whole cells while they are small, local cuts of larger ones."""

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
DRAWS = 8  # of an atom round which a box can be cut; half of the atoms at a boundary have none


def labelable(
    frames: Sequence[Atoms], options: LearningOptions, mtp: MTP | None, seed: int, most: int | None = None
) -> list[Atoms]:
    """Replace frames beyond the size that is labelled whole by boxes round their extrapolating atoms.

    Args:
        frames: with the array ``grade``; without it the box is cut round an atom drawn near a boundary.
        options: sizes.
        mtp: relaxes the border of the boxes; None leaves it as cut.
        seed: of the draws.
        most: stop at this number.

    Returns:
        Frames and boxes with ``info["cut_from"]``, the number of atoms of the cell; a frame of which no box can be
        cut is kept whole.
    """
    rng = np.random.default_rng([options.seed, seed])
    result: list[Atoms] = []
    for frame in frames:
        result += [frame] if len(frame) <= options.whole_cell_atoms else _boxes(frame, options, mtp, rng)
    return result[:most]


def centres(frame: Atoms, select: float, apart_A: float, most: int, rng: np.random.Generator) -> list[int]:
    """Choose the atoms with the highest grades above `select`, none within `apart_A` of another.

    Args:
        frame: cell with or without the array ``grade``; without it, one atom near a boundary is drawn.
        select: grade from which an atom counts.
        apart_A: shortest distance of two centres.
        most: largest number of centres.
        rng: for the draw.
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
    """Move the atoms outside the protected radius a few steps downhill, so that the cut leaves no absurd forces.

    A young potential knows no core, and two ions may fall into each other: the border then stays as it was before.

    Args:
        box: with the array ``protected``.
        mtp: the potential so far.
        steps: of the minimizer.
        shortest_A: distance that two atoms must keep, unless they are closer from the start.
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
    except InputError:  # closer than the potential can be asked for
        pass
    relaxed = box.copy()
    relaxed.positions = good
    return relaxed


def _boxes(frame: Atoms, options: LearningOptions, mtp: MTP | None, rng: np.random.Generator) -> list[Atoms]:
    attempts = 1 if "grade" in frame.arrays else DRAWS  # without grades another atom is as good
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
