"""What is known of a structure besides its atoms: composition, disorder, boundary; as numbers on fixed physical scales.

Fixed scales, not those of the data: a campaign of two materials has no scale of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from argyro.platform.errors import InputError

ION_RADII_A = {"Li": 0.76, "P": 0.38, "S": 1.84, "Cl": 1.81, "Br": 1.96, "I": 2.20}
HALIDES = ("Cl", "Br", "I")
COMPOSITION_DESCRIPTORS = ("lithium", "halide_radius", "halide_spread", "disorder", "disorder_mixing")
BOUNDARY_DESCRIPTORS = ("coincidence", "twist", "free_volume")
DESCRIPTORS = COMPOSITION_DESCRIPTORS + BOUNDARY_DESCRIPTORS


@dataclass(frozen=True)
class Identity:
    """Which material and boundary a structure stands for; two realisations of the same disorder are the same."""

    composition: str
    disorder: float
    boundary: str

    @property
    def material(self) -> str:
        """Composition and disorder as one word."""
        return f"{self.composition}|{self.disorder:.3f}"

    @property
    def key(self) -> str:
        """Composition, disorder and boundary as one word."""
        return f"{self.material}|{self.boundary}"


def formula_amounts(composition: str) -> dict[str, float]:
    """Amounts per formula unit of one P.

    Raises:
        InputError: an element that the surrogate has no description of, or no P.
    """
    amounts = {e: float(n or 1) for e, n in re.findall(r"([A-Z][a-z]?)(\d*\.?\d*)", composition)}
    unknown = sorted(set(amounts) - set(ION_RADII_A))
    if unknown or not amounts.get("P"):
        raise InputError(
            f"'{composition}' is no argyrodite the surrogate can describe; it knows {', '.join(ION_RADII_A)}",
            given=composition,
            accepted=", ".join(ION_RADII_A),
        )
    return {element: amount / amounts["P"] for element, amount in amounts.items()}


def identity_of(atoms: Atoms) -> Identity:
    """Material and boundary of a labelled structure.

    Raises:
        InputError: the structure does not say of what composition, disorder or boundary it is.
    """
    missing = [name for name in ("composition", "disorder", "boundary") if name not in atoms.info]
    if missing:
        raise InputError(
            f"the structure does not state its {', '.join(missing)}; build it with `argyro structure` or add "
            "composition=... disorder=... boundary=... to the comment line of its extxyz file",
            accepted="composition, disorder, boundary",
        )
    disorder = float(atoms.info["disorder"])
    if not 0 <= disorder <= 1:
        raise InputError(f"disorder {disorder} is outside 0..1", given=disorder, accepted="0 to 1")
    return Identity(str(atoms.info["composition"]), disorder, str(atoms.info["boundary"]))


def composition_descriptors(identity: Identity) -> np.ndarray:
    """Lithium content, mean and spread of the halide radius, disorder and d(1 - d), shape (5,)."""
    amounts = formula_amounts(identity.composition)
    weights = np.array([amounts.get(halide, 0.0) for halide in HALIDES])
    radii = np.array([ION_RADII_A[halide] for halide in HALIDES])
    share = weights / weights.sum() if weights.sum() > 0 else np.full(3, 1 / 3)
    mean = share @ radii
    spread = np.sqrt(share @ (radii - mean) ** 2)
    d = identity.disorder
    return np.array([(amounts.get("Li", 0.0) - 6) / 0.5, (mean - 1.96) / 0.15, spread / 0.15, d / 0.5, 4 * d * (1 - d)])


def boundary_descriptors(identity: Identity, atoms: Atoms) -> np.ndarray:
    """Inverse coincidence index, how far a twist boundary, and free volume of the boundary, shape (3,); zeros in the
    bulk.

    Twist is |cos| of the angle between the plane normal and the rotation axis (1 twist, 0 tilt); the free volume is
    the cell's volume per atom relative to close-packed ions.
    """
    if identity.boundary == "bulk":
        return np.zeros(len(BOUNDARY_DESCRIPTORS))
    name = re.fullmatch(r"\D*(\d+)\(([-\d]+)\)\[([-\d]+)\]", identity.boundary)
    if name is None:
        raise InputError(
            f"boundary '{identity.boundary}' is not of the form sigma5(001)[001]",
            given=identity.boundary,
            accepted="sigma<number>(<plane>)[<axis>]",
        )
    normal, axis = (np.array([int(i) for i in re.findall(r"-?\d", name[k])], dtype=float) for k in (2, 3))
    twist = abs(normal @ axis) / (np.linalg.norm(normal) * np.linalg.norm(axis))
    ions_A3 = sum(4 / 3 * np.pi * ION_RADII_A[symbol] ** 3 for symbol in atoms.symbols)
    return np.array([5 / int(name[1]), twist, (atoms.get_volume() / ions_A3 - 1.35) / 0.1])


def descriptors_of(atoms: Atoms) -> np.ndarray:
    """All descriptors of a labelled structure, shape (8,)."""
    identity = identity_of(atoms)
    return np.concatenate([composition_descriptors(identity), boundary_descriptors(identity, atoms)])
