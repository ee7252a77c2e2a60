"""Compute the basis rows of atoms, from which active sets are made."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.potential.native import _kernel

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP


def basis_rows(mtp: MTP, atoms: Atoms) -> np.ndarray:
    """Return derivatives of the site energies with respect to the linear parameters.

    Args:
        mtp: the potential; only its radial functions matter.
        atoms: any structure of its species.

    Returns:
        (n, species + basis functions): a one at the atom's species, then its basis functions.
    """
    types = mtp.types(atoms)
    return np.hstack([np.eye(len(mtp.species))[types], mtp.basis(atoms)])


def parameter_rows(mtp: MTP, atoms: Atoms) -> np.ndarray:
    """Return derivatives of the site energies with respect to all parameters.

    Args:
        mtp: the potential, trained.
        atoms: any structure of its species.

    Returns:
        (n, species + basis functions + radial coefficients), in eV per unit of each parameter: the columns of
        `basis_rows`, then the derivatives by the radial coefficients in their order.
    """
    return _kernel.site_gradients(mtp.kernel, mtp.frame(atoms))


def parameter_fingerprint(mtp: MTP) -> str:
    """Return a hash like `radial_fingerprint` that covers the linear coefficients too: ∂E/∂θ depends on them."""
    return _fingerprint(
        [mtp.scaling, mtp.min_dist_A, mtp.cutoff_A, *np.ravel(mtp.radial_coefficients), *mtp.coefficients]
    )


def radial_fingerprint(mtp: MTP) -> str:
    """Return a hash of everything the basis functions depend on: scaling, cutoffs and radial coefficients.

    FNV-1a with 64 bits over the little-endian bytes of the doubles, as ``lammps/active_set.cpp`` computes it too; it
    tells potentials apart, it does not protect against malice.
    """
    return _fingerprint([mtp.scaling, mtp.min_dist_A, mtp.cutoff_A, *np.ravel(mtp.radial_coefficients)])


def _fingerprint(values: list[float]) -> str:
    code = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(values)}d", *values):
        code = ((code ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{code:016x}"
