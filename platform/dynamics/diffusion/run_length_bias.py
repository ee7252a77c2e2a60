"""Run-length bias: an ion that has visited few sites still moves faster than in the long run.

The slope of a concave mean-square displacement decreases towards its long-time limit. With D(T) of a run of length T,

    ln D(T) = ln D + b, b ≥ 0 half-normal with the scale s √((7 Å)² / MSD).        (1)

The size s is 0.25 for a single run. A campaign learns its own from D of the first part of each run against the whole.
The exponent is that of 1 / √T. In the reference campaign, 52 pairs of 100 ps and 400 ps give s = 0.27; their mean
ln(D_100 / D_400) falls from 0.18 at 500 K to 0.04 at 750 K. A slope that still falls significantly adds the logarithm f
of its fall: the scale is √(s² (7 Å)² / MSD + f²).

Source: argyro's reference campaign, test_run_length_bias.py; Kim et al. (2024) find D of 100 ps twice that of 10 ns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argyro.platform.dynamics.diffusion.validity_checks import CONVERGED_A, CONVERGED_DRIFT

SIZE = 0.25  # prior of s for a single run
SIZES = SIZE * np.exp(np.linspace(-2.1, 2.1, 121))  # a factor of 8 to both sides


def bias_scale(end_msd_A2: float, fall: float = 0.0, size: float = SIZE) -> float:
    """Return the scale of the bias b of ln D; equation (1) with the fall of the slope.

    Args:
        end_msd_A2: mean-square displacement at 5/6 of the run, in three dimensions.
        fall: f, see `slope_fall`.
        size: s, of a single run or learned from `size_evidence`.
    """
    return float(np.hypot(size * CONVERGED_A / np.sqrt(max(end_msd_A2, 1e-9)), fall))


def slope_fall(drift: float, drift_sigma: float) -> float:
    """Return -ln(late slope / early slope) if it is significant, else 0.

    Args:
        drift: late slope over early slope.
        drift_sigma: its standard error.
    """
    return float(-np.log(max(drift, 0.1))) if drift + drift_sigma < CONVERGED_DRIFT else 0.0


@dataclass(frozen=True)
class StretchPair:
    """Compare the first part of a run with the whole run.

    Args:
        share: length of the first part over that of the run.
        log_ratio: ln D of the part minus ln D of the whole.
        sigma: standard deviation of `log_ratio` from the finite number of displacements.
        part_msd_A2: mean-square displacement at 5/6 of the part, in three dimensions.
        whole_msd_A2: the same of the whole run.
    """

    share: float
    log_ratio: float
    sigma: float
    part_msd_A2: float
    whole_msd_A2: float

    @property
    def sensitivity(self) -> float:
        """Return the expected `log_ratio` per unit of bias at MSD = (7 Å)²."""
        return CONVERGED_A * (self.part_msd_A2**-0.5 - self.whole_msd_A2**-0.5)


def size_evidence(pairs: Sequence[StretchPair]) -> np.ndarray:
    """Compute the log likelihood of each of SIZES given the pairs of one run, (sizes,); zeros without pairs.

    The run has its own bias: ln ratio = b × sensitivity with b half-normal of scale s. Its pairs overlap, so that their
    log likelihoods are averaged.
    """
    if not pairs:
        return np.zeros(len(SIZES))
    from scipy.stats import halfnorm

    draws = halfnorm.ppf((np.arange(200) + 0.5) / 200)
    bias = SIZES[:, None] * draws
    each = [
        -0.5 * ((pair.log_ratio - pair.sensitivity * bias) / pair.sigma) ** 2 - np.log(pair.sigma) for pair in pairs
    ]
    return np.log(np.mean(np.exp(np.mean(each, axis=0)), axis=1) + 1e-300)
