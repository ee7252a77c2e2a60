"""Detection of boundaries from the structure alone, by the orientation of its tetrahedra along z.

In a crystal all tetrahedra have the same orientation. The octupole T = Σ a⊗a⊗a of the four arms a distinguishes
orientations, including mirror images of opposite polarity. A change of its profile along z is a boundary.
"""

from __future__ import annotations

import numpy as np
from ase import Atoms

from argyro.platform.structures.crystal.composition import CENTRES
from argyro.platform.structures.crystal.neighbours import close_pairs

SMOOTHING_A = 2.5
STEP_A = 0.5
SAME = 0.65  # octupoles of higher correlation have the same orientation
BOND_A = 2.9
SURFACE_A = 5.0  # a wider gap is vacuum


def tetrahedron_octupoles(atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices (n,) of the tetrahedral centres and the normalised octupoles (n, 27) of their arms."""
    symbols = np.array(atoms.get_chemical_symbols())
    centres, corners = np.flatnonzero(np.isin(symbols, CENTRES)), np.flatnonzero(atoms.arrays["site"] == "16e")
    i, _, arm = close_pairs(atoms.positions[centres], atoms.positions[corners], atoms.cell[:], BOND_A)
    arm = arm / np.linalg.norm(arm, axis=1, keepdims=True)
    octupoles = np.zeros((len(centres), 27))
    np.add.at(octupoles, i, np.einsum("pi,pj,pk->pijk", arm, arm, arm).reshape(-1, 27))
    return centres, octupoles / np.maximum(np.linalg.norm(octupoles, axis=1, keepdims=True), 1e-12)


def orientation_profile(atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Return heights (m,) in Å and the smoothed correlation (m,) of tetrahedra with the most common orientation."""
    centres, octupoles = tetrahedron_octupoles(atoms)
    correlation = octupoles @ octupoles[np.argmax(np.sum(octupoles @ octupoles.T > SAME, axis=1))]
    height = atoms.cell[2, 2]
    heights = np.linspace(0.0, height, max(4, int(height / STEP_A)), endpoint=False)
    apart = heights[:, None] - atoms.positions[centres, 2]
    apart -= height * np.round(apart / height)
    weight = np.exp(-0.5 * (apart / SMOOTHING_A) ** 2) + 1e-30
    return heights, weight @ correlation / weight.sum(axis=1)


def count_boundaries(atoms: Atoms) -> int:
    """Count boundaries normal to z: changes of the orientation profile that are not across a vacuum.

    Args:
        atoms: structure with the array ``site``.
    """
    heights, profile = orientation_profile(atoms)
    same = profile > SAME
    turns = heights[same != np.roll(same, -1)]
    z = np.sort(atoms.positions[:, 2] % atoms.cell[2, 2])
    gaps = np.diff([*z, z[0] + atoms.cell[2, 2]])
    vacuum = [(z[i] - STEP_A, z[i] + gaps[i]) for i in np.flatnonzero(gaps > SURFACE_A)]
    height = atoms.cell[2, 2]
    return sum(not any(low <= turn <= high or low <= turn + height <= high for low, high in vacuum) for turn in turns)
