"""Hold a number with its 95 % interval and write it for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Uncertain:
    """Hold a value with its 95 % limits, ``low <= value <= high``, in the unit of the variable's name."""

    value: float
    low: float
    high: float

    @classmethod
    def from_samples(cls, samples: np.ndarray) -> Uncertain:
        """Take median and central 95 % of posterior samples of any shape."""
        import numpy as np  # commands print estimates without it

        low, value, high = np.percentile(np.asarray(samples, dtype=float), [2.5, 50.0, 97.5])
        return cls(float(value), float(low), float(high))

    @classmethod
    def from_json(cls, data: Mapping[str, float]) -> Uncertain:
        """Invert `to_json`."""
        return cls(data["value"], data["low"], data["high"])

    def to_json(self) -> dict[str, float]:
        """Return ``{"value":, "low":, "high":}``, the form in which every command prints an uncertain number."""
        return {"value": self.value, "low": self.low, "high": self.high}

    def scaled(self, factor: float) -> Uncertain:
        """Multiply by an exact positive factor."""
        return Uncertain(self.value * factor, self.low * factor, self.high * factor)

    @property
    def log_sigma(self) -> float:
        """Return the standard deviation of ln(value) of a log-normal with these limits; value and limits positive."""
        return log(self.high / self.low) / (2 * 1.959964)


def in_words(number: Mapping[str, float], digits: int = 3) -> str:
    """Write ``1190 (370 to 4500)`` or ``1.20e-06 (4.0e-07 to 3.9e-06)``, from the form of `Uncertain.to_json`."""
    return f"{significant(number['value'], digits)} ({limits_in_words(number)})"


def limits_in_words(number: Mapping[str, float]) -> str:
    """Write ``370 to 4500``."""
    return f"{significant(number['low'], 2)} to {significant(number['high'], 2)}"


def significant(number: float, digits: int) -> str:
    """Write a number with its significant digits; with a power of ten only below 0.01 and from 100 000 on."""
    rounded = f"{number:.{digits - 1}e}"
    power = int(rounded.partition("e")[2] or 0)  # infinity has none
    return f"{float(rounded):.{max(0, digits - 1 - power)}f}" if -3 < power < 5 else rounded
