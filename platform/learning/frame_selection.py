"""Selection of exploration frames for labelling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.labels.frame_filters import SanityLimits, min_distance_A
from argyro.platform.learning.explore import Exploration

if TYPE_CHECKING:
    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.mtp.model import MTP


def pick(
    explorations: Sequence[Exploration], mtp: MTP, active_set: ActiveSet, limits: SanityLimits, most: int
) -> list[Atoms]:
    """Choose frames that enlarge the volume of the active set, from the runs in turn, earliest frames first.

    The first frames of a run outside the trained region are physical; the last ones, just before the break, may not be.
    Therefore early frames come first. Frames with nearly fused atoms are left out before labelling.

    Args:
        explorations: runs with their candidates.
        mtp: the current potential.
        active_set: active set of the potential.
        limits: limits of plausible frames.
        most: largest number of picks.
    """
    candidates = [
        frame
        for exploration in explorations
        for frame in exploration.frames
        if min_distance_A(frame) >= limits.min_distance_A
    ]
    chosen = [candidates[index] for index in active_set.select(mtp, candidates)]
    turn: dict[tuple, int] = {}
    order = []
    for frame in sorted(chosen, key=lambda frame: frame.info["step"]):
        run = (frame.info["structure"], frame.info["made_by"])
        turn[run] = turn.get(run, 0) + 1
        order.append((turn[run], frame))
    order.sort(key=lambda pair: pair[0])
    return [frame for _, frame in order[:most]]


def grade_quantiles(explorations: Sequence[Exploration]) -> dict[str, float]:
    """Return median, 95th percentile and maximum of the grades, and the number of frames above the selection."""
    grades = np.concatenate([exploration.grades for exploration in explorations]) if explorations else np.empty(0)
    if not grades.size:
        return {}
    return {
        "median": float(np.median(grades)),
        "p95": float(np.percentile(grades, 95)),
        "max": max(exploration.max_grade for exploration in explorations),
        "frames_above_select": sum(exploration.candidates for exploration in explorations),
    }
