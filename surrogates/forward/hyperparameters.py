"""Hyperparameters of the kernel and their prior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from argyro.platform.dynamics.diffusion.run_length_bias import SIZE

# One standard deviation of the prior as a factor; for a share, on the logistic scale.
FACTORS = {
    "amplitude": 2.0,
    "departure": 2.0,
    "length": 1.6,
    "slope": 1.6,
    "boundary": 2.0,
    "own_departure": 4.0,
    "own_barrier": 4.0,
    "scatter": 2.0,
    "jitter": 2.0,
    "bias": 2.0,
}
SHARE_SCALE = 1.5


@dataclass(frozen=True)
class Hyperparameters:
    """Sizes, lengths and shares of the kernel; the defaults are the medians of the prior.

    Args:
        amplitude: size of the departures of Ea from the prior, in its standard deviations.
        departure: size of the departures of a, likewise.
        length: correlation length in descriptor space.
        slope: factor from a material's departure to that of its boundaries.
        boundary: size of a boundary's departure from the prediction by its bulk, in the prior's standard deviations.
        own_departure: structure-specific variance of a, in units of the prior's.
        own_barrier: structure-specific variance of Ea, likewise.
        scatter: standard deviation τ of ln D between arrangements of atoms of one material and boundary.
        jitter: scatter of ln D between runs of one arrangement beyond their intervals.
        bias: size of the run-length bias of ln D at a root-mean-square displacement of 7 Å.
        shared: share of a material's variance that is common to all argyrodites.
        linear: share of the descriptor-correlated variance that is linear in the descriptors (gp only).
        boundary_shared: share of a boundary's variance that is common to all boundaries.
    """

    amplitude: float = 1.0
    departure: float = 0.5
    length: float = 2.0
    slope: float = 0.6
    boundary: float = 0.5
    own_departure: float = 0.05
    own_barrier: float = 0.02
    scatter: float = 0.1
    jitter: float = 0.05
    bias: float = SIZE
    shared: float = 0.5
    linear: float = 0.5
    boundary_shared: float = 0.5

    @classmethod
    def of_standard(cls, x: np.ndarray) -> Hyperparameters:
        """Transform independent standard normal variables, (COUNT,); zeros give the medians."""
        values = {}
        for field, z in zip(fields(cls), x, strict=True):
            factor = FACTORS.get(field.name)
            values[field.name] = float(
                1 / (1 + np.exp(-SHARE_SCALE * z)) if factor is None else field.default * factor**z
            )
        return cls(**values)

    @classmethod
    def stacked(cls, samples: Sequence[Hyperparameters]) -> Hyperparameters:
        """Stack m samples; each value becomes an array (m, 1, 1) that applies to m matrices."""
        columns = np.array([astuple(sample) for sample in samples]).T[:, :, None, None]
        return cls(*columns)


COUNT = len(fields(Hyperparameters))
