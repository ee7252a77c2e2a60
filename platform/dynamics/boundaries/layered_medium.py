"""Mean-square displacement across a periodic medium of two layers: grain and grain boundary (GB).

Walkers diffuse along z by ∂c/∂t = ∂/∂z D(z) ∂c/∂z, with uniform density. On the period, the eigenfunctions φ_n of
-∂/∂z D ∂/∂z with eigenvalues λ_n give exactly

    MSD(t) = 2 D_h t + 2 Σ_n w_n (1 - exp(-λ_n t)),   Σ w_n λ_n = ⟨D⟩ - D_h,   Σ w_n = ⟨χ²⟩,

with the arithmetic mean ⟨D⟩, the harmonic mean D_h and the corrector χ, χ' = D_h/D - 1. The slope falls from 2⟨D⟩ at
short times to 2 D_h at long times. Only eigenfunctions that are odd about the middle of a layer have a weight.

Source: Green-Kubo relation for the drift D'(z) of a reversible diffusion; eigenvalues of a two-layer medium as in
Carslaw and Jaeger, Conduction of Heat in Solids (1959), section 12.8.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from argyro.platform.dynamics.diffusion.tracer import WINDOW

MODES = 24
BISECTIONS, NEWTON_STEPS = 9, 3
WINDOW_LAGS = 9  # lags of the slope in a window
EARLY_WINDOWS = ((1 / 30, 1 / 10), (1 / 8, 0.3))  # shares of the run; in each, ten lags per run leave three or more

# Grid of the table of the crossover: GB fraction, ln(D_GB / D_grain), ln(D_grain T / L²).
FRACTIONS = np.linspace(0.02, 0.98, 13)
LOG_RATIOS = np.linspace(-9.0, 9.0, 37)
LOG_REACHES = np.linspace(-14.0, 8.0, 45)


def layered_msd(
    times: np.ndarray, grain: np.ndarray, boundary: np.ndarray, fraction: np.ndarray, period: np.ndarray
) -> np.ndarray:
    """Compute the mean-square displacement across the layers, (..., lags).

    Args:
        times: lags t ≥ 0, (..., lags); the leading axes broadcast with the other arguments.
        grain: D of the grain, in length² / time, (...).
        boundary: D of the GB across, in the same unit.
        fraction: volume share f of the GB, 0 < f < 1.
        period: length of cell per boundary.
    """
    media = np.broadcast_arrays(*map(np.asarray, (grain, boundary, fraction, period)))
    harmonic, weights, rates = _modes(*(np.asarray(array, dtype=float) for array in media))
    relaxed = -np.expm1(-rates[..., None, :] * times[..., None])
    return 2 * harmonic[..., None] * times + 2 * (weights[..., None, :] * relaxed).sum(axis=-1)


def mean_and_harmonic(grain: np.ndarray, boundary: np.ndarray, fraction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the arithmetic mean ⟨D⟩ and the harmonic mean D_h of the layers."""
    return fraction * boundary + (1 - fraction) * grain, 1 / (fraction / boundary + (1 - fraction) / grain)


