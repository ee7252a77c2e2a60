"""Test of the kinetic energies of a run against the canonical distribution."""

from __future__ import annotations

import numpy as np

BINS = 8
SAMPLES_PER_BIN = 5


def kinetic_p_value(temperatures_K: np.ndarray, target_K: float, atoms: int) -> float | None:
    """Return the p value of a χ² test of the kinetic energies against the canonical distribution.

    In the canonical ensemble the kinetic energy of N atoms without net momentum is distributed as k_B T / 2 times χ²
    with 3N - 3 degrees of freedom. Frames are thinned to independent ones; bins of equal probability are counted.

    Args:
        temperatures_K: (frames,) instantaneous temperatures.
        target_K: temperature of the thermostat.
        atoms: number of atoms.

    Returns:
        The p value, or None with fewer than 40 independent frames.
    """
    from scipy.stats import chi2

    samples = np.asarray(temperatures_K)[:: independent_stride(np.asarray(temperatures_K))]
    if len(samples) < BINS * SAMPLES_PER_BIN:
        return None
    degrees = 3 * atoms - 3
    uniform = chi2.cdf(samples / target_K * degrees, degrees)
    counts = np.histogram(uniform, bins=BINS, range=(0.0, 1.0))[0]
    expected = len(samples) / BINS
    return float(chi2.sf(((counts - expected) ** 2).sum() / expected, BINS - 1))


def independent_stride(series: np.ndarray) -> int:
    """Return the number of frames between independent values: the statistical inefficiency 1 + 2 Σ ρ_k, positive part.

    Source: Chodera, Swope, Pitera, Seok, Dill, J. Chem. Theory Comput. 3, 26 (2007).
    """
    centred = series - series.mean()
    variance = float(centred @ centred)
    if variance == 0:
        return 1
    inefficiency = 1.0
    for lag in range(1, len(series) // 2):
        correlation = float(centred[lag:] @ centred[:-lag]) / variance
        if correlation <= 0:
            break
        inefficiency += 2 * correlation
    return int(np.ceil(inefficiency))
