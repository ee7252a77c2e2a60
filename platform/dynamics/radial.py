"""Radial distribution functions, and how far they are from those of a reference trajectory."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from ase import Atoms

from argyro.platform.errors import InputError

STEP_A = 0.05


def radial_distribution(
    frames: Iterable[Atoms], first: str, second: str, cutoff_A: float = 6.0
) -> tuple[np.ndarray, np.ndarray]:
    """g(r) of a pair of elements, 1 where they are uncorrelated; (bins,) centres in Å and values.

    Args:
        frames: periodic structures.
        first: element at the origin.
        second: element counted round it.
        cutoff_A: largest distance.

    Raises:
        InputError: an element is absent.
    """
    from ase.neighborlist import neighbor_list

    edges = np.arange(0.0, cutoff_A + STEP_A / 2, STEP_A)
    shells_A3 = 4 / 3 * np.pi * np.diff(edges**3)
    total, number = np.zeros(len(edges) - 1), 0
    for atoms in frames:
        symbols = np.array(atoms.get_chemical_symbols())
        origins, others = np.sum(symbols == first), np.sum(symbols == second)
        if not origins or not others:
            raise InputError(
                f"{atoms.symbols} holds no pair {first}-{second}", accepted=", ".join(sorted(set(symbols)))
            )
        i, j, distances = neighbor_list("ijd", atoms, cutoff_A)
        counts = np.histogram(distances[(symbols[i] == first) & (symbols[j] == second)], bins=edges)[0]
        total += counts / (origins * others / atoms.get_volume() * shells_A3)
        number += 1
    return (edges[1:] + edges[:-1]) / 2, total / max(number, 1)


def radial_mismatch(values: np.ndarray, reference: np.ndarray) -> float:
    """Share of the area under the reference that is missed, Σ|g - g_ref| / Σ g_ref; 0 for equal functions."""
    return float(np.abs(values - reference).sum() / reference.sum())
