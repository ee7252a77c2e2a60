"""How the polycrystal follows temperature: Arrhenius or not, and where its boundaries take over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import BOLTZMANN_EV_K

# A change of the activation energy over the temperature range below this is no bend worth the name.
LEAST_BEND_EV = 0.01


@dataclass(frozen=True)
class ArrheniusBend:
    """Activation energies at the two ends of a temperature range.

    Args:
        cold_eV: at the lowest temperature.
        hot_eV: at the highest.
        change_eV: hot - cold.
        non_arrhenius: the change's 95 % interval excludes zero and its median exceeds LEAST_BEND_EV.
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
        InputError: fewer than three temperatures, on which no bend can be seen.
    """
    kelvins, samples = np.asarray(temperatures_K, dtype=float), np.atleast_2d(samples_cm2_s)
    if len(np.unique(kelvins)) < 3:
        raise InputError(
            f"{len(kelvins)} temperatures cannot show a bend; give three or more",
            path="temperatures_K",
            accepted=">= 3",
        )
    x = 1 / (BOLTZMANN_EV_K * kelvins)
    middle = x.mean()
    curvature, slope, _ = np.polyfit(x - middle, np.log(samples).T, 2)
    cold, hot = (-(slope + 2 * curvature * (end - middle)) for end in (x.max(), x.min()))
    change = Uncertain.from_samples(hot - cold)
    bent = (change.low > 0 or change.high < 0) and abs(change.value) > LEAST_BEND_EV
    return ArrheniusBend(Uncertain.from_samples(cold), Uncertain.from_samples(hot), change, bool(bent))


@dataclass(frozen=True)
class Takeover:
    """Where boundaries carry half of the conduction (fast) or half of the resistance (blocking).

    Args:
        temperature_K: over the samples that have one, None if fewer than half of them do.
        share: of the samples in which boundaries take over within the temperature range.
        fast: boundaries short-circuit the grains (True) or block (False).
    """

    temperature_K: Uncertain | None
    share: float
    fast: bool


def takeover(temperatures_K: np.ndarray, bulk_cm2_s: np.ndarray, effective_cm2_s: np.ndarray) -> Takeover:
    """The temperature at which D_eff = 2 D_b (fast boundaries) or D_b / 2 (blocking), ln D interpolated over 1/T.

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
    """The least x, that is the hottest point, at which y changes sign."""
    changes = np.flatnonzero(np.signbit(y[1:]) != np.signbit(y[:-1]))
    if not changes.size:
        return None
    k = changes[0]
    return float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))
