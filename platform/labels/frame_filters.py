"""Filters of labelled frames for training; foundation models label any geometry, plausible or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list

from argyro.platform.common.ions import CENTRES, CHALCOGENS, bond_cutoffs_A


@dataclass(frozen=True)
class SanityLimits:
    """The limits of a plausible frame of hot argyrodite.

    Args:
        min_distance_A: shortest distance of two atoms; P-S bonds of 2.05 Å vibrate down to about 1.7 Å at 1500 K.
        max_force_eV_A: largest force on an atom; the rms at 900 K is below 1 eV/Å.
        energy_window_eV_atom: largest deviation of the energy per atom from the median of the same composition.
    """

    min_distance_A: float = 1.4
    max_force_eV_A: float = 25.0
    energy_window_eV_atom: float = 0.6


def min_distance_A(atoms: Atoms, cutoff_A: float = 4.0) -> float:
    """Return the shortest interatomic distance, periodic images included, at most `cutoff_A`."""
    distances = neighbor_list("d", atoms, cutoff_A)
    return float(distances.min()) if len(distances) else cutoff_A


def ps4_intact(atoms: Atoms) -> bool:
    """Return whether every tetrahedral centre has exactly four bound S or Se and none of them has two centres."""
    symbols = np.array(atoms.get_chemical_symbols())
    bonds = np.zeros(len(atoms), dtype=int)
    if cutoffs_A := bond_cutoffs_A(symbols):
        bonds = np.bincount(neighbor_list("i", atoms, cutoffs_A), minlength=len(atoms))
    return bool((bonds[np.isin(symbols, CENTRES)] == 4).all() and (bonds[np.isin(symbols, CHALCOGENS)] <= 1).all())


def objections(frame: Atoms, limits: SanityLimits, median_eV_atom: float | None = None) -> list[str]:
    """Return the physical reasons against training on a labelled frame.

    Args:
        frame: labelled structure.
        limits: limits of plausible frames.
        median_eV_atom: median energy per atom of the same composition; None for no test of the energy.
    """
    if frame.info.get("status") != "converged":
        return [f"the reference returned the status {frame.info.get('status')!r}"]
    found = []
    shortest = min_distance_A(frame)
    if shortest < limits.min_distance_A:
        found.append(f"two atoms are {shortest:.2f} Å apart, closer than {limits.min_distance_A} Å")
    largest = float(np.linalg.norm(frame.get_forces(), axis=1).max())
    if largest > limits.max_force_eV_A:
        found.append(f"a force of {largest:.1f} eV/Å exceeds {limits.max_force_eV_A} eV/Å")
    if median_eV_atom is not None:
        offset = frame.get_potential_energy() / len(frame) - median_eV_atom
        if abs(offset) > limits.energy_window_eV_atom:
            found.append(
                f"the energy deviates by {offset:+.2f} eV/atom from the median, above {limits.energy_window_eV_atom}"
            )
    return found


def accept(labelled: Sequence[Atoms], known: Sequence[Atoms], limits: SanityLimits) -> tuple[list[Atoms], list[Atoms]]:
    """Divide labelled frames into accepted and rejected ones.

    Args:
        labelled: frames from a `Labeller`.
        known: frames accepted before, for the median energies.
        limits: what is plausible.

    Returns:
        Accepted frames with the flag ``info["ps4_intact"]``, and rejected ones with reasons in ``info["objections"]``.
    """
    energies: dict[str, list[float]] = {}
    for frame in (*known, *labelled):
        if frame.info.get("status") == "converged":
            energies.setdefault(_formula(frame), []).append(frame.get_potential_energy() / len(frame))
    accepted, rejected = [], []
    for frame in labelled:
        values = energies.get(_formula(frame), [])
        # a median of one or two frames is not reliable
        reasons = objections(frame, limits, float(np.median(values)) if len(values) > 2 else None)
        if reasons:
            frame.info["objections"] = "; ".join(reasons)
            rejected.append(frame)
        else:
            frame.info["ps4_intact"] = ps4_intact(frame)
            accepted.append(frame)
    return accepted, rejected


def _formula(frame: Atoms) -> str:
    return frame.get_chemical_formula(empirical=True)
