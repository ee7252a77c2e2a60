"""Energy and volume that a grain boundary has in excess of the bulk, as descriptors of the boundary.

They are known only where a boundary was simulated. So they describe its class: their mean over the materials in which
it was run stands for it in every material.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.descriptors import Identity, descriptors_of, identity_of

if TYPE_CHECKING:
    from argyro.surrogates.data.observation import Observation

# A usual boundary of an argyrodite, and by how much others differ from it: energies below 0.32 J/m² (arXiv:2407.04126);
# 0.22 ± 0.10 J/m² and 0.7 ± 0.2 Å, up to 1.1 Å, in our own molecular dynamics (docs/dynamics.md).
USUAL_J_M2, SCALE_J_M2 = 0.2, 0.1
USUAL_A, SCALE_A = 0.7, 0.3
LARGEST = 3.0  # what lies further out is a boundary that has not been relaxed, and says no more


@dataclass(frozen=True)
class Excess:
    """Excess energy and volume of a boundary per area; a volume per area is a length.

    Raises:
        InputError: not finite.
    """

    energy_J_m2: float
    volume_A: float

    def __post_init__(self):
        if not np.isfinite([self.energy_J_m2, self.volume_A]).all():
            raise InputError(f"{self} is not finite; leave the excess out where it is not known", given=self)

    @property
    def scaled(self) -> np.ndarray:
        """Departure from the usual boundary, (2,)."""
        energy, volume = (self.energy_J_m2 - USUAL_J_M2) / SCALE_J_M2, (self.volume_A - USUAL_A) / SCALE_A
        return np.clip([energy, volume], -LARGEST, LARGEST)

    @classmethod
    def mean(cls, several: Iterable[Excess]) -> Excess:
        """Mean of at least one."""
        energies, volumes = zip(*((one.energy_J_m2, one.volume_A) for one in several), strict=True)
        return cls(float(np.mean(energies)), float(np.mean(volumes)))


@dataclass(frozen=True)
class BoundaryExcess:
    """Excess of each boundary that was simulated.

    Args:
        mean: by name of the boundary, over materials.
        materials: by name, of how many materials.
    """

    mean: Mapping[str, Excess] = field(default_factory=dict)
    materials: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, observations: Iterable[Observation]) -> BoundaryExcess:
        """Average over the runs of a material, and then over materials.

        Parallel and perpendicular diffusivities of one run bring the same excess, which counts once.
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
        """All descriptors of a material and boundary, (14,): those of its names and its scaled excess.

        A boundary whose excess is not known is taken to be like the mean of those that are, and without any like the
        usual one, which has zeros; so has the bulk.
        """
        return np.concatenate([descriptors_of(identity), self._scaled(identity.boundary)])

    def _scaled(self, boundary: str) -> np.ndarray:
        if boundary == "bulk" or not self.mean:
            return np.zeros(2)
        return (self.mean.get(boundary) or Excess.mean(self.mean.values())).scaled

    def to_json(self) -> dict[str, dict]:
        """Energy, volume and number of materials by boundary."""
        return {name: {**asdict(excess), "materials": self.materials[name]} for name, excess in self.mean.items()}

    @classmethod
    def from_json(cls, data: dict[str, dict]) -> BoundaryExcess:
        """Invert `to_json`."""
        return cls(
            {name: Excess(entry["energy_J_m2"], entry["volume_A"]) for name, entry in data.items()},
            {name: entry["materials"] for name, entry in data.items()},
        )
