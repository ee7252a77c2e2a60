"""Hamiltonian Monte Carlo of several nearly normal densities at once, with convergence checks.

A Gaussian approximation of each density preconditions its walk, so that a quarter of the period of a standard normal
density forgets the start. All chains of all densities move together as array operations.

Source: Neal, Handbook of Markov Chain Monte Carlo (2011), chapter 5; Gelman et al., Bayesian Data Analysis (2013),
section 11.4, for R-hat and the effective sample size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import ArgyroError

LEAPFROG, LARGEST_STEP = 5, 0.45  # a trajectory passes about a quarter of a period, 2π in the approximation's scale
CHAINS, WARM, KEPT = 4, 16, 24
WANTED = 0.8  # acceptance during the warm-up
ENOUGH = (1.2, 100.0)  # R-hat and effective size that end the walk, over all densities together
LIMITS = (1.5, 50.0)  # beyond which the samples are refused

Target = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Walk:
    """Samples (kept, densities, chains, k) with the mean acceptance."""

    samples: np.ndarray
    acceptance: float


def walk(target: Target, shape: tuple[int, int], seed: int, thinned: int = 1) -> Walk:
    """Sample densities that are nearly standard normal.

    Args:
        target: maps points (densities, chains, k) to ln p (densities, chains) and its gradient.
        shape: number of densities, and of variables k.
        seed: random seed.
        thinned: number of trajectories for each kept sample.
    """
    rng = np.random.default_rng(seed)
    point, step = rng.standard_normal((shape[0], CHAINS, shape[1])), LARGEST_STEP / 2
    value, slope = target(point)
    kept, accepted = [], []
    for turn in range((WARM + KEPT) * thinned):
        size = step * rng.uniform(0.5, 1.0)
        point, value, slope, rate = _trajectory(target, point, value, slope, size, rng)
        if turn < WARM * thinned:
            step = float(np.clip(step * np.exp(0.4 * (rate - WANTED)), 0.03, LARGEST_STEP))
        else:
            accepted.append(rate)
            if turn % thinned == thinned - 1:
                kept.append(point)
    return Walk(np.array(kept), float(np.mean(accepted)))


def _trajectory(
    target: Target, point: np.ndarray, value: np.ndarray, slope: np.ndarray, step: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Move every chain along one trajectory and accept or refuse its end."""
    momentum = rng.standard_normal(point.shape)
    before = value - 0.5 * (momentum**2).sum(axis=-1)
    new, new_value, new_slope = point, value, slope
    for _ in range(LEAPFROG):
        momentum = momentum + 0.5 * step * new_slope
        new = new + step * momentum
        new_value, new_slope = target(new)
        momentum = momentum + 0.5 * step * new_slope
    gain = np.nan_to_num(new_value - 0.5 * (momentum**2).sum(axis=-1) - before, nan=-np.inf)
    taken = np.log(rng.random(gain.shape)) < gain
    return (
        np.where(taken[..., None], new, point),
        np.where(taken, new_value, value),
        np.where(taken[..., None], new_slope, slope),
        float(np.exp(np.minimum(gain, 0)).mean()),
    )


def r_hat(samples: np.ndarray) -> np.ndarray:
    """Compute split R-hat of quantities (draws, densities, chains, q), averaged over the densities, (q,)."""
    half = len(samples) // 2
    split = np.concatenate([samples[:half], samples[half : 2 * half]], axis=2)
    within = split.var(axis=0, ddof=1).mean(axis=(0, 1))
    between = half * split.mean(axis=0).var(axis=1, ddof=1).mean(axis=0)
    return np.sqrt((half - 1) / half + between / half / np.maximum(within, 1e-300))


def effective_size(samples: np.ndarray) -> np.ndarray:
    """Estimate the effective number of samples of quantities (draws, densities, chains, q) from chain means, (q,)."""
    draws, densities, chains, _ = samples.shape
    within = samples.var(axis=(0, 2), ddof=1).mean(axis=0)
    of_means = samples.mean(axis=0).var(axis=1, ddof=1).mean(axis=0)
    return densities * chains * np.minimum(within / np.maximum(of_means, 1e-300), draws)


def mixing(samples: np.ndarray) -> dict[str, float]:
    """Return the largest R-hat and the smallest effective size of quantities (draws, densities, chains, q)."""
    return {"r_hat": float(r_hat(samples).max()), "effective_samples": float(effective_size(samples).min())}


def mixed(found: dict[str, float], limits: tuple[float, float] = ENOUGH) -> bool:
    """Check `mixing` against a largest R-hat and a smallest effective size."""
    return found["r_hat"] <= limits[0] and found["effective_samples"] >= limits[1]


def require_mixed(found: dict[str, float]) -> None:
    """Refuse chains that disagree.

    Raises:
        ArgyroError: R-hat or the effective size is beyond its limit.
    """
    if not mixed(found, LIMITS):
        worst, fewest = found["r_hat"], found["effective_samples"]
        raise ArgyroError(
            f"the posterior samples of ln D have R-hat {worst:.2f} and {fewest:.0f} effective samples; accepted are at"
            f" most {LIMITS[0]} and at least {LIMITS[1]:.0f}; look for runs of one cell that contradict each"
            " other"
        )
