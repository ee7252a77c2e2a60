"""Sources of the uncertainty of a conductivity, and samples of the Haven ratio."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import log

import numpy as np
from scipy.special import ndtri

from argyro.platform.common.conductivity import HAVEN_RATIO
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.surrogates.models.prediction import Prediction

SOURCES = (
    "reference",
    "run_length",
    "realisation",
    "interpolation",
    "extrapolation",
    "boundary",
    "disorder",
    "haven_ratio",
)
HAVEN_SEED = 12


@lru_cache(maxsize=8)
def haven_samples(count: int) -> np.ndarray:
    """Return stratified samples of the prior of the Haven ratio, in a fixed random order."""
    normal = ndtri((np.arange(count) + 0.5) / count)
    shuffled = np.random.default_rng(HAVEN_SEED).permutation(normal)
    return np.exp(log(HAVEN_RATIO.value) + HAVEN_RATIO.log_sigma * shuffled)


def variance_shares(
    prediction: Prediction,
    index: int,
    coldest_K: float,
    with_bias_cm2_s: np.ndarray,
    given_reference_cm2_s: np.ndarray,
    effective: Callable[[np.ndarray], np.ndarray],
    arrangements: int,
    scatter: float,
    disorders: int = 1,
) -> dict[str, float]:
    """Divide the variance of ln σ among its sources; the shares add up to one.

    The part of the simulations is due to the scatter between few arrangements of atoms (``realisation``) and to runs of
    finite length (``run_length``). A material without runs is interpolated between the others (``interpolation``).

    Args:
        prediction: with the bias of the reference.
        index: of the temperature.
        coldest_K: lowest temperature of the simulations.
        with_bias_cm2_s: (n,) samples of D_eff.
        given_reference_cm2_s: (n,) samples without the bias.
        effective: D_eff of samples (n, 3) of bulk, along and across.
        arrangements: number of simulated arrangements of the bulk; 0 for a material without runs.
        scatter: standard deviation of ln D between arrangements.
        disorders: number of disorders that the samples belong to in turn; their means differ by ``disorder``.
    """
    given = prediction.given_reference
    now = given.samples[:, :, index]
    known = np.log(given_reference_cm2_s).var()
    found = {"reference": max(np.log(with_bias_cm2_s).var() - known, 0.0), "haven_ratio": HAVEN_RATIO.log_sigma**2}
    boundary = 0.0
    if prediction.parallel is not None:
        fixed = now[:, :1] * np.median(now / now[:, :1], axis=0)
        boundary = max(known - np.log(effective(fixed)).var(), 0.0)
    means = [np.log(given_reference_cm2_s[first::disorders]).mean() for first in range(disorders)]
    disorder = min(float(np.var(means)), known - boundary)
    bulk = np.log(now[:, 0])
    kelvin = prediction.temperatures_K[index]
    warm = bulk + given.activation_energy_samples_eV[:, 0] / BOLTZMANN_EV_K * (1 / kelvin - 1 / max(coldest_K, kelvin))
    far = float(np.clip(1 - warm.var() / max(bulk.var(), 1e-300), 0.0, 1.0))
    rest = known - boundary - disorder
    near = (1 - far) * rest
    realisation = min(scatter**2 / arrangements, near) if arrangements else 0.0
    found |= {"boundary": boundary, "disorder": disorder, "extrapolation": far * rest, "realisation": realisation}
    found["run_length"] = near - realisation if arrangements else 0.0
    found["interpolation"] = 0.0 if arrangements else near
    total = sum(found.values())
    return {source: float(found[source] / total) for source in SOURCES}
