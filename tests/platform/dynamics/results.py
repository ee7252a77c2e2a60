"""Diffusivities without a run behind them."""

import numpy as np

from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.jump_exposure import JumpExposure
from argyro.platform.dynamics.diffusion.tracer import Diffusivity


def measured(value_cm2_s, temperature_K=500.0, log_sigma=0.05, axes="xyz", bound=None) -> Diffusivity:
    """A valid diffusivity, or an upper bound if `bound` is given."""
    spread = np.exp(1.959964 * log_sigma)
    estimate = None if bound else Uncertain(value_cm2_s, value_cm2_s / spread, value_cm2_s * spread)
    return Diffusivity(
        estimate=estimate,
        valid=estimate is not None,
        standing="bound" if bound else "short",
        shortness="" if bound else "the ions moved 4.5 Å",
        bias_scale=0.0,
        apparent_cm2_s=None if bound else value_cm2_s,
        jump_exposure=JumpExposure(0.0, 3.0 / (bound or value_cm2_s)),
        upper_bound_cm2_s=bound,
        reason="caged" if bound else "",
        window_ps=(10.0, 30.0),
        temperature_K=temperature_K,
        axes=axes,
        estimator="exact",
        species="Li",
        frames=600,
        ions=192,
        ions_per_A3=0.0225,
        duration_ps=60.0,
        loglog_slope=0.9,
        drift=0.9,
        drift_sigma=0.05,
        msd_A2=20.0,
        effective_jumps=400.0,
        ion_correlation=1.0,
        relative_error=log_sigma,
        relative_error_he_zhu_mo=0.2,
        relative_error_blocks=0.1,
    )
