"""Ionic conductivity from diffusivity, and the density of Li that it needs."""

from __future__ import annotations

from math import exp, hypot, inf, log
from typing import TYPE_CHECKING, overload

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Limits, Uncertain
from argyro.platform.common.units import A3_IN_CM3, BOLTZMANN_J_K, ELEMENTARY_CHARGE_C

if TYPE_CHECKING:
    from ase import Atoms


# Prior of the Haven ratio where no run has measured it: median and 95 % limits of a log-normal distribution. Sources:
# 0.42 for Li10GeP2S12 (Marcolongo, Marzari, Phys. Rev. Mater. 1, 025402, 2017); 1.2 for sintered Li5.5PS4.5Cl1.5 (NMR
# diffusivity against conductivity, Adeli et al., Angew. Chem. 58, 8681, 2019).
HAVEN_RATIO = Uncertain(0.7, 0.4, 1.225)


@overload
def conductivity_S_cm(
    diffusivity_cm2_s: float, li_per_A3: float, temperature_K: float, haven_ratio: float = 1.0
) -> float: ...
@overload
def conductivity_S_cm(
    diffusivity_cm2_s: Uncertain, li_per_A3: float, temperature_K: float, haven_ratio: float = 1.0
) -> Uncertain: ...
def conductivity_S_cm(
    diffusivity_cm2_s: float | Uncertain, li_per_A3: float, temperature_K: float, haven_ratio: float = 1.0
) -> float | Uncertain:
    """Nernst-Einstein: σ = n e² D / (k_B T H_R).

    Args:
        diffusivity_cm2_s: tracer diffusivity; an uncertain one gives an uncertain conductivity.
        li_per_A3: density n of the singly charged ions.
        temperature_K: above 0.
        haven_ratio: H_R = D_tracer / D_charge, 1 for ions that move independently.

    Raises:
        InputError: a density, temperature or Haven ratio that is not positive.
    """
    if min(li_per_A3, temperature_K, haven_ratio) <= 0:
        given = (li_per_A3, temperature_K, haven_ratio)
        raise InputError(f"density, temperature and Haven ratio must be positive, got {given}")
    thermal_J = BOLTZMANN_J_K * temperature_K
    factor = li_per_A3 / A3_IN_CM3 * ELEMENTARY_CHARGE_C**2 / (thermal_J * haven_ratio)
    if isinstance(diffusivity_cm2_s, Uncertain):
        return diffusivity_cm2_s.scaled(factor)
    return diffusivity_cm2_s * factor


def with_haven_ratio(conductivity: Uncertain, haven_ratio: Uncertain = HAVEN_RATIO) -> Uncertain:
    """Divide a conductivity by an independent Haven ratio; errors of the logarithms add in squares."""

    def limits(low: float, high: float) -> tuple[float, float]:
        below = log(conductivity.value / low) if low > 0 else inf
        down = hypot(below, log(haven_ratio.high / haven_ratio.value))
        up = hypot(log(high / conductivity.value), log(haven_ratio.value / haven_ratio.low))
        return middle * exp(-down), middle * exp(up)

    middle, given = conductivity.value / haven_ratio.value, conductivity.given_reference
    inner = None if given is None else Limits(*limits(given.low, given.high))
    return Uncertain(middle, *limits(conductivity.low, conductivity.high), given_reference=inner)


def lithium_per_A3(atoms: Atoms) -> float:
    """Number density of Li in a cell, per Å³."""
    return sum(symbol == "Li" for symbol in atoms.get_chemical_symbols()) / float(atoms.get_volume())
