"""Prediction of the surrogate: posterior samples of diffusivities and barriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from argyro.platform.common.estimate import Limits, Uncertain
from argyro.surrogates.data.observation import TARGETS


@dataclass(frozen=True)
class Prediction:
    """Posterior of the diffusivities of one structure.

    Args:
        temperatures_K: nT temperatures.
        samples: posterior samples of D in cm²/s, (n, 3, nT): bulk, parallel, perpendicular, with the bias of the
            reference; boundary entries are NaN for a bulk structure.
        activation_energy_samples_eV: barriers of the same samples, (n, 3).
        width_nm: reference width of the boundary diffusivities.
        warnings: properties of the query outside the training data.
        unbiased: samples and barriers as if the reference were exact; None where no bias applies.
        free: samples and barriers without the Meyer-Neldel rule; None if unknown.
    """

    temperatures_K: tuple[float, ...]
    samples: np.ndarray
    activation_energy_samples_eV: np.ndarray
    width_nm: float | None
    warnings: tuple[str, ...]
    unbiased: tuple[np.ndarray, np.ndarray] | None = None
    free: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def in_domain(self) -> bool:
        """Whether the query lies within the training data."""
        return not self.warnings

    @cached_property
    def bulk(self) -> tuple[Uncertain, ...]:
        """D of the bulk in cm²/s, one per temperature."""
        bulk = self._of("bulk")
        assert bulk is not None  # only boundary entries can be NaN
        return bulk

    @cached_property
    def parallel(self) -> tuple[Uncertain, ...] | None:
        """D along the boundary in cm²/s, one per temperature; None without a boundary."""
        return self._of("parallel")

    @cached_property
    def perpendicular(self) -> tuple[Uncertain, ...] | None:
        """D across the boundary in cm²/s, one per temperature; None without a boundary."""
        return self._of("perpendicular")

    @cached_property
    def activation_energy_eV(self) -> Uncertain:
        """Barrier of the bulk."""
        plain = None if self.unbiased is None else self.unbiased[1][:, 0]
        return Uncertain.from_samples(self.activation_energy_samples_eV[:, 0], plain)

    @property
    def given_reference(self) -> Prediction:
        """The same prediction as if the reference were exact."""
        if self.unbiased is None:
            return self
        samples, barriers = self.unbiased
        return replace(self, samples=samples, activation_energy_samples_eV=barriers, unbiased=None, free=None)

    @property
    def without_rule(self) -> Prediction | None:
        """The same prediction without the Meyer-Neldel rule; None if unknown."""
        if self.free is None:
            return None
        samples, barriers = self.free
        return replace(self, samples=samples, activation_energy_samples_eV=barriers, unbiased=None, free=None)

    def _of(self, target: str) -> tuple[Uncertain, ...] | None:
        index = TARGETS.index(target)
        samples = self.samples[:, index]
        plain = None if self.unbiased is None else self.unbiased[0][:, index]
        return None if np.isnan(samples).any() else uncertain_columns(samples, plain)


def uncertain_columns(samples: np.ndarray, given_reference: np.ndarray | None = None) -> tuple[Uncertain, ...]:
    """Compute the median and central 95 % interval of each column of samples (n, columns).

    Args:
        samples: with the bias of the reference.
        given_reference: the same without it; None where there is none.
    """
    low, value, high = np.percentile(samples, [2.5, 50.0, 97.5], axis=0)
    limits: Sequence[Limits | None] = [None] * len(value)
    if given_reference is not None:
        limits = [Limits(*map(float, pair)) for pair in np.percentile(given_reference, [2.5, 97.5], axis=0).T]
    columns = zip(value, low, high, limits, strict=True)
    return tuple(Uncertain(float(v), float(a), float(b), given_reference=given) for v, a, b, given in columns)
