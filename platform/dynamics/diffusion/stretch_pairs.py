"""Compare the first parts of a run with the whole run, to learn the size of the run-length bias."""

from __future__ import annotations

import numpy as np

from argyro.platform.dynamics.diffusion.observe_run import FEWEST_FRAMES, observe_run
from argyro.platform.dynamics.diffusion.run_length_bias import StretchPair
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

SHARES = (1 / 4, 1 / 2)


def stretch_pairs(trajectory: Trajectory, axes: str = "xyz", shares: tuple[float, ...] = SHARES) -> list[StretchPair]:
    """Return one pair for each part whose own length gives a diffusivity; none if the whole run gives only a bound.

    The windows of the lags grow with the length. A part of share p then repeats the squared displacements of the whole
    with correlation √p, in a share p of its time. The two values of ln D are therefore correlated by p.

    Args:
        trajectory: run of at least 50 frames.
        axes: axes of the displacement.
        shares: lengths of the parts over that of the run.
    """
    whole = _logarithm(trajectory, axes)
    if whole is None:
        return []
    pairs = []
    for share in shares:
        frames = round(share * trajectory.frames)
        part = _logarithm(trajectory.part(0, frames), axes) if frames >= FEWEST_FRAMES else None
        if part is not None:
            sigma = float(np.sqrt(part[1] ** 2 + whole[1] ** 2 - 2 * share * part[1] * whole[1]))
            pairs.append(StretchPair(share, part[0] - whole[0], sigma, part[2], whole[2]))
    return pairs


def _logarithm(trajectory: Trajectory, axes: str) -> tuple[float, float, float] | None:
    """Return ln D with its standard deviation and the final mean-square displacement; None for a bound."""
    seen = observe_run(trajectory, 1.0, (axes,))[axes]
    if seen.log_cm2_s is None or seen.log_sigma is None:
        return None
    return seen.log_cm2_s, seen.log_sigma, seen.end_msd_A2
