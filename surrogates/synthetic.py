"""A made-up world with known truth, to test the surrogate and to rehearse campaigns: argyrodite-like Arrhenius laws
plus noise.

Its constants are illustrative, shaped after Ou et al., arXiv:2510.18630: barriers that grow with the anion radius
when ordered and flatten with disorder, Meyer-Neldel prefactors, boundaries that lie between fast and slow bulk. No
real campaign reads it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.structures.composition import HALIDES, Composition
from argyro.platform.uncertain import Uncertain
from argyro.surrogates.arrhenius import ArrheniusPrior
from argyro.surrogates.descriptors import ION_RADII_A, Identity, identity_of
from argyro.surrogates.observation import TARGETS, Observation


@dataclass(frozen=True)
class World:
    """The truth: a law for every structure and target.

    Args:
        scatter_eV: standard deviation of barriers about their trend.
        departure: standard deviation of ln D0 about the Meyer-Neldel rule.
        seed: of both.
    """

    scatter_eV: float = 0.02
    departure: float = 0.3
    seed: int = 0

    def coefficients(self, identity: Identity, target: str) -> np.ndarray:
        """Return the true (a, Ea), shape (2,)."""
        name = identity.material if target == "bulk" else identity.key
        rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        scatter, departure = rng.normal(size=2)
        composition = Composition.parse(identity.composition)
        radius = sum(ION_RADII_A[h] * composition[h] for h in HALIDES) / composition.halides
        ordered = 0.38 + 0.8 * (radius - 1.81)
        mixing = min(1.0, 1.5 * 4 * identity.disorder * (1 - identity.disorder))
        barrier = ordered + mixing * (0.21 + 0.1 * (radius - 1.81) - ordered) + 0.1 * (composition["Li"] - 6)
        if target != "bulk":
            barrier = 0.27 + 0.4 * (barrier - 0.27) + (0.01 if target == "perpendicular" else 0.0)
        return np.array([self.departure * departure, barrier + self.scatter_eV * scatter])

    def diffusivity_cm2_s(self, identity: Identity, target: str, temperatures_K: Sequence[float]) -> np.ndarray:
        """Return the true D, (nT,)."""
        return np.exp(ArrheniusPrior().log_diffusivity(self.coefficients(identity, target), np.asarray(temperatures_K)))

    def observe(
        self,
        structures: Sequence[Atoms],
        temperatures_K: Sequence[float],
        noise: float = 0.1,
        detectable_cm2_s: float = 3e-7,
        width_nm: float = 2.5,
        seed: int = 0,
    ) -> list[Observation]:
        """All targets of all structures at all temperatures.

        Args:
            structures: labelled cells.
            temperatures_K: of the runs.
            noise: standard deviation of ln D of a run.
            detectable_cm2_s: what diffuses slower gives an upper bound, twice this value.
            width_nm: of the boundaries.
            seed: of the noise.
        """
        rng = np.random.default_rng(seed)
        observations = []
        for atoms in structures:
            identity = identity_of(atoms)
            for target in ("bulk",) if identity.boundary == "bulk" else TARGETS[1:]:
                for kelvin, true in zip(
                    temperatures_K, self.diffusivity_cm2_s(identity, target, temperatures_K), strict=True
                ):
                    seen = true * np.exp(noise * rng.normal())
                    below = seen < detectable_cm2_s
                    observations.append(
                        Observation(
                            atoms,
                            target,
                            kelvin,
                            None
                            if below
                            else Uncertain(seen, seen * np.exp(-1.96 * noise), seen * np.exp(1.96 * noise)),
                            2 * detectable_cm2_s if below else None,
                            None if target == "bulk" else width_nm,
                            identity.material,
                            identity.boundary,
                        )
                    )
        return observations
