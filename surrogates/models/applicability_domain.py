"""Applicability domain: range of the training data and warnings outside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from argyro.surrogates.data.descriptors import COMPOSITION_DESCRIPTORS, SAID, Identity, descriptors_of
from argyro.surrogates.models.training_arrays import Examples

MARGIN = 0.25  # of the descriptors' physical scales
TEMPERATURE_MARGIN_K = 300.0


@dataclass(frozen=True)
class Domain:
    """Elements, boundaries, range of composition descriptors and highest temperature of the training data."""

    elements: tuple[str, ...]
    boundaries: tuple[str, ...]
    lowest: tuple[float, ...]
    highest: tuple[float, ...]
    temperatures_K: tuple[float, float]

    @classmethod
    def of(cls, examples: Examples) -> Domain:
        """Determine the domain of the observations."""
        size = len(COMPOSITION_DESCRIPTORS)
        descriptors = examples.runs.rows.descriptors[:, :size]
        elements = {e for identity in examples.identities for e in identity.elements}
        kelvin = examples.runs.temperatures_K
        return cls(
            tuple(sorted(elements)),
            tuple(sorted(set(examples.groups("boundary")))),
            tuple(map(float, descriptors.min(axis=0))),
            tuple(map(float, descriptors.max(axis=0))),
            (float(kelvin.min()), float(kelvin.max())),
        )

    @classmethod
    def from_json(cls, data: dict) -> Domain:
        """Invert `to_json`."""
        return cls(**{name: tuple(value) for name, value in data.items()})

    def to_json(self) -> dict:
        """Return plain values by name."""
        return asdict(self)

    def warnings(self, identity: Identity, temperatures_K: Sequence[float]) -> tuple[str, ...]:
        """Return a warning for each property of the query outside the domain."""
        found = [f"element {e} is not in the training data" for e in identity.elements if e not in self.elements]
        for name, value, low, high in zip(
            COMPOSITION_DESCRIPTORS, descriptors_of(identity), self.lowest, self.highest, strict=False
        ):
            if not low - MARGIN <= value <= high + MARGIN:
                found.append(_outside(name, value, low, high))
        if identity.boundary not in self.boundaries:
            found.append(f"boundary {identity.boundary} is not in the training data: {', '.join(self.boundaries)}")
        if max(temperatures_K) > self.temperatures_K[1] + TEMPERATURE_MARGIN_K:
            found.append(
                f"{max(temperatures_K):g} K is more than 300 K above the hottest run, {self.temperatures_K[1]:g} K"
            )
        return tuple(found)


def _outside(name: str, value: float, low: float, high: float) -> str:
    """Return ``halide spread 0.075 Å is outside the trained range, 0 Å``; without a unit, only the name."""
    if name not in SAID:
        return f"{name} is outside the trained range"
    zero, one, unit = SAID[name]
    said, least, most = (f"{zero + one * number:.3g}" for number in (value, low, high))
    trained = least if least == most else f"{least} to {most}"
    return f"{name} {said}{unit} is outside the trained range, {trained}{unit}"
