"""Boundary descriptors: excess energy and volume, known only for simulated boundaries.

The mean over the simulated materials describes a boundary in every material.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from argyro.surrogates.data.descriptors import Identity, descriptors_of, identity_of
from argyro.surrogates.data.excess import Excess
from argyro.surrogates.data.observation import Observation


@dataclass(frozen=True)
class BoundaryExcess:
    """Excess of each simulated boundary.

    Args:
        mean: mean over materials, by boundary name.
        materials: number of materials, by boundary name.
    """

    mean: Mapping[str, Excess] = field(default_factory=dict)
    materials: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> BoundaryExcess:
        """Average over the runs of each material, then over materials.

        Parallel and perpendicular diffusivities of one run share one excess, which counts once.
        """
        runs: dict[str, dict[str, dict[Excess, None]]] = defaultdict(lambda: defaultdict(dict))
        for observation in observations:
            if observation.excess is not None:
                identity = identity_of(observation.structure)
                runs[identity.boundary][identity.material][observation.excess] = None
        return cls(
            {name: Excess.mean(map(Excess.mean, found.values())) for name, found in sorted(runs.items())},
            {name: len(found) for name, found in sorted(runs.items())},
        )

    def describe(self, identity: Identity) -> np.ndarray:
        """Return the descriptors of a material and boundary, (14,): those from the names and the scaled excess.

        A boundary without a known excess gets the mean of the known ones. Without any known excess, and for the bulk,
        the scaled excess is zero.
        """
        return np.concatenate([descriptors_of(identity), self._scaled(identity.boundary)])

    def _scaled(self, boundary: str) -> np.ndarray:
        if boundary == "bulk" or not self.mean:
            return np.zeros(2)
        return (self.mean.get(boundary) or Excess.mean(self.mean.values())).scaled

    def to_json(self) -> dict[str, dict]:
        """Return energy, volume and number of materials by boundary."""
        return {name: {**asdict(excess), "materials": self.materials[name]} for name, excess in self.mean.items()}

    @classmethod
    def from_json(cls, data: dict[str, dict]) -> BoundaryExcess:
        """Invert `to_json`."""
        return cls(
            {name: Excess(entry["energy_J_m2"], entry["volume_A"]) for name, entry in data.items()},
            {name: entry["materials"] for name, entry in data.items()},
        )
