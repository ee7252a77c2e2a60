"""Likelihood of a simulated run given ln D of the grain and of the boundary.

A run shows the apparent diffusivity of its cell: the bulk's D, along boundaries the mixture f D_GB + (1 - f) D_grain,
across them the slope of the layered medium in the run's fit window. Its logarithm is seen as

    ln D_run = ln D_cell + b + ε,   ε ~ N(0, σ² + jitter²),   b ~ HalfNormal(scale),   scale² = (size · reach)² + fall².

The run-length bias b ≥ 0 is the excess of a short run over its long-time limit. A run without diffusion counts k jumps
of a Poisson number with the mean exposure · D_cell; its likelihood is the probability of k or fewer.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, log_ndtr, logsumexp

from argyro.platform.dynamics.boundaries.layered_medium import log_parallel, log_perpendicular
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.runs import Runs

HALF_MEAN = float(np.sqrt(2 / np.pi))  # of a half-normal variable with unit scale
STEP = 1e-4
PARALLEL, PERPENDICULAR = TARGETS.index("parallel"), TARGETS.index("perpendicular")


def log_cell(runs: Runs, grain: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Compute ln of the cell's apparent diffusivity, (..., n), from ln D of grain and boundary, (..., n)."""
    apparent = np.array(grain, dtype=float)
    along, across = runs.targets == PARALLEL, runs.targets == PERPENDICULAR
    if along.any():
        apparent[..., along] = log_parallel(grain[..., along], own[..., along], runs.fractions[along])
    if across.any():
        setting = runs.fractions[across], runs.log_scales[across]
        apparent[..., across] = log_perpendicular(grain[..., across], own[..., across], *setting)
    return apparent


def slopes(runs: Runs, grain: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Compute the derivatives of `log_cell` in ln D of grain and boundary, (..., n, 2)."""
    result = np.zeros((*grain.shape, 2))
    result[..., runs.targets == 0, 0] = 1.0
    along, across = runs.targets == PARALLEL, runs.targets == PERPENDICULAR
    if along.any():
        at, share = (grain[..., along], own[..., along]), runs.fractions[along]
        result[..., along, 1] = np.exp(np.log(share) + at[1] - log_parallel(*at, share))
        result[..., along, 0] = 1 - result[..., along, 1]
    if across.any():
        at, setting = (grain[..., across], own[..., across]), (runs.fractions[across], runs.log_scales[across])
        here = log_perpendicular(*at, *setting)
        result[..., across, 0] = (log_perpendicular(at[0] + STEP, at[1], *setting) - here) / STEP
        result[..., across, 1] = (log_perpendicular(at[0], at[1] + STEP, *setting) - here) / STEP
    return result


def bias_scale(runs: Runs, size: float) -> np.ndarray:
    """Compute the scale of the run-length bias, (n,)."""
    return np.hypot(size * runs.reaches, runs.falls)


def moments(runs: Runs, hyper: Hyperparameters) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean and variance of ln D_run - ln D_cell, (n,) each."""
    scale = bias_scale(runs, hyper.bias)
    return HALF_MEAN * scale, runs.log_sigmas**2 + hyper.jitter**2 + (1 - HALF_MEAN**2) * scale**2


def log_likelihood(runs: Runs, apparent: np.ndarray, hyper: Hyperparameters) -> np.ndarray:
    """Compute the log likelihood of each run given ln of its cell's diffusivity, (..., n).

    The sum of a normal and a half-normal variable has a skew-normal density.
    """
    result = np.empty_like(apparent)
    bounded = runs.bounded
    if not bounded.all():
        variance = (runs.log_sigmas**2 + hyper.jitter**2)[..., ~bounded]
        scale = bias_scale(runs, hyper.bias)[..., ~bounded]
        total = np.sqrt(variance + scale**2)
        z = (runs.log_values[~bounded] - apparent[..., ~bounded]) / total
        result[..., ~bounded] = log_ndtr(scale / np.sqrt(variance) * z) - z**2 / 2 - np.log(total) - CONSTANT
    if bounded.any():
        expected = np.log(runs.exposures[bounded]) + apparent[..., bounded]
        result[..., bounded] = log_few_jumps(runs.counts[bounded], expected)
    return result


def score(runs: Runs, apparent: np.ndarray, hyper: Hyperparameters) -> np.ndarray:
    """Compute the derivative of `log_likelihood` in ln of the cell's diffusivity, (..., n)."""
    result = np.empty_like(apparent)
    bounded = runs.bounded
    if not bounded.all():
        variance = (runs.log_sigmas**2 + hyper.jitter**2)[..., ~bounded]
        skew = bias_scale(runs, hyper.bias)[..., ~bounded] / np.sqrt(variance)
        total = np.sqrt(variance) * np.sqrt(1 + skew**2)
        z = (runs.log_values[~bounded] - apparent[..., ~bounded]) / total
        hazard = np.exp(-0.5 * (skew * z) ** 2 - 0.5 * np.log(2 * np.pi) - log_ndtr(skew * z))
        result[..., ~bounded] = (z - skew * hazard) / total
    if bounded.any():
        log_expected = np.log(runs.exposures[bounded]) + apparent[..., bounded]
        count = runs.counts[bounded]
        last = (count + 1) * log_expected - np.exp(log_expected) - gammaln(count + 1)
        result[..., bounded] = -np.exp(last - log_few_jumps(count, log_expected))
    return result


def log_few_jumps(counts: np.ndarray, log_expected: np.ndarray) -> np.ndarray:
    """Compute ln of the Poisson probability of at most ``counts`` (n,) jumps, for ln of their mean, (..., n)."""
    number = np.arange(int(counts.max()) + 1)
    terms = number * log_expected[..., None] - gammaln(number + 1)
    allowed = np.where(number <= counts[:, None], terms, -np.inf)
    return logsumexp(allowed, axis=-1) - np.exp(log_expected)


CONSTANT = float(0.5 * np.log(np.pi / 2))
