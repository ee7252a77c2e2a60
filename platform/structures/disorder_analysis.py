"""Site disorder of a structure from its geometry."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, HALIDES
from argyro.platform.structures.crystal.neighbours import close_distances

BOND_A = 2.9
NEAR = 0.62  # cutoff in lattice parameters, between the first and the second shell of centres around 4a and 4c
LIMIT = 0.4665  # midpoint of the first shells, √3/4 for 4c and 1/2 for 4a


def free_anion_sites(atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Find the free anions and their sites from the mean distance to the tetrahedral centres of the same grain.

    Site 4c has four centres at 0.433 a, site 4a six at 0.5 a. The lattice parameter is √2 times the median distance
    of neighbouring centres.

    Args:
        atoms: any argyrodite; the array ``grain`` is used if present.

    Returns:
        Indices (n,) and sites (n,), "4a" or "4c".
    """
    symbols = np.array(atoms.get_chemical_symbols())
    grain = atoms.arrays.get("grain", np.zeros(len(atoms), dtype=int))
    centres = np.flatnonzero(np.isin(symbols, CENTRES))
    anions = np.flatnonzero(np.isin(symbols, CHALCOGENS + HALIDES))
    cell, positions = atoms.cell[:], atoms.positions
    bound, _, _ = close_distances(positions[anions], positions[centres], cell, BOND_A)
    free = np.delete(anions, np.unique(bound))
    _, _, between = close_distances(positions[centres], positions[centres], cell, 8.4)
    lattice_A = np.sqrt(2) * float(np.median(between))
    i, j, r = close_distances(positions[free], positions[centres], cell, NEAR * lattice_A)
    own = grain[free[i]] == grain[centres[j]]
    count = np.bincount(i[own], minlength=len(free))
    mean = np.bincount(i[own], weights=r[own], minlength=len(free)) / np.maximum(count, 1)
    return free, np.where((count > 0) & (mean < LIMIT * lattice_A), "4c", "4a")


def free_anion_disorder(atoms: Atoms, grain: int | None = None) -> float:
    """Measure the fraction of exchanged free anions, the counterpart of the argument `disorder` of the builders.

    At one halide per formula unit it is the fraction of halides not on 4a. In general it is the number of exchanged
    chalcogens on 4a divided by the largest possible number.

    Args:
        atoms: any argyrodite, snapshots of MD included.
        grain: number of a grain; by default the whole cell.

    Raises:
        InputError: all free anions are halides, or none is.
    """
    free, site = free_anion_sites(atoms)
    if grain is not None:
        inside = atoms.arrays["grain"][free] == grain
        free, site = free[inside], site[inside]
    halide = np.isin(np.array(atoms.get_chemical_symbols())[free], HALIDES)
    units, halides = len(free) // 2, int(halide.sum())
    largest = min(halides, len(free) - halides, units)
    if largest == 0:
        message = (
            "free anions of one kind have no site disorder; give a structure with free halides and free chalcogens"
        )
        raise InputError(message)
    chalcogens_4a = int(np.sum(~halide & (site == "4a")))
    return (chalcogens_4a - max(0, units - halides)) / largest
