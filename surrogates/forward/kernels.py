"""Kernels: prior covariance of the Arrhenius coefficients of two diffusivities.

A material m has coefficients c(m). A boundary has β times the departure of c(m), plus a departure of its own. For each
coefficient

    cov = A² [s + (1 - s) ρ + o δ_m] β_i β_j + B² [t + (1 - t) ρ_b (1 + ρ) / 2] P + o δ_key P,

with β_i = 1 in the bulk; ρ and ρ_b compare materials and boundaries by their descriptors; P couples parallel and
perpendicular and is zero in the bulk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.descriptors import BOUNDARY_DESCRIPTORS, COMPOSITION_DESCRIPTORS, Identity
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.forward.hyperparameters import Hyperparameters

# Parallel and perpendicular are correlated: D_perp/D_par = 0.877 over all systems of arXiv:2510.18630.
BOUNDARY_COUPLING = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.97], [0.0, 0.97, 1.0]])
BOUNDARY_LENGTH = 1.0
MATERIAL = slice(0, len(COMPOSITION_DESCRIPTORS))
GEOMETRY = slice(MATERIAL.stop, MATERIAL.stop + len(BOUNDARY_DESCRIPTORS))
EXCESS = slice(GEOMETRY.stop, None)


@dataclass(frozen=True)
class Rows:
    """Diffusivities, n of them: descriptors (n, d), target index (n,), names of material and key (n,)."""

    descriptors: np.ndarray
    targets: np.ndarray
    materials: np.ndarray
    keys: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, index: np.ndarray) -> Rows:
        """Select the rows of an index or a mask."""
        return Rows(self.descriptors[index], self.targets[index], self.materials[index], self.keys[index])

    @staticmethod
    def join(parts: list[Rows]) -> Rows:
        """Concatenate rows."""
        names = ("descriptors", "targets", "materials", "keys")
        return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def rows_of(identity: Identity, targets: Sequence[str], excess: BoundaryExcess) -> Rows:
    """Make the rows of one structure from its names and its boundary's excess.

    The bulk of a boundary cell is that of its material.
    """
    owners = [replace(identity, boundary="bulk") if target == "bulk" else identity for target in targets]
    return Rows(
        np.array([excess.describe(owner) for owner in owners]),
        np.array([TARGETS.index(target) for target in targets]),
        np.array([owner.material for owner in owners]),
        np.array([owner.key for owner in owners]),
    )


def labels_of(rows: Rows) -> list[str]:
    """Label each row by key and target."""
    return [f"{key}|{target}" for key, target in zip(rows.keys, rows.targets, strict=True)]


def distinct(rows: Rows) -> tuple[Rows, np.ndarray]:
    """Return the rows without repetitions at other temperatures, and the index of each row among them, (n,)."""
    _, first, group = np.unique(np.array(labels_of(rows)), return_index=True, return_inverse=True)
    return rows.take(first), group


class Pairs:
    """Comparison of two sets of rows, independent of the hyperparameters; computed once."""

    def __init__(self, kind: str, a: Rows, b: Rows):
        """Compare rows a (na) with rows b (nb) for the kernel ``mean``, ``ridge`` or ``gp``."""
        self.kind = kind
        self.targets = (a.targets, b.targets)
        self.same_material = (a.materials[:, None] == b.materials[None, :]).astype(float)
        self.coupling = BOUNDARY_COUPLING[a.targets][:, b.targets]
        self.same_key = a.keys[:, None] == b.keys[None, :]
        self.own = self.same_key * self.coupling
        x, y = a.descriptors[:, MATERIAL], b.descriptors[:, MATERIAL]
        self.product = x @ y.T / x.shape[1]
        self.distance = np.sqrt(3.0) * _distance(x, y)
        self.boundary = _boundary_correlation(kind, a.descriptors, b.descriptors)

    def described(self, hyper: Hyperparameters) -> np.ndarray:
        """Compute ρ, (na, nb): same material (mean), linear (ridge) or linear and Matérn 3/2 (gp) descriptors."""
        if self.kind == "mean":
            return self.same_material
        linear = self.product * (2.0 / hyper.length) ** 2
        if self.kind == "ridge":
            return linear
        scaled = self.distance / hyper.length
        return hyper.linear * linear + (1 - hyper.linear) * (1 + scaled) * np.exp(-scaled)

    def covariance(self, hyper: Hyperparameters) -> np.ndarray:
        """Compute the covariance of both coefficients, (2, na, nb), in units of the prior's variance.

        The shape is (m, 2, na, nb) for m stacked hyperparameters.
        """
        described = self.described(hyper)
        a, b = self.targets
        follow = np.where(a[:, None] == 0, 1.0, hyper.slope) * np.where(b[None, :] == 0, 1.0, hyper.slope)
        common = hyper.shared + (1 - hyper.shared) * described
        alike = hyper.boundary_shared + (1 - hyper.boundary_shared) * self.boundary * (1 + described) / 2
        boundary = hyper.boundary**2 * alike * self.coupling
        sizes = ((hyper.departure, hyper.own_departure), (hyper.amplitude, hyper.own_barrier))
        parts = [
            (size**2 * common + own * self.same_material) * follow + boundary + own * self.own for size, own in sizes
        ]
        return np.stack(parts, axis=-3)


def _boundary_correlation(kind: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compute ρ_b of descriptors (na, d) and (nb, d).

    The mean kernel compares names of boundaries. Half of ridge and gp does so too; the other half is linear (ridge) or
    Matérn 3/2 (gp) in the geometry. Both add a term linear in excess energy and volume, which is zero for usual or
    unknown values. A campaign has few boundaries: they determine neither the weight of the geometry nor more than a
    slope in the excess.
    """
    x, y = a[:, GEOMETRY], b[:, GEOMETRY]
    distance = np.sqrt(3.0) * _distance(x, y) / BOUNDARY_LENGTH
    same = (distance < 1e-9).astype(float)
    if kind == "mean":
        return same
    geometry = x @ y.T / x.shape[1] if kind == "ridge" else (1 + distance) * np.exp(-distance)
    return (same + geometry + a[:, EXCESS] @ b[:, EXCESS].T / 2) / 2


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))
