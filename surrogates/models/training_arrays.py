"""Distinct structures and the arrays of their runs, for training."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.descriptors import Identity, identity_of
from argyro.surrogates.data.foundation_descriptors import FrozenDescriptors
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.forward.runs import Runs, runs_of

if TYPE_CHECKING:
    from torch_geometric.data import Data as Graph


@dataclass(frozen=True)
class Examples:
    """Distinct structures and the observations as rows that refer to them.

    Args:
        structures: distinct cells.
        identities: material and boundary of each.
        structure_of_run: index into structures, (n,).
        runs: n observations.
        width_nm: common width of all boundary values; None without any.
        excess: excess of the boundaries.
    """

    structures: list[Atoms]
    identities: list[Identity]
    structure_of_run: np.ndarray
    runs: Runs
    width_nm: float | None
    excess: BoundaryExcess

    def graphs(self, frozen: FrozenDescriptors | None = None) -> list[Graph]:
        """Build the networks' input graph of each structure."""
        from argyro.surrogates.data.structure_graph import graph_of

        return [graph_of(atoms, self.excess, frozen) for atoms in self.structures]

    def groups(self, by: str) -> np.ndarray:
        """Return ``composition``, ``material``, ``boundary``, ``key`` or ``temperature`` of each observation, (n,)."""
        if by == "temperature":
            return np.array([f"{kelvin:g} K" for kelvin in self.runs.temperatures_K])
        return np.array([getattr(self.identities[s], by) for s in self.structure_of_run])


def examples_of(observations: Sequence[Observation]) -> Examples:
    """Group observations by structure.

    Raises:
        InputError: there are no observations, or boundary values of different widths.
    """
    if not observations:
        raise InputError("a surrogate needs at least one observation")
    widths = sorted({o.width_nm for o in observations if o.target != "bulk" and o.width_nm is not None})
    if len(widths) > 1:
        raise InputError(f"boundary diffusivities of widths {widths} nm do not mix; choose one width")
    place: dict[str, int] = {}
    structures: list[Atoms] = []
    structure_of_run = np.zeros(len(observations), dtype=int)
    for row, observation in enumerate(observations):
        mark = _fingerprint(observation.structure)
        if mark not in place:
            place[mark] = len(structures)
            structures.append(observation.structure)
        structure_of_run[row] = place[mark]
    identities = [identity_of(atoms) for atoms in structures]
    excess = BoundaryExcess.of(observations)
    runs = runs_of(observations, excess)
    return Examples(structures, identities, structure_of_run, runs, widths[0] if widths else None, excess)


def _fingerprint(atoms: Atoms) -> str:
    parts = (atoms.numbers, np.round(atoms.positions, 6), np.round(atoms.cell.array, 6), identity_of(atoms).key)
    return hashlib.sha256(b"".join(str(p).encode() if isinstance(p, str) else p.tobytes() for p in parts)).hexdigest()
