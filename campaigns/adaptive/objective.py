"""What an adaptive campaign ranks by: ln of the conductivity of each candidate and grain size, in joint samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ase import Atoms

from argyro.campaigns.pipeline.homogenize import conductivity_factors
from argyro.surrogates.data.descriptors import identity_of
from argyro.surrogates.models.prediction import Prediction
from argyro.surrogates.models.surrogate import Query


class Score:
    """Conductivities through the campaign's polycrystals, by the same functions as its homogenization.

    Args:
        candidates: cells that are ranked, each with the bulk cell of its material.
        meshes: polycrystals; none where the candidates are single crystals.
        asked: grain_sizes_nm, width_nm, screening_temperature_K and seed of the campaign.
    """

    def __init__(self, candidates: Sequence[tuple[Atoms, Atoms]], meshes: Sequence, asked: Mapping):
        self.meshes, self.asked = meshes, asked
        self.kelvin = float(asked["screening_temperature_K"])
        self.sizes_nm = list(asked["grain_sizes_nm"]) if meshes else [max(asked["grain_sizes_nm"])]
        self.queries = [Query(identity_of(cell)) for cell, _ in candidates]
        self.factors = np.array([conductivity_factors(bulk, [self.kelvin])[0] for _, bulk in candidates])

    @property
    def rows(self) -> list[dict]:
        """What stands in each column of the score."""
        return [
            {
                "composition": query.identity.composition,
                "disorder": query.identity.disorder,
                "boundary": query.identity.boundary,
                "grain_size_nm": size,
            }
            for query in self.queries
            for size in self.sizes_nm
        ]

    def __call__(self, predictions: Sequence[Prediction]) -> np.ndarray:
        """Ln of the conductivity in mS/cm, (samples, candidates × grain sizes).

        Args:
            predictions: of all candidates at the screening temperature.
        """
        drawn = np.stack([prediction.samples[:, :, 0] for prediction in predictions], axis=2)
        effective = self._effective_cm2_s(drawn)
        return np.log(effective * self.factors[:, None]).reshape(len(drawn), -1)

    def _effective_cm2_s(self, drawn: np.ndarray) -> np.ndarray:
        """(samples, candidates, sizes) from (samples, 3, candidates); the candidates pass as if temperatures."""
        from argyro.platform.continuum.propagate import propagate

        bulk, parallel, perpendicular = (drawn[:, target] for target in range(3))
        if not self.meshes:
            return bulk[:, :, None]
        kelvin = [self.kelvin] * drawn.shape[2]
        width_nm, seed = self.asked["width_nm"], self.asked["seed"]
        return propagate(
            self.meshes, bulk, parallel, perpendicular, width_nm, self.sizes_nm, kelvin, seed
        ).samples_cm2_s
