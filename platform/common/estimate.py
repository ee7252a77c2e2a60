"""Hold a number with its 95 % interval and write it for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Limits:
    """Hold 95 % limits, ``low <= high``."""

    low: float
    high: float


@dataclass(frozen=True)
class Uncertain:
    """Hold a value with its 95 % limits, ``low <= value <= high``, in the unit of the variable's name.

    Args:
        value: median or best value.
        low: lower limit.
        high: upper limit.
        given_reference: limits without the bias of the reference that labelled the potential; ``low`` and ``high`` then
            include this bias. None where no bias applies, as for the measurement of one trajectory.
    """

    value: float
    low: float
    high: float
    given_reference: Limits | None = field(default=None, kw_only=True)

    @classmethod
    def from_samples(cls, samples: np.ndarray, given_reference: np.ndarray | None = None) -> Uncertain:
        """Take median and central 95 % of posterior samples of any shape.

        Args:
            samples: posterior samples, with the bias of the reference if there is one.
            given_reference: samples without this bias; None where no bias applies.
        """
        import numpy as np  # commands print estimates without it

        low, value, high = np.percentile(np.asarray(samples, dtype=float), [2.5, 50.0, 97.5])
        limits = None
        if given_reference is not None:
            limits = Limits(*map(float, np.percentile(np.asarray(given_reference, dtype=float), [2.5, 97.5])))
        return cls(float(value), float(low), float(high), given_reference=limits)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Uncertain:
        """Invert `to_json`."""
        given = data.get("given_reference")
        limits = Limits(given["low"], given["high"]) if given else None
        return cls(data["value"], data["low"], data["high"], given_reference=limits)

    def to_json(self) -> dict[str, Any]:
        """Return the form in which every command prints an uncertain number.

        The form is ``{"value":, "low":, "high":}``, with ``"given_reference": {"low":, "high":}`` where a bias applies.
        """
        plain: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high}
        given = self.given_reference
        return plain if given is None else plain | {"given_reference": {"low": given.low, "high": given.high}}

    def columns(self) -> dict[str, float]:
        """Name each number for a flat table: value, low, high, and given_reference_low and _high where they exist."""
        given = self.given_reference
        flat = {"value": self.value, "low": self.low, "high": self.high}
        return flat if given is None else flat | {"given_reference_low": given.low, "given_reference_high": given.high}

    def scaled(self, factor: float) -> Uncertain:
        """Multiply by an exact positive factor."""
        given = self.given_reference
        limits = None if given is None else Limits(given.low * factor, given.high * factor)
        return Uncertain(self.value * factor, self.low * factor, self.high * factor, given_reference=limits)

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
