"""Arrhenius law and the prior of its two coefficients.

ln D(T) = ln D0 - Ea / kT, with ln D0 = μ + m Ea + a: the Meyer-Neldel rule with slope m and offset μ; a is the
departure from it. Each diffusivity is then linear in its two *coefficients* (a, Ea):  ln D(T) = μ + a + Ea z(T),
z(T) = m - 1/kT.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from argyro.platform.common.units import BOLTZMANN_EV_K


@dataclass(frozen=True)
class ArrheniusPrior:
    """Independent normal priors of a and Ea.

    The slope and offset are those of argyrodite bulk and boundaries (Ou et al., arXiv:2510.18630: ln(D0 / 1e-7 cm²/s)
    = 8.46 Ea + 7.12). The 95 % interval of the barrier, 0.05 to 0.65 eV, spans the values reported for argyrodites. The
    departure is three times as wide as the scatter about the rule (R² = 0.93) to include other potentials and
    boundaries.
    """

    slope_per_eV: float = 8.46
    offset: float = 7.12 + float(np.log(1e-7))
    departure_sigma: float = 1.0
    activation_energy_eV: float = 0.35
    activation_energy_sigma_eV: float = 0.15

    @property
    def mean(self) -> np.ndarray:
        """Prior mean of (a, Ea), shape (2,)."""
        return np.array([0.0, self.activation_energy_eV])

    @property
    def sigma(self) -> np.ndarray:
        """Prior standard deviation of (a, Ea), shape (2,)."""
        return np.array([self.departure_sigma, self.activation_energy_sigma_eV])

    def without_rule(self) -> ArrheniusPrior:
        """Return the prior with the same widths of ln D0 and Ea, but without their Meyer-Neldel correlation."""
        return replace(
            self,
            slope_per_eV=0.0,
            offset=self.offset + self.slope_per_eV * self.activation_energy_eV,
            departure_sigma=float(np.hypot(self.departure_sigma, self.slope_per_eV * self.activation_energy_sigma_eV)),
        )

    def convert(self, coefficients: np.ndarray, other: ArrheniusPrior) -> np.ndarray:
        """Express coefficients (..., 2) of this prior as those of another with the same ln D0 and Ea."""
        a, barrier = np.moveaxis(np.asarray(coefficients, dtype=float), -1, 0)
        departure = a + self.offset - other.offset + (self.slope_per_eV - other.slope_per_eV) * barrier
        return np.stack([departure, barrier], axis=-1)

    def basis(self, temperatures_K: np.ndarray) -> np.ndarray:
        """Return (1, z(T)) for each temperature, (..., 2)."""
        temperatures_K = np.asarray(temperatures_K, dtype=float)
        z = self.slope_per_eV - 1 / (BOLTZMANN_EV_K * temperatures_K)
        return np.stack([np.ones_like(z), z], axis=-1)

    def log_diffusivity(self, coefficients: np.ndarray, temperatures_K: np.ndarray) -> np.ndarray:
        """Compute ln D in cm²/s of coefficients (..., 2) at temperatures (nT,), (..., nT)."""
        return self.offset + coefficients @ self.basis(temperatures_K).T
