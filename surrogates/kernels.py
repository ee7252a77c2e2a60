"""How alike two diffusivities are before any run: the covariance of their Arrhenius coefficients.

G_c = [ A² (s + (1 - s) ρ(d, d')) + o_c δ(key, key') ] K_t for each coefficient c of (a, Ea): what all argyrodites
share, what those of like descriptors share, and what is a structure's own, the latter of its own size for a and for
Ea. K_t couples bulk, parallel and perpendicular.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from argyro.surrogates.descriptors import Identity, descriptors_of
from argyro.surrogates.observation import TARGETS

# Parallel and perpendicular go together (D_perp/D_par = 0.877 over all systems of arXiv:2510.18630); a boundary
# follows its bulk loosely,
# being faster where the bulk is slow and slower where it is fast (same source).
TARGET_COUPLING = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.95], [0.5, 0.95, 1.0]])
KERNELS = ("mean", "ridge", "gp")


@dataclass(frozen=True)
class Rows:
    """Diffusivities by what they belong to, n of them: descriptors (n, d), target index (n,), material and key (n,)
    words.
    """

    descriptors: np.ndarray
    targets: np.ndarray
    materials: np.ndarray
    keys: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, index: np.ndarray) -> Rows:
        """Pick the rows of an index or a mask."""
        return Rows(self.descriptors[index], self.targets[index], self.materials[index], self.keys[index])

    @staticmethod
    def join(parts: list[Rows]) -> Rows:
        """One after the other."""
        names = ("descriptors", "targets", "materials", "keys")
        return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def rows_of(identity: Identity, targets: list[str]) -> Rows:
    """Rows of one structure; the bulk of a boundary cell is that of its material."""
    owners = [replace(identity, boundary="bulk") if target == "bulk" else identity for target in targets]
    return Rows(
        np.array([descriptors_of(owner) for owner in owners]),
        np.array([TARGETS.index(target) for target in targets]),
        np.array([owner.material for owner in owners]),
        np.array([owner.key for owner in owners]),
    )


def labels_of(rows: Rows) -> list[str]:
    """Give each row a word for what it is of: key and target."""
    return [f"{key}|{target}" for key, target in zip(rows.keys, rows.targets, strict=True)]


@dataclass(frozen=True)
class Hyperparameters:
    """What the kernel leaves open.

    Args:
        amplitude: size A of the departures from the prior, in its standard deviations.
        length: in descriptor space.
        shared: share s that all argyrodites have in common.
        own_departure: variance of a from structure to structure, in units of the prior's.
        own_barrier: the same of Ea.
        jitter: scatter of ln D between runs beyond their intervals.
    """

    amplitude: float = 1.0
    length: float = 1.5
    shared: float = 0.5
    own_departure: float = 0.1
    own_barrier: float = 0.1
    jitter: float = 0.1


def described_correlation(kind: str, a: Rows, b: Rows, length: float) -> np.ndarray:
    """ρ of each kernel, (na, nb): same material (mean), linear (ridge) or Matérn 3/2 (gp) in the descriptors."""
    if kind == "mean":
        return (a.materials[:, None] == b.materials[None, :]).astype(float)
    if kind == "ridge":
        return a.descriptors @ b.descriptors.T / (length**2 * a.descriptors.shape[1])
    scaled = np.sqrt(3 * ((a.descriptors[:, None, :] - b.descriptors[None, :, :]) ** 2).sum(-1)) / length
    return (1 + scaled) * np.exp(-scaled)


def covariance(kind: str, a: Rows, b: Rows, hyper: Hyperparameters) -> np.ndarray:
    """G of two sets of rows for both coefficients, (2, na, nb), in units of the prior's variance."""
    coupling = TARGET_COUPLING[a.targets][:, b.targets]
    same = a.keys[:, None] == b.keys[None, :]
    described = described_correlation(kind, a, b, hyper.length)
    common = hyper.amplitude**2 * (hyper.shared + (1 - hyper.shared) * described)
    return np.stack([(common + own * same) * coupling for own in (hyper.own_departure, hyper.own_barrier)])
