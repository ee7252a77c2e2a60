"""Excess energy and volume of a grain boundary over the bulk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError

# Centre and scale for argyrodite boundaries: energies below 0.32 J/m² (arXiv:2407.04126); 0.22 ± 0.10 J/m² and
# 0.7 ± 0.2 Å, up to 1.1 Å, in our own molecular dynamics.
USUAL_J_M2, SCALE_J_M2 = 0.2, 0.1
USUAL_A, SCALE_A = 0.7, 0.3
LARGEST = 3.0  # clips the excess of boundaries that are not relaxed


@dataclass(frozen=True)
class Excess:
    """Excess energy and volume of a boundary per area; a volume per area is a length.

    Raises:
        InputError: not finite.
    """

    energy_J_m2: float
    volume_A: float

    def __post_init__(self) -> None:
        if not np.isfinite([self.energy_J_m2, self.volume_A]).all():
            raise InputError(f"{self} is not finite; leave the excess out where it is not known")

    @property
    def scaled(self) -> np.ndarray:
        """Return the scaled departure from the usual boundary, (2,)."""
        energy, volume = (self.energy_J_m2 - USUAL_J_M2) / SCALE_J_M2, (self.volume_A - USUAL_A) / SCALE_A
        return np.clip([energy, volume], -LARGEST, LARGEST)

    @classmethod
    def mean(cls, several: Iterable[Excess]) -> Excess:
        """Average one or more."""
        energies, volumes = zip(*((one.energy_J_m2, one.volume_A) for one in several), strict=True)
        return cls(float(np.mean(energies)), float(np.mean(volumes)))
