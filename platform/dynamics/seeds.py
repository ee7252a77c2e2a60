"""One diffusivity from independent runs: seeds, disorder realisations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.errors import InputError
from argyro.platform.uncertain import Uncertain


def combine(runs: Sequence[Uncertain]) -> Uncertain:
    """Mean of ln D over runs, with the spread between runs where it exceeds what their intervals explain.

    Each run gets the variance σ_i² + τ², τ² ≥ 0 the excess spread; seeds that disagree widen the interval, which a mean
    weighted by σ_i alone would hide.

    Args:
        runs: diffusivities of the same system and temperature.

    Raises:
        InputError: no run.

    Source: DerSimonian, Laird, Control. Clin. Trials 7, 177 (1986); interval with t as Hartung, Knapp, Stat. Med. 20,
        3875 (2001), but never narrower than the runs' own errors allow.
    """
    from scipy.stats import t

    if not runs:
        raise InputError("no diffusivity to combine", accepted="at least one run")
    if len(runs) == 1:
        return runs[0]
    logs, variances = np.log([run.value for run in runs]), np.array([run.log_sigma for run in runs]) ** 2
    weights = 1 / variances
    mean = weights @ logs / weights.sum()
    excess = weights @ (logs - mean) ** 2 - (len(runs) - 1)
    between = max(0.0, excess / (weights.sum() - (weights**2).sum() / weights.sum()))
    weights = 1 / (variances + between)
    mean = weights @ logs / weights.sum()
    observed = weights @ (logs - mean) ** 2 / (len(runs) - 1) / weights.sum()
    half = max(t.ppf(0.975, len(runs) - 1) * np.sqrt(observed), 1.96 / np.sqrt(weights.sum()))
    return Uncertain(*(float(np.exp(mean + shift)) for shift in (0.0, -half, half)))
