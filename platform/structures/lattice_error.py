"""Error of relaxed argyrodite lattice constants relative to neutron diffraction."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from ase.calculators.calculator import Calculator

from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.platform.structures.crystal.composition import LATTICE_A
from argyro.platform.structures.relaxation import relax

FORCE_eV_A = 0.005  # a tolerance of 0.03 leaves a stress of 0.1 to 0.3 GPa


def lattice_error_percent(calculator: Calculator, halides: Collection[str] = tuple(LATTICE_A)) -> float:
    """Compare relaxed lattice constants of ordered Li6PS5X with neutron diffraction at 300 K.

    Args:
        calculator: any ASE calculator with forces and stress.
        halides: X, at least one of Cl, Br and I.

    Returns:
        Mean error over the halides in percent, positive for cells that are too large.
    """
    errors = []
    for halide in halides:
        relaxed = relax(build_bulk(f"Li6PS5{halide}"), calculator, FORCE_eV_A)
        errors.append(100 * (relaxed.cell.volume ** (1 / 3) / LATTICE_A[halide] - 1))
    return float(np.mean(errors))
