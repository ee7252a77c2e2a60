"""Prediction of the surrogate: posterior samples of diffusivities and barriers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from argyro.platform.common.estimate import Uncertain
from argyro.surrogates.data.observation import TARGETS


@dataclass(frozen=True)
class Prediction:
    """Posterior of the diffusivities of one structure.

    Args:
        temperatures_K: nT temperatures.
        samples: posterior samples of D in cm²/s, (n, 3, nT): bulk, parallel, perpendicular; boundary entries are NaN
            for a bulk structure.
        activation_energy_samples_eV: barriers of the same samples, (n, 3).
        width_nm: reference width of the boundary diffusivities.
        warnings: properties of the query outside the training data.
    """

    temperatures_K: tuple[float, ...]
    samples: np.ndarray
    activation_energy_samples_eV: np.ndarray
    width_nm: float | None
    warnings: tuple[str, ...]

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
        return Uncertain.from_samples(self.activation_energy_samples_eV[:, 0])

    @property
    def given_reference(self) -> Prediction:
        """The same prediction as if the reference were exact."""
        return self

    def _of(self, target: str) -> tuple[Uncertain, ...] | None:
        samples = self.samples[:, TARGETS.index(target)]
        return None if np.isnan(samples).any() else uncertain_columns(samples)


def uncertain_columns(samples: np.ndarray) -> tuple[Uncertain, ...]:
    """Compute the median and central 95 % interval of each column of samples (n, columns)."""
    low, value, high = np.percentile(samples, [2.5, 50.0, 97.5], axis=0)
    return tuple(Uncertain(float(v), float(a), float(b)) for v, a, b in zip(value, low, high, strict=True))


def draw(
    means: Sequence[np.ndarray], covariances: Sequence[np.ndarray], widen: np.ndarray, samples: int, seed: int
) -> np.ndarray:
    """Draw samples of r rows' coefficients from an equal mixture of normal members, (samples, r, 2).

    Each row is drawn given those before it. At equal seeds a material's bulk, the first row, therefore does not depend
    on the boundary.

    Args:
        means: mean of each member, (r, 2).
        covariances: covariance of each member, (r, 2, r, 2).
        widen: factor on the departure of each row from the mixture's mean, (r,).
        samples: number of samples.
        seed: random seed.
    """
    rng = np.random.default_rng(seed)
    size, centre = 2 * len(widen), np.mean(means, axis=0)
    member = rng.permutation(samples) % len(means)
    normal = rng.standard_normal((size, samples)).T
    departure = np.empty((samples, *centre.shape))
    for m, root in enumerate(_root(np.reshape(covariances, (-1, size, size)))):
        departure[member == m] = (normal[member == m] @ root.T).reshape(-1, *centre.shape)
    return centre + widen[:, None] * (np.asarray(means)[member] - centre + departure)


def _root(covariance: np.ndarray) -> np.ndarray:
    """Compute lower triangular square roots (..., n, n), robust to rounding in nearly singular covariances."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    upper = np.linalg.qr(root.swapaxes(-1, -2)).R
    signs = np.where(np.diagonal(upper, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return (upper * signs[..., :, None]).swapaxes(-1, -2)
