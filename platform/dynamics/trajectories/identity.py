"""Checks that framework atoms keep their identity: rotations of groups are allowed, exchanged atoms are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.common.errors import InputError

FAR_A = 1.5  # larger steps of a bound atom between two frames are checked
SAME_PLACE_A = 1.0  # two vibrating atoms that take the same site
BOND_A = 2.8  # larger than the bonds of a group, such as P-S 2.05 Å and Sb-S 2.4 Å


def require_same_atoms(
    before: np.ndarray,
    after: np.ndarray,
    cell_A: np.ndarray,
    species: Sequence[str],
    far: np.ndarray,
    label: str,
) -> None:
    """Refuse framework atoms that have exchanged their places, unless both belong to one group.

    A rotating PS4 group permutes its S atoms, which is motion. Atoms of different groups or elements do not exchange.

    Args:
        before: (atoms, 3) fractional framework positions of the previous frame.
        after: (atoms, 3) fractional framework positions of this frame.
        cell_A: rows are the cell vectors.
        species: element of each atom.
        far: indices of the atoms that moved more than FAR_A.
        label: name of the frame in the message.

    Raises:
        InputError: two such atoms have exchanged their places.
    """
    old = before[far]
    for atom in far:
        distances = _distances(after[atom], old, cell_A)
        distances[far == atom] = np.inf
        other = int(far[int(np.argmin(distances))])
        if distances.min() > SAME_PLACE_A or _same_group(atom, other, before, cell_A, species):
            continue
        raise InputError(
            f"{label}: the order of atoms changes, or frames are missing: {species[atom]} (atom {atom + 1} of"
            f" the framework) takes the place of {species[other]} (atom {other + 1}); write all frames in one order"
        )


def _same_group(atom: int, other: int, before: np.ndarray, cell_A: np.ndarray, species: Sequence[str]) -> bool:
    if species[atom] != species[other]:
        return False
    centres = [_centre(index, before, cell_A, species) for index in (atom, other)]
    return centres[0] is not None and centres[0] == centres[1]


def _centre(atom: int, before: np.ndarray, cell_A: np.ndarray, species: Sequence[str]) -> int | None:
    """Return the nearest atom of another element within a bond length."""
    distances = _distances(before[atom], before, cell_A)
    distances[np.array(species) == species[atom]] = np.inf
    nearest = int(np.argmin(distances))
    return nearest if distances[nearest] <= BOND_A else None


def _distances(point: np.ndarray, others: np.ndarray, cell_A: np.ndarray) -> np.ndarray:
    apart = others - point
    return np.linalg.norm((apart - np.round(apart)) @ cell_A, axis=-1)


def is_reordered(before: np.ndarray, after: np.ndarray, cell_A: np.ndarray) -> bool:
    """Return whether most ions are at positions of other ions of the previous frame.

    Args:
        before: (ions, 3) fractional positions.
        after: (ions, 3) fractional positions of the next frame.
        cell_A: rows are the cell vectors.
    """
    nearest = np.array([int(np.argmin(_distances(point, before, cell_A))) for point in after[:200]])
    distances = np.array([float(_distances(point, before, cell_A).min()) for point in after[:200]])
    moved = nearest != np.arange(len(nearest))
    return bool(moved.mean() > 0.2 and np.median(distances[moved]) < SAME_PLACE_A)
