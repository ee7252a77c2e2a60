"""Metrics of predictions of ln D: errors in dex, coverage of the intervals, log density."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import log_ndtr, ndtri

DEX = 1 / np.log(10)


@dataclass(frozen=True)
class HeldOut:
    """Out-of-fold predictions, (n,) each, NaN if missing; ``new`` if the training data lacked the structure."""

    log_values: np.ndarray
    label_sigmas: np.ndarray
    censored: np.ndarray
    means: np.ndarray
    sigmas: np.ndarray
    new: np.ndarray


@dataclass(frozen=True)
class Score:
    """Errors in log10 D, share of values within their 95 % interval, mean negative log density per observation."""

    mae_dex: float
    rmse_dex: float
    coverage_95: float
    negative_log_density: float
    values: int
    bounds: int

    def to_json(self) -> dict:
        """Return plain numbers by name."""
        return asdict(self)


def score(held_out: HeldOut, factor: float = 1.0) -> Score:
    """Score predictions after a calibration factor widens their standard deviations.

    Upper bounds contribute to the log density only, by the probability of a value below them.
    """
    sigma = np.hypot(held_out.sigmas * widening(factor, held_out.new), held_out.label_sigmas)
    made = np.isfinite(held_out.means)
    values, bounds = made & ~held_out.censored, made & held_out.censored
    error = held_out.log_values - held_out.means
    z = error / sigma
    density = np.concatenate(
        [0.5 * z[values] ** 2 + np.log(sigma[values]) + 0.5 * np.log(2 * np.pi), -log_ndtr(z[bounds])]
    )
    if not values.any():
        return Score(np.nan, np.nan, np.nan, float(density.mean()) if len(density) else np.nan, 0, int(bounds.sum()))
    return Score(
        mae_dex=float(np.abs(error[values]).mean() * DEX),
        rmse_dex=float(np.sqrt((error[values] ** 2).mean()) * DEX),
        coverage_95=float((np.abs(z[values]) <= 1.959964).mean()),
        negative_log_density=float(density.mean()),
        values=int(values.sum()),
        bounds=int(bounds.sum()),
    )


def noise_floor_dex(label_sigmas: np.ndarray, censored: np.ndarray) -> float:
    """Compute the mean absolute error of a perfect model from the labels' standard deviations of ln D."""
    return float(np.sqrt(2 / np.pi) * np.mean(label_sigmas[~censored]) * DEX) if (~censored).any() else float("nan")


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
    values = np.isfinite(held_out.means) & ~held_out.censored & held_out.new
    if values.sum() < smallest:
        return 1.0
    error = np.abs(held_out.log_values - held_out.means)[values] / ndtri(level)
    needed = np.sqrt(np.maximum(error**2 - held_out.label_sigmas[values] ** 2, 0.0)) / held_out.sigmas[values]
    rank = min(int(np.ceil((len(needed) + 1) * coverage)), len(needed))
    return float(np.clip(np.sort(needed)[rank - 1], 1.0, 3.0))
