"""A number that carries its 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Uncertain:
    """A value with its 95 % limits, ``low <= value <= high``, in the unit that the name of the variable states."""

    value: float
    low: float
    high: float

    @classmethod
    def from_samples(cls, samples: np.ndarray) -> Uncertain:
        """Median and central 95 % of posterior samples of any shape."""
        low, value, high = np.percentile(np.asarray(samples, dtype=float), [2.5, 50.0, 97.5])
        return cls(float(value), float(low), float(high))

    @classmethod
    def from_json(cls, data: dict) -> Uncertain:
        """The inverse of `to_json`."""
        return cls(data["value"], data["low"], data["high"])

    def to_json(self) -> dict[str, float]:
        """``{"value":, "low":, "high":}``, the form in which every command prints an uncertain number."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def scaled(self, factor: float) -> Uncertain:
        """The same number times an exact positive factor."""
        return Uncertain(self.value * factor, self.low * factor, self.high * factor)

    @property
    def log_sigma(self) -> float:
        """Standard deviation of ln(value) if the interval is that of a log-normal; value and limits positive."""
        return float(np.log(self.high / self.low) / (2 * 1.959964))
