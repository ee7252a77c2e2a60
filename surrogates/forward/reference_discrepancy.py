"""Discrepancy of the reference that labelled the potential: softer forces, lower barriers.

A potential energy surface scaled by the factor s has the dynamics of the true surface at the temperature T / s. Then
Ea_true = Ea / s at equal prefactor, and with the stretch δ = 1/s - 1

    ln D_true(T) = ln D(T) - δ Ea / kT.

s is the measured slope of the reference's forces on Li against DFT (`platform.labels.bias_table`). The prior of δ is
normal. Its error combines that of the slope, the mapping itself (a surface is not scaled uniformly: MAPPING of the
mean), and a part of each halide (HALIDE). Truth is the functional of the table, so DFT has no discrepancy.

Source: Deng et al., npj Comput. Mater. 11, 9 (2025), for the softening of foundation models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from argyro.platform.labels.bias_table import DFT, find_bias
from argyro.platform.structures.crystal.composition import HALIDES, Composition

MAPPING = 0.5  # relative error of the stretch from the assumption of a uniform scale
HALIDE = 0.02  # standard deviation of δ between halides
UNMEASURED = 0.1  # standard deviation of δ of a reference without a measured slope


@dataclass(frozen=True)
class Discrepancy:
    """Prior of the stretch δ of all barriers: mean, standard deviation, and that of each halide's own part."""

    mean: float = 0.0
    sigma: float = 0.0
    halide_sigma: float = 0.0

    @classmethod
    def of(cls, label_source: str, model: str = "") -> Discrepancy:
        """Look up references in the table of measured biases.

        Args:
            label_source: name and version of one reference, or of several separated by commas; empty for none.
            model: model of the reference, if it has several.
        """
        names = {source.split()[0].split("/")[0] for source in label_source.split(",") if source.strip()}
        names -= set(DFT)
        if not names:
            return cls()
        rows = [row for name in names for row in find_bias(name, "Li", model)]
        if not rows or any(not find_bias(name, "Li") for name in names):
            return cls(0.0, UNMEASURED, HALIDE)
        stretches = np.array([1 / row.slope - 1 for row in rows])
        measured = np.array([(row.slope_high - row.slope_low) / 3.92 / row.slope**2 for row in rows])
        within = np.mean(measured**2 + (MAPPING * stretches) ** 2)
        return cls(float(stretches.mean()), float(np.sqrt(within + stretches.var())), HALIDE)

    def draw(self, compositions: Sequence[str], samples: int, seed: int) -> np.ndarray:
        """Draw the stretch of compositions together, (samples, compositions)."""
        rng = np.random.default_rng([seed, 7])
        shares = np.array([_halide_shares(composition) for composition in compositions])
        common, own = rng.standard_normal((samples, 1)), rng.standard_normal((samples, len(HALIDES)))
        return self.mean + self.sigma * common + self.halide_sigma * own @ shares.T

    def to_json(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)


def _halide_shares(composition: str) -> list[float]:
    parsed = Composition.parse(composition)
    total = sum(parsed[halide] for halide in HALIDES)
    return [parsed[halide] / total if total else 0.0 for halide in HALIDES]
