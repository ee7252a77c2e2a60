"""Tracer diffusion tensor of a cell."""

from __future__ import annotations

import numpy as np

from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion.msd import mean_square_displacement
from argyro.platform.dynamics.diffusion.tracer import WINDOW
from argyro.platform.dynamics.trajectories.trajectory import Trajectory


def diffusion_tensor_cm2_s(trajectory: Trajectory) -> np.ndarray:
    """Return the symmetric (3, 3) tracer tensor, slope of ⟨Δr_a Δr_b⟩ over 2, in the axes of the cell file.

    For a boundary in the xy plane D∥ = (D_xx + D_yy) / 2 and D⊥ = D_zz. `diffusivities` returns these with intervals.

    Args:
        trajectory: run of any length; the fit uses lags from 1/6 to 1/2 of it.
    """
    msd = mean_square_displacement(trajectory)
    start, end = (int(share * msd.steps) for share in WINDOW)
    products = msd.tensor_A2[start : end + 1].reshape(-1, 9)
    slopes = np.polyfit(msd.lags_ps[start : end + 1], products, 1)[0]
    return slopes.reshape(3, 3) / 2 * A2_PER_PS_IN_CM2_S
