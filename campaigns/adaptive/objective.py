"""Objective: ln of the candidates' conductivity at each grain size, in joint samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.campaigns.spec.material import Cell
from argyro.campaigns.workload.run_space import identity
from argyro.surrogates.models.prediction import Prediction
from argyro.surrogates.models.surrogate import Query


class Score:
    """Score of candidates by the campaign's polycrystals, with the functions of its homogenization.

    Args:
        candidates: ranked cells.
        factors: conversion of each candidate from cm²/s to mS/cm.
        meshes: polycrystals; empty for single crystals.
        temperature_K: temperature of the ranking.
        grain_sizes_nm: grain sizes of the ranking.
        width_nm: boundary width.
        seed: random seed of the choice of polycrystals.
    """

    def __init__(
        self,
        candidates: Sequence[Cell],
        factors: Sequence[float],
        meshes: Sequence,
        temperature_K: float,
        grain_sizes_nm: Sequence[float],
        width_nm: float,
        seed: int,
    ):
        self.candidates, self.factors, self.meshes = candidates, np.array(factors), meshes
        self.kelvin, self.width_nm, self.seed = temperature_K, width_nm, seed
        self.sizes_nm = list(grain_sizes_nm) if meshes else [max(grain_sizes_nm)]
        self.queries = [Query(identity(cell)) for cell in candidates]

    @property
    def rows(self) -> list[tuple[Cell, float]]:
        """Return candidate and grain size of each column of the score."""
        return [(cell, size) for cell in self.candidates for size in self.sizes_nm]

    def __call__(self, predictions: Sequence[Prediction]) -> np.ndarray:
        """Compute ln of the conductivity in mS/cm, (samples, candidates × grain sizes).

        Args:
            predictions: predictions of all candidates at the screening temperature.
        """
        drawn = np.stack([prediction.samples[:, :, 0] for prediction in predictions], axis=2)
        effective = self._effective_cm2_s(drawn)
        return np.log(effective * self.factors[:, None]).reshape(len(drawn), -1)

    def _effective_cm2_s(self, drawn: np.ndarray) -> np.ndarray:
        """Compute D_eff (samples, candidates, sizes) from D (samples, 3, candidates)."""
        from argyro.platform.continuum.propagate import propagate

        bulk, parallel, perpendicular = (drawn[:, target] for target in range(3))
        if not self.meshes:
            return bulk[:, :, None]
        kelvin = [self.kelvin] * drawn.shape[2]
        propagated = propagate(
            self.meshes, bulk, parallel, perpendicular, self.width_nm, self.sizes_nm, kelvin, self.seed, errors=False
        )
        return propagated.samples_cm2_s
