"""Estimate of the run length needed for a precision."""

from __future__ import annotations

import math

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.diffusion.tracer import Diffusivity
from argyro.platform.dynamics.diffusion.validity_checks import CAGE_A


def run_length_factor(measured: Diffusivity, relative_error: float = 0.2) -> float:
    """Return the factor by which the run must be extended; at most 1 if it suffices.

    The relative error falls as 1/√(run length). It is the larger of the posterior's error and the empirical
    3.43 / √N_eff + 0.04, where N_eff grows with the run. A run with caged ions must be long enough for them to leave.

    Args:
        measured: the diffusivity of the run so far.
        relative_error: wanted standard deviation over D, above 0.04.

    Raises:
        InputError: no run length reaches the precision.

    Source: He, Zhu, Epstein, Mo, npj Comput. Mater. 4, 18 (2018).
    """
    if relative_error <= 0.04:
        raise InputError(
            f"a relative error of {relative_error} is below the 4 % that a single run can reach; average over seeds"
        )
    posterior = (measured.relative_error / relative_error) ** 2
    jumps_needed = (3.43 / (relative_error - 0.04)) ** 2
    empirical = jumps_needed / max(measured.effective_jumps, 1e-9)
    escape = CAGE_A**2 / max(measured.msd_A2, 1e-9)
    drift = 1.0 if measured.valid else 3.0  # a decreasing slope needs a much longer run
    return float(max(posterior, empirical, escape, drift))


def advice(measured: Diffusivity, relative_error: float = 0.2) -> str:
    """Return a sentence of advice such as "run 3 × longer (180 ps) for 20 %"; a caged run gets no precision."""
    factor = run_length_factor(measured, relative_error)
    if factor <= 1:
        return f"long enough for {relative_error:.0%}"
    if factor > 100:
        reason = measured.reason or "too few jumps"
        return f"{reason}: no affordable run reaches {relative_error:.0%}; raise the temperature"
    length_ps = math.ceil(factor * measured.duration_ps)
    if not measured.valid:
        return f"run at least {factor:.1f} × longer ({length_ps} ps) or hotter for any value"
    return f"run {factor:.1f} × longer ({length_ps} ps) for {relative_error:.0%}"
