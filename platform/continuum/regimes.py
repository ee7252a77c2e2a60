"""Temperature dependence of the polycrystal: Arrhenius behaviour and the takeover by grain boundaries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import BOLTZMANN_EV_K

# Smallest significant change of the activation energy over the temperature range.
LEAST_BEND_EV = 0.01


@dataclass(frozen=True)
class ArrheniusBend:
    """Activation energies at the two ends of a temperature range.

    Args:
        cold_eV: activation energy at the lowest temperature.
        hot_eV: activation energy at the highest temperature.
        change_eV: hot - cold.
        non_arrhenius: whether the 95 % interval of the change excludes zero and its median exceeds LEAST_BEND_EV.
    """

    cold_eV: Uncertain
    hot_eV: Uncertain
    change_eV: Uncertain
    non_arrhenius: bool


def arrhenius_bend(temperatures_K: np.ndarray, samples_cm2_s: np.ndarray) -> ArrheniusBend:
    """Fit ln D = a - b x + c x² with x = 1/(k T) to every sample; E(x) = -d ln D / dx.

    Args:
        temperatures_K: (t,), at least three.
        samples_cm2_s: (s, t), D_eff of every posterior sample.

    Raises:
        InputError: there are fewer than three temperatures.
    """
    kelvins, samples = np.asarray(temperatures_K, dtype=float), np.atleast_2d(samples_cm2_s)
    if len(np.unique(kelvins)) < 3:
        raise InputError(f"{len(kelvins)} temperatures do not determine an Arrhenius bend; give three or more")
    x = 1 / (BOLTZMANN_EV_K * kelvins)
    middle = x.mean()
    curvature, slope, _ = np.polyfit(x - middle, np.log(samples).T, 2)
    cold, hot = (-(slope + 2 * curvature * (end - middle)) for end in (x.max(), x.min()))
    change = Uncertain.from_samples(hot - cold)
    bent = (change.low > 0 or change.high < 0) and abs(change.value) > LEAST_BEND_EV
    return ArrheniusBend(Uncertain.from_samples(cold), Uncertain.from_samples(hot), change, bool(bent))


@dataclass(frozen=True)
class Takeover:
    """Temperature at which boundaries carry half of the conduction (fast) or half of the resistance (blocking).

    Args:
        temperature_K: distribution over the samples with a takeover, None for fewer than half of the samples.
        share: fraction of the samples with a takeover in the temperature range.
        fast: True if boundaries short-circuit the grains, False if they block.
    """

    temperature_K: Uncertain | None
    share: float
    fast: bool


def takeover(temperatures_K: np.ndarray, bulk_cm2_s: np.ndarray, effective_cm2_s: np.ndarray) -> Takeover:
    """Find the temperature at which D_eff = 2 D_b (fast boundaries) or D_b / 2 (blocking).

    ln D is interpolated over 1/T.

    Args:
        temperatures_K: (t,).
        bulk_cm2_s: (s, t).
        effective_cm2_s: (s, t).
    """
    order = np.argsort(1 / np.asarray(temperatures_K, dtype=float))
    inverse = 1 / np.asarray(temperatures_K, dtype=float)[order]
    ratios = np.log(np.atleast_2d(effective_cm2_s) / np.atleast_2d(bulk_cm2_s))[:, order]
    fast = float(np.median(ratios[np.arange(len(ratios)), np.abs(ratios).argmax(1)])) > 0
    beyond = (ratios if fast else -ratios) - np.log(2)
    found = [1 / x for row in beyond if (x := _first_zero(inverse, row)) is not None]
    share = len(found) / len(beyond)
    return Takeover(Uncertain.from_samples(np.array(found)) if share >= 0.5 else None, share, fast)


def _first_zero(x: np.ndarray, y: np.ndarray) -> float | None:
    """Return the smallest x, that is the highest temperature, at which y changes sign."""
    changes = np.flatnonzero(np.signbit(y[1:]) != np.signbit(y[:-1]))
    if not changes.size:
        return None
    k = changes[0]
    return float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))
