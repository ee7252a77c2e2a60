"""Parameters of an untrained potential: generated tables, random radial functions, zero energies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.potential.mtp.contraction_tables import generate
from argyro.platform.potential.mtp.contractions import check_level
from argyro.platform.potential.native import _kernel

RADIAL_NOISE = 0.3  # relative noise of untrained radial functions


def untrained_parameters(
    species: Sequence[str], level: int, cutoff_A: float, min_dist_A: float, radial_size: int, seed: int
) -> _kernel.Parameters:
    """Return the tables of a level with initial coefficients.

    Args:
        species: chemical symbols.
        level: even level, 2 to 26.
        cutoff_A: distance beyond which atoms do not interact.
        min_dist_A: lower end of the radial functions' range.
        radial_size: number of Chebyshev polynomials per radial function.
        seed: seed of the random radial functions.

    Raises:
        InputError: the level is invalid, species are missing or repeated, or min_dist_A is not below cutoff_A.
    """
    check_level(level)
    if len(set(species)) != len(species) or not species:
        raise InputError(f"species {list(species)} must be one or more different symbols")
    if not 0 <= min_dist_A < cutoff_A:
        raise InputError(f"min_dist_A {min_dist_A} and cutoff_A {cutoff_A} must satisfy 0 <= min_dist_A < cutoff_A")
    parameters = tables_of_level(level)
    parameters.species_count, parameters.species = len(species), list(species)
    parameters.radial_size, parameters.min_dist_A, parameters.cutoff_A = radial_size, min_dist_A, cutoff_A
    parameters.scaling = 1.0 / (cutoff_A - min_dist_A) ** 2
    parameters.potential_name = "MTP1m"
    randomise(parameters, seed)
    return parameters


def raised_parameters(lower: _kernel.Parameters, level: int, seed: int) -> _kernel.Parameters:
    """Return the tables of a higher level with the radial functions of a potential and zero energies.

    Args:
        lower: parameters of the potential.
        level: even level, not below that of the potential.
        seed: seed of the additional radial functions.
    """
    higher = tables_of_level(level)
    higher.radial_functions = max(higher.radial_functions, lower.radial_functions)
    for name in ("species_count", "species", "radial_size", "scaling", "min_dist_A", "cutoff_A", "zbl_outer_A"):
        setattr(higher, name, getattr(lower, name))
    higher.potential_name = lower.potential_name
    randomise(higher, seed)
    radial = higher.radial.copy()
    radial[:, :, : lower.radial_functions] = lower.radial
    higher.radial = radial
    return higher


def tables_of_level(level: int) -> _kernel.Parameters:
    """Return the generated tables of a level in the kernel's form."""
    tables, parameters = generate(level), _kernel.Parameters()
    parameters.moments_count, parameters.radial_functions = tables.moments_count, tables.radial_functions
    parameters.basic, parameters.times, parameters.scalar_moments = tables.basic, tables.times, tables.scalar_moments
    return parameters


def randomise(parameters: _kernel.Parameters, seed: int) -> None:
    """Set initial coefficients: Chebyshev polynomials with random noise for every pair of species, zero energies.

    This start gives better and more reproducible fits than random numbers alone. With those, the radial functions of
    one pair can be nearly equal by chance.
    """
    rng = np.random.default_rng(seed)
    count, functions, size = parameters.species_count, parameters.radial_functions, parameters.radial_size
    radial = RADIAL_NOISE / np.sqrt(size) * rng.normal(size=(count, count, functions, size))
    for mu in range(functions):
        radial[:, :, mu, mu % size] += 1.0
    parameters.radial = radial
    parameters.species_energies = np.zeros(count)
    parameters.coefficients = np.zeros(len(parameters.scalar_moments))
    parameters.trained = True
