"""Collective (charge) diffusivity and the Haven ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion.msd import (
    MeanSquareDisplacement,
    collective_displacement,
    mean_square_displacement,
)
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

BLOCKS_MIN, BLOCKS_MAX = 5, 20
BLOCK_PS = 10.0  # longer than vibrations, and short because each block gives only one sample of the sum
WINDOW = (1 / 5, 1 / 2)  # fitted lags over the block length


@dataclass(frozen=True)
class Collective:
    """Charge transport in comparison with tracer transport.

    Args:
        charge_cm2_s: D_σ, slope of ⟨|Σ Δr|²⟩ / N over 2 d, with its 95 % interval; None without sufficient statistics.
        haven_ratio: D_tracer / D_σ over the same lags; None without sufficient statistics.
        blocks: number of independent blocks behind the interval.
        window_ps: fitted lags.
    """

    charge_cm2_s: Uncertain | None
    haven_ratio: Uncertain | None
    blocks: int
    window_ps: tuple[float, float]

    def to_json(self) -> dict:
        """Return the result as JSON."""
        return {
            "charge_cm2_s": self.charge_cm2_s.to_json() if self.charge_cm2_s else None,
            "haven_ratio": self.haven_ratio.to_json() if self.haven_ratio else None,
            "charge_blocks": self.blocks,
            "charge_window_ps": list(self.window_ps),
        }


def collective(trajectory: Trajectory, axes: str = "xyz") -> Collective:
    """Estimate charge diffusivity and Haven ratio from independent blocks of the run.

    The summed displacement of N ions gives one sample, the tracer N samples; its error is √N times larger. The run is
    divided into at least 5 blocks. The mean slope has a t-distributed error, ln H_R a jackknife error.

    Args:
        trajectory: run of at least 50 ps; shorter runs give no value.
        axes: axes of the displacement.

    Source: Marcolongo, Marzari, Phys. Rev. Materials 1, 025402 (2017), for H_R; Efron's jackknife.
    """
    blocks = min(BLOCKS_MAX, int(trajectory.duration_ps / BLOCK_PS))
    length = trajectory.frames // max(blocks, 1)
    start_ps, end_ps = (share * (length - 1) * trajectory.interval_ps for share in WINDOW)
    window_ps = (start_ps, end_ps)
    if blocks < BLOCKS_MIN:
        return Collective(None, None, blocks, window_ps)
    parts = [trajectory.part(i * length, (i + 1) * length) for i in range(blocks)]
    charge = np.array([_slope(collective_displacement(part), axes) for part in parts])
    tracer = np.array([_slope(mean_square_displacement(part), axes) for part in parts])
    to_cm2_s = A2_PER_PS_IN_CM2_S / (2 * len(axes))
    mean = _mean(charge * to_cm2_s)
    return Collective(mean, _haven(tracer, charge) if mean else None, blocks, window_ps)


def _slope(msd: MeanSquareDisplacement, axes: str) -> float:
    start, end = (int(share * msd.steps) for share in WINDOW)
    return float(np.polyfit(msd.lags_ps[start : end + 1], msd.along(axes)[start : end + 1], 1)[0])


def _mean(values: np.ndarray) -> Uncertain | None:
    from scipy.stats import t

    centre = float(values.mean())
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Uncertain(centre, centre - half, centre + half) if centre > half else None


def _haven(tracer: np.ndarray, charge: np.ndarray) -> Uncertain | None:
    from scipy.stats import t

    blocks = len(charge)
    left_charge = (charge.sum() - charge) / (blocks - 1)
    left_tracer = (tracer.sum() - tracer) / (blocks - 1)
    if min(charge.mean(), tracer.mean(), left_charge.min(), left_tracer.min()) <= 0:
        return None
    logs = np.log(left_tracer / left_charge)
    error = np.sqrt((blocks - 1) / blocks * ((logs - logs.mean()) ** 2).sum())
    centre, spread = np.log(tracer.mean() / charge.mean()), t.ppf(0.975, blocks - 1) * error
    return Uncertain(*(float(np.exp(centre + shift)) for shift in (0.0, -spread, spread)))
