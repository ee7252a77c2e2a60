"""Radial distribution functions and their mismatch with a reference trajectory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError

STEP_A = 0.05
ORIGINS = 256  # largest number of origin atoms per frame


def radial_distributions(
    frames: Sequence[Atoms], pairs: Sequence[tuple[str, str]], cutoff_A: float = 6.0
) -> tuple[np.ndarray, dict[tuple[str, str], np.ndarray]]:
    """Return g(r) of pairs of elements: (bins,) centres in Å, and values by pair.

    Args:
        frames: periodic structures.
        pairs: (element at the origin, element counted around it).
        cutoff_A: largest distance.

    Raises:
        InputError: an element is absent.
    """
    edges = np.arange(0.0, cutoff_A + STEP_A / 2, STEP_A)
    values = {pair: np.mean([_shells(atoms, *pair, edges) for atoms in frames], axis=0) for pair in pairs}
    return (edges[1:] + edges[:-1]) / 2, values


def _shells(atoms: Atoms, first: str, second: str, edges: np.ndarray) -> np.ndarray:
    """Return the neighbours in each shell over those of an ideal gas."""
    fractional, symbols = atoms.get_scaled_positions(), np.array(atoms.get_chemical_symbols())
    origins, others = fractional[symbols == first], fractional[symbols == second]
    if not len(origins) or not len(others):
        raise InputError(f"{atoms.symbols} has no pair {first}-{second}; it has {', '.join(sorted(set(symbols)))}")
    origins = origins[:: -(-len(origins) // ORIGINS)]
    counts = _distance_counts(origins, others, atoms.cell.array, edges)
    if first == second:
        counts[0] -= len(origins)  # exclude the distance of each atom to itself
    shells_A3 = 4 / 3 * np.pi * np.diff(edges**3)
    return counts / (len(origins) * len(others) / atoms.get_volume() * shells_A3)


def _distance_counts(origins: np.ndarray, others: np.ndarray, cell_A: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Count all distances below the last edge by bin, periodic images included."""
    heights_A = 1 / np.linalg.norm(np.linalg.inv(cell_A), axis=0)
    reach = np.maximum(0, np.ceil(edges[-1] / heights_A - 0.5)).astype(int)
    images = np.array(list(np.ndindex(*(2 * reach + 1)))) - reach
    counts = np.zeros(len(edges) - 1)
    for origin in origins:
        apart = others - origin
        apart -= np.round(apart)
        distances = np.linalg.norm((apart + images[:, None]) @ cell_A, axis=-1)
        counts += np.histogram(distances, bins=edges)[0]
    return counts


def radial_mismatch(values: np.ndarray, reference: np.ndarray) -> float:
    """Return the mismatch with the reference, Σ|g - g_ref| / Σ g_ref; 0 for equal functions."""
    return float(np.abs(values - reference).sum() / reference.sum())
