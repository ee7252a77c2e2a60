"""What the kernel leaves open, with the belief about it before any run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

# The factor that is one standard deviation of the belief; that of a share is on the logistic scale.
FACTORS = {
    "amplitude": 2.0,
    "departure": 2.0,
    "length": 1.6,
    "slope": 1.6,
    "boundary": 2.0,
    "own_departure": 4.0,
    "own_barrier": 4.0,
    "jitter": 2.0,
}
SHARE_SCALE = 1.5


@dataclass(frozen=True)
class Hyperparameters:
    """Sizes, lengths and shares of the kernel; the defaults are the medians of the belief.

    Args:
        amplitude: size of the departures of Ea from the prior, in its standard deviations.
        departure: the same of a.
        length: in descriptor space.
        slope: how much of a material's departure its boundaries share.
        boundary: size of a boundary's departure from what its bulk suggests, in the prior's standard deviations.
        own_departure: variance of a from structure to structure, in units of the prior's.
        own_barrier: the same of Ea.
        jitter: scatter of ln D between runs beyond their intervals.
        shared: share of a material's variance that all argyrodites have in common.
        linear: share of the described variance that is linear in the descriptors (gp only).
        boundary_shared: share of a boundary's variance that all boundaries have in common.
    """

    amplitude: float = 1.0
    departure: float = 0.5
    length: float = 2.0
    slope: float = 0.6
    boundary: float = 0.5
    own_departure: float = 0.05
    own_barrier: float = 0.02
    jitter: float = 0.1
    shared: float = 0.5
    linear: float = 0.5
    boundary_shared: float = 0.5

    @classmethod
    def of_standard(cls, x: np.ndarray) -> Hyperparameters:
        """From independent standard normal variables, (COUNT,); zeros give the medians."""
        values = {}
        for field, z in zip(fields(cls), x, strict=True):
            factor = FACTORS.get(field.name)
            values[field.name] = float(
                1 / (1 + np.exp(-SHARE_SCALE * z)) if factor is None else field.default * factor**z
            )
        return cls(**values)

    @classmethod
    def stacked(cls, samples: Sequence[Hyperparameters]) -> Hyperparameters:
        """Several as one, each value an array (m, 1, 1) that applies to m matrices at once."""
        columns = np.array([astuple(sample) for sample in samples]).T[:, :, None, None]
        return cls(*columns)


COUNT = len(fields(Hyperparameters))
