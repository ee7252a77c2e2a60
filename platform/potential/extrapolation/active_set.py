"""Active sets of a potential and extrapolation grades.

Row b_i of atom i has a one at its species and the values of the potential's basis functions, so that the site energy
is E_i = b_i · ξ. The active set A is the square selection of training rows with the largest volume. Any other row is a
combination b = c A with the grade γ = max_j |c_j|. Up to γ = 1 the potential interpolates.

Rows may also contain the derivatives of the site energy by all parameters, including radial coefficients. Such a grade
also detects an ill-determined refit of the radial functions. LAMMPS grades by linear parameters only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.potential.extrapolation import active_set_file
from argyro.platform.potential.extrapolation.basis_rows import (
    basis_rows,
    parameter_fingerprint,
    parameter_rows,
    radial_fingerprint,
)
from argyro.platform.potential.extrapolation.maxvol import maximal_volume

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP

Mode = Literal["neighbourhood", "configuration"]
ParametersUsed = Literal["linear", "all"]

# Columns are scaled to unit root mean square over the training set. Directions with a smaller spread than this share
# count as unknown. Padding rows of this size keep the active set square.
RESOLUTION = 1e-5


@dataclass(frozen=True)
class ActiveSet:
    """The active rows of one potential.

    Args:
        species: symbols of the potential, in its order.
        mode: "neighbourhood", a row per atom, or "configuration", a row per frame (mean over its atoms).
        fingerprint: hash of the radial functions, see `radial_fingerprint`. For "all" parameters it includes the linear
            coefficients, see `parameter_fingerprint`.
        scale: (m,) root mean square of each column over the training set.
        rows: (m, m) active rows divided by `scale`.
        origin: (m, 2) frame and atom of each row; atom -1 for a configuration, frame -1 for padding.
        parameters: "linear" for rows of basis functions, "all" for derivatives of the energy by all parameters.
    """

    species: tuple[str, ...]
    mode: Mode
    fingerprint: str
    scale: np.ndarray
    rows: np.ndarray
    origin: np.ndarray
    parameters: ParametersUsed = "linear"

    @classmethod
    def from_frames(
        cls,
        mtp: MTP,
        frames: Sequence[Atoms],
        mode: Mode = "neighbourhood",
        parameters: ParametersUsed = "linear",
    ) -> ActiveSet:
        """Select the active set of a training set.

        Args:
            mtp: the potential; its radial functions enter the rows, its linear coefficients only with "all"
                parameters.
            frames: training frames with species of the potential.
            mode: "neighbourhood" or "configuration".
            parameters: "linear" or "all".

        Raises:
            InputError: there are no frames, or a frame has a species that the potential lacks.

        Source: Podryabinkin and Shapeev, Comput. Mater. Sci. 140, 171 (2017).
        """
        if mode not in ("neighbourhood", "configuration"):
            raise InputError(f"mode must be neighbourhood or configuration, not '{mode}'")
        if parameters not in ("linear", "all"):
            raise InputError(f"parameters must be linear or all, not '{parameters}'")
        if not frames:
            raise InputError("an active set needs at least one training frame")
        rows, origin = _collect(mtp, frames, mode, parameters)
        scale = np.sqrt(np.mean(rows**2, axis=0))
        scale[scale < RESOLUTION * scale.max()] = scale.max()  # a function that is zero on all training frames
        candidates = np.vstack([rows / scale, RESOLUTION * np.eye(scale.size)])
        origin = np.vstack([origin, np.full((scale.size, 2), -1)])
        chosen = maximal_volume(candidates)
        identity = _fingerprint(mtp, parameters)
        return cls(tuple(mtp.species), mode, identity, scale, candidates[chosen], origin[chosen], parameters)

    @cached_property
    def inverse(self) -> np.ndarray:
        """The (m, m) matrix G with grade(b) = max_j |(b G)_j| for an unscaled row b."""
        try:
            return np.linalg.inv(self.rows) / self.scale[:, None]
        except np.linalg.LinAlgError as error:
            raise InputError("the rows of the active set are linearly dependent; make the set again") from error

    def grades(self, mtp: MTP, atoms: Atoms) -> np.ndarray:
        """Compute extrapolation grades.

        Args:
            mtp: the potential of the set.
            atoms: a structure of its species.

        Returns:
            (n,) grades of the atoms; in configuration mode every atom has the grade of the configuration.

        Raises:
            InputError: species or radial functions differ from those of the set, or a grade is not finite.
        """
        self._require_same(mtp)
        rows, _ = _collect(mtp, [atoms], self.mode, self.parameters)
        grades = np.abs(rows @ self.inverse).max(axis=1)
        if not np.isfinite(grades).all():
            raise InputError(
                f"the extrapolation grade of {atoms.get_chemical_formula()} is not a finite number; "
                "the active set or the potential is damaged; make the active set again"
            )
        return np.broadcast_to(grades, (len(atoms),)).copy() if self.mode == "configuration" else grades

    def grade(self, mtp: MTP, atoms: Atoms) -> float:
        """Return the largest extrapolation grade in a structure."""
        return float(self.grades(mtp, atoms).max())

    def select(self, mtp: MTP, frames: Sequence[Atoms]) -> list[int]:
        """Return the indices of the frames that would enter the active set, in ascending order.

        MaxVol runs over the active rows and the rows of all frames together, so it selects one of many similar frames.

        Args:
            mtp: the potential of the set.
            frames: candidates, for example frames dumped above the selection threshold.

        Raises:
            InputError: the radial functions differ from those of the set.
        """
        self._require_same(mtp)
        if not frames:
            return []
        rows, origin = _collect(mtp, frames, self.mode, self.parameters)
        size = self.scale.size
        chosen = maximal_volume(np.vstack([self.rows, rows / self.scale]), start=np.arange(size))
        entering = chosen[chosen >= size] - size
        return sorted({int(frame) for frame in origin[entering, 0]})

    def write(self, path: Path | str) -> None:
        """Write the set in the text format of `active_set_file`, which the pair style also reads."""
        fields = active_set_file.Fields(
            species=self.species,
            mode=self.mode,
            parameters=self.parameters,
            fingerprint=self.fingerprint,
            scale=self.scale,
            rows=self.rows,
            origin=self.origin,
        )
        active_set_file.write(Path(path), fields, self.inverse)

    @classmethod
    def read(cls, path: Path | str) -> ActiveSet:
        """Read an active set from its file.

        Raises:
            InputError: the file does not exist or is not a complete active set.
        """
        return cls(**active_set_file.read(Path(path)))  # type: ignore[arg-type]  # the reader checks both

    def _require_same(self, mtp: MTP) -> None:
        if tuple(mtp.species) != self.species:
            raise InputError(
                f"the active set has the species {', '.join(self.species)}, the potential {', '.join(mtp.species)}; "
                "make the set from this potential"
            )
        if _fingerprint(mtp, self.parameters) != self.fingerprint:
            differs = "radial functions" if self.parameters == "linear" else "parameters"
            raise InputError(
                f"the active set belongs to another potential: its {differs} differ; make it again with "
                "ActiveSet.from_frames from the potential and its training set"
            )


def _fingerprint(mtp: MTP, parameters: ParametersUsed) -> str:
    return radial_fingerprint(mtp) if parameters == "linear" else parameter_fingerprint(mtp)


def _collect(
    mtp: MTP, frames: Sequence[Atoms], mode: Mode, parameters: ParametersUsed
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows (k, m) of frames and their origin (k, 2)."""
    rows: list[np.ndarray] = []
    origin: list[np.ndarray] = []
    for index, atoms in enumerate(frames):
        per_atom = basis_rows(mtp, atoms) if parameters == "linear" else parameter_rows(mtp, atoms)
        if mode == "configuration":
            rows.append(per_atom.mean(axis=0, keepdims=True))
            origin.append(np.array([[index, -1]]))
        else:
            rows.append(per_atom)
            origin.append(np.column_stack([np.full(len(atoms), index), np.arange(len(atoms))]))
    return np.vstack(rows), np.vstack(origin)
