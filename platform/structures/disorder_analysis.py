"""What a structure turned out to be: site disorder read from the geometry, and the number density of Li."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CENTRES, CHALCOGENS, HALIDES
from argyro.platform.structures.crystal.neighbours import close_distances

BOND_A = 2.9
NEAR = 0.62  # in lattice parameters: beyond the first shell of centres round 4a and 4c, before their second
LIMIT = 0.4665  # halfway between the first shells, √3/4 of 4c and 1/2 of 4a


def free_anion_sites(atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Free anions and the site each is on, from the mean distance to the tetrahedral centres of its own grain.

    4c has four centres at 0.433 a, 4a six at 0.5 a. The lattice parameter is √2 of the median distance of
    neighbouring centres.

    Args:
        atoms: any argyrodite; the array ``grain`` is used where there is one.

    Returns:
        Indices (n,) and "4a" or "4c" for each.
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
    """Share of swapped free anions: the classifier's answer to the `disorder` a structure was built with.

    At one halide per formula unit it is the share of halides off 4a; in general the chalcogens on 4a beyond those for
    which there is no halide, over the largest number that could be swapped.

    Args:
        atoms: any argyrodite, snapshots of MD included.
        grain: only this grain; by default the whole cell.

    Raises:
        InputError: there are no free halides, or nothing else, so that nothing can be swapped.
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
            "free anions of one kind have no site disorder; give a structure with both halides and free chalcogens"
        )
        raise InputError(message, given=atoms.get_chemical_formula())
    chalcogens_4a = int(np.sum(~halide & (site == "4a")))
    return (chalcogens_4a - max(0, units - halides)) / largest
