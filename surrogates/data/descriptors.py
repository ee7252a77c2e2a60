"""Descriptors from the names of a structure: composition, disorder and boundary on fixed physical scales.

The scales are fixed because a campaign of two materials cannot define its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.boundaries.csl import parse_boundary
from argyro.platform.structures.crystal.composition import CENTRES, HALIDES, Composition
from argyro.platform.structures.crystal.site_occupancy import require_disorder

# Shannon radii in Å: anions and Li sixfold, centres fourfold.
ION_RADII_A = {
    "Li": 0.76, "P": 0.17, "As": 0.335, "Sb": 0.42, "Si": 0.26, "Ge": 0.39, "Sn": 0.55,
    "S": 1.84, "Se": 1.98, "Cl": 1.81, "Br": 1.96, "I": 2.20,
}  # fmt: skip
COMPOSITION_DESCRIPTORS = (
    "lithium content",
    "halide radius",
    "halide spread",
    "centre radius",
    "selenium content",
    "disorder",
    "disorder entropy",
    "ordered halide radius",
)
BOUNDARY_DESCRIPTORS = ("coincidence", "twist", "misorientation", "plane spacing")
# Physical value of each of COMPOSITION_DESCRIPTORS: value at zero, value per unit of the descriptor, physical unit.
SAID = {
    "lithium content": (6.0, 0.5, " per formula unit"),
    "halide radius": (1.96, 0.15, " Å"),
    "halide spread": (0.0, 0.15, " Å"),
    "centre radius": (0.17, 0.15, " Å"),
    "selenium content": (0.0, 2.5, " per formula unit"),
    "disorder": (0.0, 0.5, ""),
}
EXCESS_DESCRIPTORS = ("boundary energy", "excess volume")  # not known from the names, see `excess`
DESCRIPTORS = COMPOSITION_DESCRIPTORS + BOUNDARY_DESCRIPTORS + EXCESS_DESCRIPTORS


@dataclass(frozen=True)
class Identity:
    """Material and boundary of a structure; realisations of the same disorder are equal."""

    composition: str
    disorder: float
    boundary: str = "bulk"

    @classmethod
    def of(cls, composition: str, disorder: float, boundary: str = "bulk") -> Identity:
        """Normalize the names; without free anions to swap, as in Li7PS6, the disorder is zero.

        Raises:
            InputError: the composition is no argyrodite, the disorder is outside 0..1, or the boundary is no
                coincidence boundary.
        """
        require_disorder(disorder)
        name = "bulk" if boundary == "bulk" else _boundary(boundary).name
        parsed = _composition(composition)
        swappable = min(parsed.halides, 2 - parsed.halides) > 1e-6
        return cls(parsed.formula, round(float(disorder), 4) if swappable else 0.0, name)

    @property
    def material(self) -> str:
        """Composition and disorder as one word."""
        return f"{self.composition}|{self.disorder:g}"

    @property
    def key(self) -> str:
        """Composition, disorder and boundary as one word."""
        return f"{self.material}|{self.boundary}"

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements of the composition."""
        return _composition(self.composition).elements


def identity_of(atoms: Atoms) -> Identity:
    """Return the material and boundary of a labelled structure.

    Raises:
        InputError: composition, disorder or boundary is missing or invalid.
    """
    missing = [name for name in ("composition", "disorder", "boundary") if name not in atoms.info]
    if missing:
        raise InputError(
            f"the structure does not state its {', '.join(missing)}; build it with `argyro structure` or add "
            "composition=... disorder=... boundary=... to the comment line of its extxyz file",
            accepted="composition, disorder, boundary",
        )
    return Identity.of(str(atoms.info["composition"]), float(atoms.info["disorder"]), str(atoms.info["boundary"]))


@lru_cache(maxsize=4096)
def descriptors_of(identity: Identity) -> np.ndarray:
    """Return the descriptors from the names of a material and boundary, (12,), read-only.

    Each is centred. Its unit changes the barrier by about 0.15 eV, or is its usual range. The boundary descriptors of
    the bulk are zero.

    - Li content per 0.5, radii per 0.15 Å.
    - Disorder d per 0.5 and d(1 - d) per 0.1: the barrier of Li6PS5Cl is 0.384 eV at d = 0, 0.199 eV at 0.25 and
      0.341 eV at 1 (arXiv:2510.18630).
    - The halide radius in ordered materials once more: there the barrier grows by 0.8 eV/Å (same source), in
      disordered ones less.
    - Σ as 5/Σ; twist as |cos| between plane normal and rotation axis (1 twist, 0 tilt); the rotation angle per radian;
      the plane spacing a/|hkl| per a.
    """
    values = np.concatenate([_of_composition(identity), _of_boundary(identity)])
    values.setflags(write=False)
    return values


def _of_composition(identity: Identity) -> list[float]:
    composition = _composition(identity.composition)
    radius, spread = _mean_radius(composition, HALIDES, 1.96)
    centre, _ = _mean_radius(composition, CENTRES, 0.17)
    d = identity.disorder
    return [
        (composition["Li"] - 6) / 0.5,
        (radius - 1.96) / 0.15,
        spread / 0.15,
        (centre - 0.17) / 0.15,
        composition["Se"] / 2.5,
        d / 0.5,
        d * (1 - d) / 0.1,
        (radius - 1.96) / 0.15 * (1 - 4 * d * (1 - d)),
    ]


def _of_boundary(identity: Identity) -> list[float]:
    if identity.boundary == "bulk":
        return [0.0] * len(BOUNDARY_DESCRIPTORS)
    boundary = _boundary(identity.boundary)
    normal, axis = np.array(boundary.plane, dtype=float), np.array(boundary.axis, dtype=float)
    twist = abs(normal @ axis) / (np.linalg.norm(normal) * np.linalg.norm(axis))
    return [5 / boundary.sigma, twist, np.radians(boundary.angle_deg), 1 / np.linalg.norm(normal)]


def _mean_radius(composition: Composition, elements: tuple[str, ...], absent_A: float) -> tuple[float, float]:
    """Compute the mean and standard deviation of the ionic radius over some elements, weighted by amount."""
    weights = np.array([composition[element] for element in elements])
    if weights.sum() == 0:
        return absent_A, 0.0
    radii = np.array([ION_RADII_A[element] for element in elements])
    mean = float(np.average(radii, weights=weights))
    return mean, float(np.sqrt(np.average((radii - mean) ** 2, weights=weights)))


_composition = lru_cache(maxsize=1024)(Composition.parse)
_boundary = lru_cache(maxsize=1024)(parse_boundary)
