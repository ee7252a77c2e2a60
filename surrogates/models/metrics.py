"""Metrics of predictions of ln D: errors in dex, coverage of the intervals, log density."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import ndtri

DEX = 1 / np.log(10)


@dataclass(frozen=True)
class HeldOut:
    """Out-of-fold predictions of runs, (n,) each.

    Args:
        log_values: observed ln D; NaN for a run that only bounds D.
        label_sigmas: its standard deviation.
        means: predicted ln D of the run, its bias included; NaN if missing.
        sigmas: standard deviation of the prediction without the label's.
        bound_densities: log probability of the few jumps of a bounding run; NaN for the others.
        new: whether the training data lacked the structure.
        weights: of the values in means over cells.
    """

    log_values: np.ndarray
    label_sigmas: np.ndarray
    means: np.ndarray
    sigmas: np.ndarray
    bound_densities: np.ndarray
    new: np.ndarray
    weights: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """Whether a run has a value and a prediction, (n,)."""
        return np.isfinite(self.means) & np.isfinite(self.log_values)


@dataclass(frozen=True)
class Score:
    """Errors in log10 D, share of values within their 95 % interval, mean negative log density per observation.

    Each cell counts once: its runs share its weight. In `run_mae_dex` each run counts once.
    """

    mae_dex: float
    rmse_dex: float
    coverage_95: float
    negative_log_density: float
    values: int
    bounds: int
    cells: int
    run_mae_dex: float

    def to_json(self) -> dict:
        """Return plain numbers by name."""
        return asdict(self)


def score(held_out: HeldOut, factor: float = 1.0) -> Score:
    """Score predictions after a calibration factor widens their standard deviations.

    Bounds contribute to the log density only, by the probability of their few jumps.
    """
    values, few = held_out.values, held_out.bound_densities[np.isfinite(held_out.bound_densities)]
    sigma = _spread(held_out, factor)[values]
    error, weights = (held_out.log_values - held_out.means)[values], held_out.weights[values]
    losses = negative_log_densities(held_out, factor)
    seen = np.isfinite(losses)
    mean_density = float(losses[seen].mean()) if seen.any() else np.nan
    if not values.any():
        return Score(np.nan, np.nan, np.nan, mean_density, 0, len(few), 0, np.nan)
    return Score(
        mae_dex=float(np.average(np.abs(error), weights=weights) * DEX),
        rmse_dex=float(np.sqrt(np.average(error**2, weights=weights)) * DEX),
        coverage_95=float(np.average(np.abs(error / sigma) <= 1.959964, weights=weights)),
        negative_log_density=mean_density,
        values=int(values.sum()),
        bounds=len(few),
        cells=round(float(weights.sum())),
        run_mae_dex=float(np.abs(error).mean() * DEX),
    )


def _spread(held_out: HeldOut, factor: float) -> np.ndarray:
    return np.hypot(held_out.sigmas * widening(factor, held_out.new), held_out.label_sigmas)


def negative_log_densities(held_out: HeldOut, factor: float = 1.0) -> np.ndarray:
    """Compute the negative log density of each observation, (n,); NaN without a prediction."""
    sigma = _spread(held_out, factor)
    of_value = 0.5 * ((held_out.log_values - held_out.means) / sigma) ** 2 + np.log(sigma) + 0.5 * np.log(2 * np.pi)
    return np.where(held_out.values, of_value, -held_out.bound_densities)


def advantage(losses: np.ndarray, others: np.ndarray, cells: np.ndarray) -> tuple[float, float]:
    """Compute by how much one loss per observation is below another, with its standard error over cells.

    Args:
        losses: of the candidate, (n,); NaN where nothing is predicted.
        others: of the other candidate.
        cells: name of the cell of each observation; observations of one cell are not independent.
    """
    difference = others - losses
    seen = np.isfinite(difference)
    _, cell = np.unique(cells[seen], return_inverse=True)
    sums, number = np.bincount(cell, difference[seen]), int(seen.sum())
    if len(sums) < 2:
        return 0.0, np.inf
    return float(sums.sum() / number), float(np.sqrt(len(sums) * sums.var(ddof=1)) / number)


def noise_floor_dex(label_sigmas: np.ndarray) -> float:
    """Compute the mean absolute error of a perfect model from the labels' standard deviations of ln D."""
    return float(np.sqrt(2 / np.pi) * np.mean(label_sigmas) * DEX) if len(label_sigmas) else float("nan")


def widening(factor: float, new: np.ndarray) -> np.ndarray:
    """Return the calibration factor for new structures and 1 for simulated ones."""
    return np.where(new, factor, 1.0)


def calibration_factor(held_out: HeldOut, coverage: float = 0.95, smallest: int = 19) -> float:
    """Compute the factor on the held-out intervals that gives them the nominal coverage.

    This is split conformal prediction over values of new structures, each predicted without its group. Below 19 values
    the 95 % quantile does not exist and the factor is 1. The factor is at least 1: errors within a group are
    correlated, so few groups can look too accurate by chance.

    Source: Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World (2005).
    """
    level = 0.5 + coverage / 2
    values = held_out.values & held_out.new
    if values.sum() < smallest:
        return 1.0
    error = np.abs(held_out.log_values - held_out.means)[values] / ndtri(level)
    needed = np.sqrt(np.maximum(error**2 - held_out.label_sigmas[values] ** 2, 0.0)) / held_out.sigmas[values]
    rank = min(int(np.ceil((len(needed) + 1) * coverage)), len(needed))
    return float(np.clip(np.sort(needed)[rank - 1], 1.0, 3.0))
