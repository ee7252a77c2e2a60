"""Basis rows of atoms for active sets."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.potential.native import _kernel

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP


def basis_rows(mtp: MTP, atoms: Atoms) -> np.ndarray:
    """Return the derivatives of the site energies with respect to the linear parameters.

    Args:
        mtp: the potential; only its radial functions are used.
        atoms: a structure of its species.

    Returns:
        (n, species + basis functions): a one at the atom's species, then its basis functions.
    """
    types = mtp.types(atoms)
    return np.hstack([np.eye(len(mtp.species))[types], mtp.basis(atoms)])


def parameter_rows(mtp: MTP, atoms: Atoms) -> np.ndarray:
    """Return the derivatives of the site energies with respect to all parameters.

    Args:
        mtp: a trained potential.
        atoms: a structure of its species.

    Returns:
        (n, species + basis functions + radial coefficients) in eV per unit of each parameter: the columns of
        `basis_rows`, then the derivatives by the radial coefficients.
    """
    return _kernel.site_gradients(mtp.kernel, mtp.frame(atoms))


def parameter_fingerprint(mtp: MTP) -> str:
    """Return a hash like `radial_fingerprint` that includes the linear coefficients, on which ∂E/∂θ depends."""
    return _fingerprint(
        [mtp.scaling, mtp.min_dist_A, mtp.cutoff_A, *np.ravel(mtp.radial_coefficients), *mtp.coefficients]
    )


def radial_fingerprint(mtp: MTP) -> str:
    """Return a hash of scaling, cutoffs and radial coefficients, which determine the basis functions.

    The hash is FNV-1a with 64 bits over the little-endian bytes of the doubles; ``lammps/active_set.cpp`` computes the
    same. It distinguishes potentials but gives no protection against manipulation.
    """
    return _fingerprint([mtp.scaling, mtp.min_dist_A, mtp.cutoff_A, *np.ravel(mtp.radial_coefficients)])


def _fingerprint(values: list[float]) -> str:
    code = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(values)}d", *values):
        code = ((code ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{code:016x}"
