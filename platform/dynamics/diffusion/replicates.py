"""One diffusivity from replicates: independent runs with other seeds or disorder realisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain

SPREAD_SCALE = 0.4  # prior scale of the spread of ln D between runs; 0.08 to 0.3 is usual, above 0.8 is unlikely
SPREADS = np.linspace(0.0, 4 * SPREAD_SCALE, 400)


def combine(runs: Sequence[Uncertain]) -> Uncertain:
    """Average ln D over runs, with an interval that includes the spread between runs.

    ln D_i is normal about the mean with the variance σ_i² + τ². σ_i comes from the run's interval; τ is the spread
    between arrangements and seeds. The mean is integrated over τ with a half-normal prior of scale 0.4. The prior keeps
    the interval reasonable for two or three runs, whose difference alone determines τ badly.

    Args:
        runs: diffusivities of the same system and temperature.

    Raises:
        InputError: the list of runs is empty.

    Source: Röver, Bender, Dias, Schmid, Schmidli, Sturtz, Weber, Friede, Res. Synth. Methods 12, 448 (2021).
    """
    if not runs:
        raise InputError("no diffusivity to combine; give at least one run")
    if len(runs) == 1:
        return runs[0]
    logs, variances = np.log([run.value for run in runs]), np.array([run.log_sigma for run in runs]) ** 2
    weights = 1 / (variances + SPREADS[:, None] ** 2)  # (spreads, runs)
    precisions = weights.sum(axis=1)
    means = weights @ logs / precisions
    misfits = (weights * (logs - means[:, None]) ** 2).sum(axis=1)
    log_posterior = (np.log(weights).sum(axis=1) - np.log(precisions) - misfits - (SPREADS / SPREAD_SCALE) ** 2) / 2
    shares = np.exp(log_posterior - log_posterior.max())
    return _quantiles(means, 1 / np.sqrt(precisions), shares / shares.sum())


def _quantiles(means: np.ndarray, sigmas: np.ndarray, shares: np.ndarray) -> Uncertain:
    """Return the median and central 95 % interval of exp of a mixture of normals."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    low, high = float((means - 8 * sigmas).min()), float((means + 8 * sigmas).max())
    value, lower, upper = (
        float(np.exp(brentq(lambda x, share=share: shares @ ndtr((x - means) / sigmas) - share, low, high)))
        for share in (0.5, 0.025, 0.975)
    )
    return Uncertain(value, lower, upper)


@dataclass(frozen=True)
class Ensemble:
    """One diffusivity from all runs of a system at one temperature.

    Args:
        temperature_K: temperature of the runs.
        estimate: D in cm²/s from the mean of ln D; None if half or more of the runs give no value.
        upper_bound_cm2_s: mean of the runs' upper limits, given without an estimate.
        runs: number of runs.
        valid_runs: number of runs with a value.
        spread: standard deviation of ln D between valid runs; None for fewer than two.
    """

    temperature_K: float
    estimate: Uncertain | None
    upper_bound_cm2_s: float | None
    runs: int
    valid_runs: int
    spread: float | None

    def to_json(self) -> dict:
        """Return the ensemble as JSON."""
        value = self.estimate.to_json() if self.estimate else None
        rest = {name: item for name, item in vars(self).items() if name != "estimate"}
        return {"diffusivity_cm2_s": value, "valid": value is not None} | rest


def ensemble(temperature_K: float, runs: Sequence[tuple[Uncertain | None, float | None]]) -> Ensemble:
    """Combine runs, including those with only an upper bound.

    Without them the mean would be too high. If most runs give a value, the lower limit is multiplied by the share of
    valid runs: the others count as immobile. Otherwise the mean of all upper limits bounds the mean D.

    Args:
        temperature_K: temperature of all runs.
        runs: (estimate, upper bound without an estimate) of each run.
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