def _modes(
    grain: np.ndarray, boundary: np.ndarray, fraction: np.ndarray, period: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute D_h, weights w_n and eigenvalues λ_n, the latter two (..., MODES + 1).

    The last mode replaces all higher ones. Its weight and rate keep both sums exact, and so both limits of the MSD.
    """
    slow, fast = np.sqrt(grain)[..., None], np.sqrt(boundary)[..., None]
    half_b, half_g = (fraction * period)[..., None] / 2, ((1 - fraction) * period)[..., None] / 2
    in_b, in_g = half_b / fast, half_g / slow  # diffusion times^(1/2) of the half layers
    omega = _roots(in_b, in_g, slow, fast)
    norm = (_half_norm(omega * in_b, half_b) + _half_norm(omega * in_g, half_g)) / period[..., None]
    rates = omega**2
    weights = 4 * ((boundary - grain) / period)[..., None] ** 2 / (rates**2 * norm)
    mean, harmonic = mean_and_harmonic(grain, boundary, fraction)
    corrector = sum(
        (harmonic / d - 1) ** 2 * (share * period) ** 2 * share / 12
        for d, share in ((boundary, fraction), (grain, 1 - fraction))
    )
    rest = np.maximum(corrector - weights.sum(axis=-1), 0.0)
    rest_slope = np.maximum(mean - harmonic - (weights * rates).sum(axis=-1), 0.0)
    last = np.maximum(np.divide(rest_slope, rest, out=np.zeros_like(rest), where=rest > 0), rates[..., -1])
    rest_weight = rest_slope / last
    return (
        harmonic,
        np.concatenate([weights, rest_weight[..., None]], axis=-1),
        np.concatenate([rates, last[..., None]], axis=-1),
    )


def _roots(in_b: np.ndarray, in_g: np.ndarray, slow: np.ndarray, fast: np.ndarray) -> np.ndarray:
    """Solve √D_g sin(ω b) cos(ω g) + √D_b cos(ω b) sin(ω g) = 0 for the lowest MODES frequencies ω.

    The function is (s sin(ω(b + g)) + d sin(ω(b - g))) / 2 with |d| < s, so each half period of the first term holds
    exactly one root.
    """
    total, difference = in_b + in_g, in_b - in_g
    s, d = slow + fast, slow - fast
    number = np.arange(1, MODES + 1)
    low, high = (number - 0.5) * np.pi / total, (number + 0.5) * np.pi / total
    sign = np.where(number % 2, 1.0, -1.0)  # of the function at the lower end
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        before = sign * (s * np.sin(middle * total) + d * np.sin(middle * difference)) > 0
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    root = (low + high) / 2
    for _ in range(NEWTON_STEPS):
        value = s * np.sin(root * total) + d * np.sin(root * difference)
        slope = s * total * np.cos(root * total) + d * difference * np.cos(root * difference)
        root = np.clip(root - value / slope, low, high)
    return root


def _half_norm(phase: np.ndarray, half_width: np.ndarray) -> np.ndarray:
    """Integrate the squared eigenfunction over a layer, divided by its squared value at the interface."""
    return half_width * (1 - np.sinc(2 * phase / np.pi)) / np.maximum(np.sin(phase) ** 2, 1e-30)


@lru_cache(maxsize=3)
def _crossover_table(window: tuple[float, float]) -> np.ndarray:
    """Tabulate and prefilter the crossover share for cubic interpolation, (fractions, ratios, reaches)."""
    from scipy.ndimage import spline_filter

    lags = np.linspace(*window, WINDOW_LAGS)
    centred = lags - lags.mean()
    f, ratio = FRACTIONS[:, None, None], np.exp(LOG_RATIOS)[:, None]
    ratio = np.where(np.abs(LOG_RATIOS[:, None]) < 1e-9, 1 + 1e-4, ratio)  # the share has a limit at equal layers
    f, ratio, reach = np.broadcast_arrays(f, ratio, np.exp(LOG_REACHES))
    msd = layered_msd(lags * reach[..., None], np.ones(()), ratio, f, np.ones(()))
    slope = msd @ centred / (centred @ centred) / (2 * reach)
    mean, harmonic = mean_and_harmonic(np.ones(()), ratio, f)
    return spline_filter(np.clip((slope - harmonic) / (mean - harmonic), 0.0, 1.0))


def crossover_share(
    fraction: np.ndarray, log_ratio: np.ndarray, log_reach: np.ndarray, window: tuple[float, float] = WINDOW
) -> np.ndarray:
    """Interpolate the share q of a window's slope, D = q ⟨D⟩ + (1 - q) D_h: 1 before layers are crossed, 0 after.

    Args:
        fraction: volume share of the GB.
        log_ratio: ln(D_GB / D_grain).
        log_reach: ln(D_grain T / L²), with the length T of the run and the period L.
        window: lags of the slope, as shares of T.
    """
    from scipy.ndimage import map_coordinates

    arrays = np.broadcast_arrays(*map(np.atleast_1d, (fraction, log_ratio, log_reach)))
    places = [
        np.clip((array - axis[0]) / (axis[1] - axis[0]), 0, len(axis) - 1)
        for array, axis in zip(arrays, (FRACTIONS, LOG_RATIOS, LOG_REACHES), strict=True)
    ]
    return np.clip(
        map_coordinates(_crossover_table(window), places, order=3, prefilter=False, mode="nearest"), 0.0, 1.0
    )


def log_parallel(log_grain: np.ndarray, log_boundary: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Compute ln D of a cell along its boundaries, D = f D_GB + (1 - f) D_grain; arguments are ln D.

    Source: Ou et al., arXiv:2510.18630, Methods.
    """
    return np.logaddexp(np.log(fraction) + log_boundary, np.log1p(-fraction) + log_grain)


def log_perpendicular(
    log_grain: np.ndarray,
    log_boundary: np.ndarray,
    fraction: np.ndarray,
    log_scale: np.ndarray,
    window: tuple[float, float] = WINDOW,
) -> np.ndarray:
    """Compute ln of the diffusivity that a run of a layered cell shows across its boundaries in a window of lags.

    Args:
        log_grain: ln D of the grain.
        log_boundary: ln D of the GB across.
        fraction: volume share f of the GB.
        log_scale: ln(T / L²), so that D_grain T / L² has no unit.
        window: lags of the slope, as shares of the run.
    """
    log_ratio = log_boundary - log_grain
    share = crossover_share(fraction, log_ratio, log_grain + log_scale, window)
    mean = np.logaddexp(np.log(fraction) + log_ratio, np.log1p(-fraction))
    harmonic = -np.logaddexp(np.log(fraction) - log_ratio, np.log1p(-fraction))
    return log_grain + np.logaddexp(np.log(share + 1e-300) + mean, np.log1p(-share + 1e-300) + harmonic)
