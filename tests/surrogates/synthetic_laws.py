"""Synthetic data with known truth for tests and rehearsals: argyrodite-like Arrhenius laws plus noise.

The constants are illustrative, after Ou et al., arXiv:2510.18630. Ordered barriers grow with the anion radius and
disorder flattens them. Prefactors follow Meyer-Neldel, and boundaries lie between fast and slow bulk. No real campaign
uses these data.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.structures.crystal.composition import HALIDES, Composition
from argyro.surrogates.data.descriptors import ION_RADII_A, Identity, identity_of
from argyro.surrogates.data.excess import SCALE_A, SCALE_J_M2, USUAL_A, USUAL_J_M2, Excess
from argyro.surrogates.data.observation import TARGETS, Observation
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior


@dataclass(frozen=True)
class Law:
    """Trend of all structures of a world; energies in eV, radii in Å.

    Args:
        ordered_eV: barrier of the ordered chloride.
        radius_eV_A: slope of the ordered barrier in the halide's radius.
        mixed_eV: barrier of the disordered chloride.
        mixed_radius_eV_A: slope of the disordered barrier in the halide's radius.
        saturation: excess of d(1 - d), normalized to one at d = 0.5, over full mixing.
        lithium_eV: barrier per Li of the formula unit.
        meeting_eV: barrier at which boundary and bulk are equal.
        slope: factor from the bulk's departure from meeting_eV to the boundary's.
        boundary_eV: standard deviation of barriers from boundary to boundary.
        tilt_per_eV: departure from the Meyer-Neldel rule per barrier.
        excess_eV_A: slope of a boundary's barrier in its excess volume.
    """

    ordered_eV: float = 0.38
    radius_eV_A: float = 0.8
    mixed_eV: float = 0.21
    mixed_radius_eV_A: float = 0.1
    saturation: float = 1.5
    lithium_eV: float = 0.1
    meeting_eV: float = 0.27
    slope: float = 0.4
    boundary_eV: float = 0.0
    tilt_per_eV: float = 0.0
    excess_eV_A: float = 0.0

    @classmethod
    def drawn(cls, seed: int) -> Law:
        """Draw a random law; the spread resembles that of argyrodites and reference methods."""
        rng = np.random.default_rng([seed, 1])
        ranges = {
            "ordered_eV": (0.30, 0.45),
            "radius_eV_A": (0.3, 1.0),
            "mixed_eV": (0.17, 0.28),
            "mixed_radius_eV_A": (0.0, 0.4),
            "saturation": (0.7, 2.0),
            "lithium_eV": (-0.1, 0.2),
            "meeting_eV": (0.23, 0.33),
            "slope": (0.2, 0.9),
            "boundary_eV": (0.0, 0.03),
            "tilt_per_eV": (-1.5, 1.5),
            "excess_eV_A": (-0.1, 0.1),
        }
        return cls(**{name: float(rng.uniform(*limits)) for name, limits in ranges.items()})


@dataclass(frozen=True)
class World:
    """True law of every structure and target.

    Args:
        scatter_eV: standard deviation of barriers about their trend.
        departure: standard deviation of ln D0 about the Meyer-Neldel rule.
        seed: random seed of both.
        law: trend.
    """

    scatter_eV: float = 0.02
    departure: float = 0.3
    seed: int = 0
    law: Law = Law()

    @classmethod
    def drawn(cls, seed: int) -> World:
        """Draw a random world."""
        rng = np.random.default_rng([seed, 2])
        return cls(float(rng.uniform(0.005, 0.03)), float(rng.uniform(0.1, 0.5)), seed, Law.drawn(seed))

    def coefficients(self, identity: Identity, target: str) -> np.ndarray:
        """Return the true (a, Ea), shape (2,)."""
        name = identity.material if target == "bulk" else identity.key
        scatter, departure = self._normal(name)
        composition, law = Composition.parse(identity.composition), self.law
        radius = sum(ION_RADII_A[h] * composition[h] for h in HALIDES) / composition.halides - ION_RADII_A["Cl"]
        ordered = law.ordered_eV + law.radius_eV_A * radius
        mixed = law.mixed_eV + law.mixed_radius_eV_A * radius
        mixing = min(1.0, law.saturation * 4 * identity.disorder * (1 - identity.disorder))
        barrier = ordered + mixing * (mixed - ordered) + law.lithium_eV * (composition["Li"] - 6)
        if target != "bulk":
            own = law.boundary_eV * self._normal(identity.boundary)[0] + (0.01 if target == "perpendicular" else 0.0)
            own += law.excess_eV_A * (self.class_excess(identity.boundary).volume_A - USUAL_A)
            barrier = law.meeting_eV + law.slope * (barrier - law.meeting_eV) + own
        tilt = law.tilt_per_eV * (barrier - 0.35)
        return np.array([tilt + self.departure * departure, barrier + self.scatter_eV * scatter])

    def class_excess(self, boundary: str) -> Excess:
        """Return the true excess energy and volume of a boundary, equal in all materials."""
        energy, volume = self._normal(f"excess of {boundary}")
        return Excess(USUAL_J_M2 + SCALE_J_M2 * energy, USUAL_A + SCALE_A * volume)

    def excess(self, identity: Identity) -> Excess | None:
        """Return the excess in runs of a boundary cell; materials differ a third as much as boundaries."""
        if identity.boundary == "bulk":
            return None
        true, (energy, volume) = self.class_excess(identity.boundary), self._normal(f"excess of {identity.key}")
        return Excess(true.energy_J_m2 + SCALE_J_M2 / 3 * energy, true.volume_A + SCALE_A / 3 * volume)

    def _normal(self, name: str) -> np.ndarray:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())]).normal(size=2)

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
        thickness_nm: float = 5.0,
        realisations: Sequence[int] | None = None,
    ) -> list[Observation]:
        """Generate runs of all structures at all temperatures, boundary cells in both directions.

        Args:
            structures: labelled cells.
            temperatures_K: temperatures of the runs.
            noise: standard deviation of ln D of a run.
            detectable_cm2_s: detection limit of the cell; a run of slower diffusion shows no jump.
            width_nm: boundary width.
            seed: random seed of the noise.
            thickness_nm: length of cell per boundary.
            realisations: number of the arrangement of each structure; None for 0.
        """
        rng = np.random.default_rng(seed)
        observations = []
        for number, atoms in enumerate(structures):
            identity = identity_of(atoms)
            for target in ("bulk",) if identity.boundary == "bulk" else TARGETS[1:]:
                known = self._cell_cm2_s(identity, target, temperatures_K, width_nm / thickness_nm)
                for kelvin, true in zip(temperatures_K, known, strict=True):
                    seen = float(np.log(true) + noise * rng.normal())
                    below = seen < np.log(detectable_cm2_s)
                    observations.append(
                        Observation(
                            atoms,
                            target,
                            kelvin,
                            None if below else seen,
                            0.0 if below else noise,
                            reach=0.1,
                            jumps_per_cm2_s=1.5 / detectable_cm2_s,
                            thickness_nm=None if target == "bulk" else thickness_nm,
                            width_nm=None if target == "bulk" else width_nm,
                            realisation=realisations[number] if realisations else 0,
                            material=identity.material,
                            boundary=identity.boundary,
                            excess=self.excess(identity),
                        )
                    )
        return observations

    def _cell_cm2_s(self, identity: Identity, target: str, temperatures_K: Sequence[float], share: float) -> np.ndarray:
        """Return the D that a cell shows before ions cross its layers, (nT,)."""
        own = self.diffusivity_cm2_s(identity, target, temperatures_K)
        if target == "bulk":
            return own
        return share * own + (1 - share) * self.diffusivity_cm2_s(identity, "bulk", temperatures_K)
