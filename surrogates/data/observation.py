"""Training observation: a diffusivity, or its upper bound, of one structure at one temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.surrogates.data.excess import Excess

TARGETS = ("bulk", "parallel", "perpendicular")


@dataclass(frozen=True)
class Observation:
    """One molecular dynamics result.

    Args:
        structure: the simulated cell, with the labels that `argyro.platform.structures` writes.
        target: ``bulk``, or ``parallel`` or ``perpendicular`` to a grain boundary (GB).
        temperature_K: temperature of the run.
        diffusivity: tracer diffusivity of Li in cm²/s with its 95 % interval; None if only an upper bound is known.
        upper_bound_cm2_s: upper bound of the diffusivity, from a run too short for a value.
        width_nm: width the GB diffusivity refers to; None for the bulk.
        material: name of the composition and disorder in the campaign.
        boundary: name of the GB, ``bulk`` without one.
        label_source: source of the potential's training labels.
        excess: energy and volume of the GB in the run; None for the bulk, or where they are not known.

    Raises:
        InputError: the target does not exist, value and bound are both given or both missing, a GB value lacks its
            width, or a bulk value has an excess.
    """

    structure: Atoms
    target: str
    temperature_K: float
    diffusivity: Uncertain | None
    upper_bound_cm2_s: float | None = None
    width_nm: float | None = None
    material: str = ""
    boundary: str = "bulk"
    label_source: str = ""
    excess: Excess | None = None

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise InputError(f"target '{self.target}' is not one of {', '.join(TARGETS)}", given=self.target)
        if not self.temperature_K > 0:
            raise InputError(f"temperature {self.temperature_K} K is not positive", given=self.temperature_K)
        if (self.diffusivity is None) == (self.upper_bound_cm2_s is None):
            raise InputError("an observation needs exactly one of diffusivity and upper bound")
        if not self.reference_cm2_s > 0:
            raise InputError(f"diffusivity {self.reference_cm2_s} cm²/s is not positive", given=self.reference_cm2_s)
        if self.diffusivity is not None and not 0 < self.diffusivity.low <= self.diffusivity.high:
            raise InputError(f"interval of {self.diffusivity} is not positive and ordered; give 0 < low <= high")
        if self.target != "bulk" and not (self.width_nm or 0) > 0:
            raise InputError(f"a {self.target} diffusivity needs the width of its boundary; set width_nm")
        if self.target == "bulk" and self.excess is not None:
            raise InputError("a bulk observation has no excess; give excess with boundary diffusivities only")

    @property
    def reference_cm2_s(self) -> float:
        """Diffusivity, or its upper bound if there is no value."""
        if self.diffusivity is not None:
            return self.diffusivity.value
        assert self.upper_bound_cm2_s is not None  # one of the two is given
        return self.upper_bound_cm2_s

    @property
    def censored(self) -> bool:
        """Whether only an upper bound is known."""
        return self.diffusivity is None

    @property
    def log_value(self) -> float:
        """Natural logarithm of the diffusivity or its bound, in cm²/s."""
        return float(np.log(self.reference_cm2_s))

    @property
    def log_sigma(self) -> float:
        """Standard deviation of ln D from the interval; zero for a bound."""
        return 0.0 if self.diffusivity is None else self.diffusivity.log_sigma
