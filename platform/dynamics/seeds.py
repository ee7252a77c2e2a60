"""One diffusivity from independent runs: seeds, disorder realisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Ensemble:
    """One diffusivity from all runs of a system at one temperature.

    Args:
        temperature_K: of the runs.
        estimate: D in cm²/s, the mean of ln D; None if half of the runs or more give no value.
        upper_bound_cm2_s: where there is no estimate, the mean of the runs' upper limits.
        runs: how many there are.
        valid_runs: how many of them give a value.
        spread: standard deviation of ln D between those, None if there are fewer than two.
    """

    temperature_K: float
    estimate: Uncertain | None
    upper_bound_cm2_s: float | None
    runs: int
    valid_runs: int
    spread: float | None

    def to_json(self) -> dict:
        """Plain data."""
        value = self.estimate.to_json() if self.estimate else None
        rest = {name: item for name, item in vars(self).items() if name != "estimate"}
        return {"diffusivity_cm2_s": value, "valid": value is not None} | rest


def ensemble(temperature_K: float, runs: Sequence[tuple[Uncertain | None, float | None]]) -> Ensemble:
    """Combine runs, those included that give only an upper bound.

    Leaving those out would favour the fast ones. Where most runs give a value, the lower limit falls to the share of
    valid runs, as if the others stood still; where most do not, the mean of all upper limits bounds the mean D.

    Args:
        temperature_K: of all runs.
        runs: (estimate, upper bound if there is none) of each.
    """
    valid = [estimate for estimate, _ in runs if estimate is not None]
    spread = float(np.std(np.log([run.value for run in valid]), ddof=1)) if len(valid) > 1 else None
    if 2 * len(valid) <= len(runs):
        limits = [estimate.high if estimate else bound for estimate, bound in runs]
        bound = float(np.mean([limit for limit in limits if limit is not None]))
        return Ensemble(temperature_K, None, bound, len(runs), len(valid), spread)
    mean = combine(valid)
    estimate = Uncertain(mean.value, mean.low * len(valid) / len(runs), mean.high)
    return Ensemble(temperature_K, estimate, None, len(runs), len(valid), spread)
