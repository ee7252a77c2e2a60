"""Arrhenius fits of diffusivities: ln D = ln D0 - Ea / (k_B T)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import BOLTZMANN_EV_K

Z95 = 1.959964
SIGNIFICANCE = 0.01


class AtTemperature(Protocol):
    """A diffusivity of one run or of an ensemble; without estimate if only an upper bound is known."""

    @property
    def temperature_K(self) -> float:
        """The temperature of the runs."""

    @property
    def estimate(self) -> Uncertain | None:
        """The diffusivity D in cm²/s, None if only an upper bound is known."""


@dataclass(frozen=True)
class Arrhenius:
    """A weighted linear fit of ln D over 1/T.

    Args:
        activation_energy_eV: Ea with its 95 % interval.
        log_prefactor: ln(D0 / (cm²/s)).
        covariance: (2, 2) covariance of (ln D0, Ea in eV).
        temperatures_K: temperatures of the fitted diffusivities.
        left_out_K: temperatures with only an upper bound.
        chi2_per_degree: χ² per degree of freedom; above 1 it scales the covariance.
        is_arrhenius: False if two regimes or a curvature is significant at 1 %.
        regimes: (transition in K, Ea below in eV, Ea above in eV) of the best two-regime fit; None if not significant.
    """

    activation_energy_eV: Uncertain
    log_prefactor: float
    covariance: np.ndarray
    temperatures_K: tuple[float, ...]
    left_out_K: tuple[float, ...]
    chi2_per_degree: float | None
    is_arrhenius: bool
    regimes: tuple[float, float, float] | None

    def at(self, temperature_K: float) -> Uncertain:
        """Return D in cm²/s at a temperature, with the interval from the fit's covariance."""
        row = _design(np.array([float(temperature_K)]))[0]
        mean = float(row @ [self.log_prefactor, self.activation_energy_eV.value])
        spread = Z95 * float(np.sqrt(row @ self.covariance @ row))
        return Uncertain(*(float(np.exp(mean + shift)) for shift in (0.0, -spread, spread)))

    def to_json(self) -> dict:
        """Return the fit as JSON, with the extrapolation to 300 K."""
        return {
            "activation_energy_eV": self.activation_energy_eV.to_json(),
            "log_prefactor": self.log_prefactor,
            "covariance": self.covariance.tolist(),
            "temperatures_K": list(self.temperatures_K),
            "left_out_K": list(self.left_out_K),
            "chi2_per_degree": self.chi2_per_degree,
            "is_arrhenius": self.is_arrhenius,
            "regimes": list(self.regimes) if self.regimes else None,
            "diffusivity_300K_cm2_s": self.at(300.0).to_json(),
        }


def arrhenius(diffusivities: Sequence[AtTemperature]) -> Arrhenius:
    """Fit ln D = ln D0 - Ea / (k_B T) with weights from the intervals; upper bounds are left out and listed.

    Args:
        diffusivities: values at two or more temperatures; several values per temperature are allowed.

    Raises:
        InputError: fewer than two temperatures have a valid diffusivity.
    """
    valid = [(d.temperature_K, d.estimate) for d in diffusivities if d.estimate is not None]
    left_out = tuple(d.temperature_K for d in diffusivities if d.estimate is None)
    temperatures = np.array([temperature_K for temperature_K, _ in valid])
    if len(set(temperatures.tolist())) < 2:
        raise InputError(
            f"an activation energy needs diffusivities at two temperatures, got {np.unique(temperatures).tolist()}"
            + (f"; only upper bounds at {sorted(left_out)} K: run those longer or hotter" if left_out else "")
        )
    log_d = np.log([estimate.value for _, estimate in valid])
    sigma = np.array([estimate.log_sigma for _, estimate in valid])
    design = _design(temperatures)
    best, covariance, chi2 = _weighted_fit(design, log_d, sigma)
    degrees = len(valid) - 2
    scale = max(1.0, chi2 / degrees) if degrees else 1.0
    covariance = covariance * scale
    spread = Z95 * float(np.sqrt(covariance[1, 1]))
    regimes = _two_regimes(temperatures, log_d, sigma, chi2)
    return Arrhenius(
        activation_energy_eV=Uncertain(float(best[1]), float(best[1]) - spread, float(best[1]) + spread),
        log_prefactor=float(best[0]),
        covariance=covariance,
        temperatures_K=tuple(temperatures.tolist()),
        left_out_K=left_out,
        chi2_per_degree=chi2 / degrees if degrees else None,
        is_arrhenius=regimes is None and not _is_curved(design, log_d, sigma, chi2),
        regimes=regimes,
    )


def _design(temperatures_K: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones_like(temperatures_K), -1 / (BOLTZMANN_EV_K * temperatures_K)])


def _weighted_fit(design: np.ndarray, values: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    scaled = design / sigma[:, None]
    covariance = np.linalg.inv(scaled.T @ scaled)
    best = covariance @ scaled.T @ (values / sigma)
    return best, covariance, float((((values - design @ best) / sigma) ** 2).sum())


def _is_curved(design: np.ndarray, values: np.ndarray, sigma: np.ndarray, chi2: float) -> bool:
    """Test whether a parabola in 1/T fits significantly better than the line."""
    from scipy.stats import chi2 as distribution

    if len(np.unique(design[:, 1])) < 3:
        return False
    centred = design[:, 1] - design[:, 1].mean()
    bent = _weighted_fit(np.column_stack([design, centred**2]), values, sigma)[2]
    return bool(distribution.sf(chi2 - bent, 1) < SIGNIFICANCE)


def _two_regimes(
    temperatures: np.ndarray, values: np.ndarray, sigma: np.ndarray, chi2: float
) -> tuple[float, float, float] | None:
    """Fit a continuous line with one bend between inner temperatures; return None if it is not significant."""
    from scipy.stats import chi2 as distribution

    levels = np.unique(temperatures)
    if len(levels) < 5:
        return None
    design = _design(temperatures)
    fits = []
    for bend_K in np.linspace(levels[1], levels[-2], 40):
        inverse = 1 / (BOLTZMANN_EV_K * bend_K)
        hinge = np.maximum(0.0, -design[:, 1] - inverse)  # below the bend the slope is Ea + extra
        best, _, misfit = _weighted_fit(np.column_stack([design, -hinge]), values, sigma)
        fits.append((misfit, float(bend_K), float(best[1] + best[2]), float(best[1])))
    misfit, bend_K, below, above = min(fits)
    if distribution.sf(chi2 - misfit, 2) >= SIGNIFICANCE:
        return None
    return bend_K, below, above
