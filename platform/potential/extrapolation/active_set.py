"""Select the active set of a potential and compute extrapolation grades with it.

Row b_i of atom i holds a one at its species and the values of the potential's basis functions, so that the site energy
is E_i = b_i · ξ. The active set A is the square selection of training rows of largest volume; any other row is a
combination of them, b = c A, and its grade is γ = max_j |c_j|: up to 1 the potential interpolates.

Rows may also hold the site energy's derivatives by all parameters, radial coefficients included: such a grade also
shows where a refit of the radial functions would be ill determined. LAMMPS grades by linear parameters only.
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

# Columns are scaled to unit root mean square over the training set; directions in which the training set spreads by
# less than this share of that do not count as known, and padding rows of this size keep the active set square.
RESOLUTION = 1e-5


@dataclass(frozen=True)
class ActiveSet:
    """Active rows of one potential.

    Args:
        species: symbols of the potential, in its order.
        mode: "neighbourhood", a row per atom, or "configuration", a row per frame (mean over its atoms).
        fingerprint: of what the rows were computed with, see `radial_fingerprint`; of the linear coefficients too where
            all parameters are used, see `parameter_fingerprint`.
        scale: (m,) root mean square of each column over the training set.
        rows: (m, m) active rows divided by `scale`.
        origin: (m, 2) frame and atom that each row came from; atom -1 for a configuration, frame -1 for padding.
        parameters: "linear", rows of basis functions, or "all", of the energy's derivatives by all parameters.
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
            mtp: the potential; its radial functions enter the rows, its linear coefficients with "all" parameters only.
            frames: training frames, species all known to the potential.
            mode: what a row is.
            parameters: what the energy is differentiated by.

        Raises:
            InputError: no frames, or frames with species that the potential lacks.

        Source: Podryabinkin and Shapeev, Comput. Mater. Sci. 140, 171 (2017).
        """
        if mode not in ("neighbourhood", "configuration"):
            raise InputError(f"an active set is of neighbourhood or configuration mode, not '{mode}'", given=mode)
        if parameters not in ("linear", "all"):
            raise InputError(f"rows are of linear or all parameters, not '{parameters}'", given=parameters)
        if not frames:
            raise InputError("an active set needs at least one training frame", given=0)
        rows, origin = _collect(mtp, frames, mode, parameters)
        scale = np.sqrt(np.mean(rows**2, axis=0))
        scale[scale < RESOLUTION * scale.max()] = scale.max()  # a function that vanishes on all training frames
        candidates = np.vstack([rows / scale, RESOLUTION * np.eye(scale.size)])
        origin = np.vstack([origin, np.full((scale.size, 2), -1)])
        chosen = maximal_volume(candidates)
        identity = _fingerprint(mtp, parameters)
        return cls(tuple(mtp.species), mode, identity, scale, candidates[chosen], origin[chosen], parameters)

    @cached_property
    def inverse(self) -> np.ndarray:
        """(m, m) matrix G with grade(b) = max_j |(b G)_j| for an unscaled row b."""
        try:
            return np.linalg.inv(self.rows) / self.scale[:, None]
        except np.linalg.LinAlgError as error:
            raise InputError("the rows of the active set depend on each other; make the set again") from error

    def grades(self, mtp: MTP, atoms: Atoms) -> np.ndarray:
        """Compute extrapolation grades.

        Args:
            mtp: the potential the set was made with.
            atoms: any structure of its species.

        Returns:
            (n,) a grade per atom; in configuration mode every atom has that of the whole.

        Raises:
            InputError: species or radial functions are not those of the set, or a grade is not finite.
        """
        self._require_same(mtp)
        rows, _ = _collect(mtp, [atoms], self.mode, self.parameters)
        grades = np.abs(rows @ self.inverse).max(axis=1)
        if not np.isfinite(grades).all():
            raise InputError(
                f"the extrapolation grade of {atoms.get_chemical_formula()} is not a finite number; "
                "the active set or the potential is damaged"
            )
        return np.broadcast_to(grades, (len(atoms),)).copy() if self.mode == "configuration" else grades

    def grade(self, mtp: MTP, atoms: Atoms) -> float:
        """Return the largest extrapolation grade in a structure."""
        return float(self.grades(mtp, atoms).max())

    def select(self, mtp: MTP, frames: Sequence[Atoms]) -> list[int]:
        """Return the indices of those frames that would enter the active set, in ascending order.

        MaxVol over the active rows and all the frames' rows together, so that of many similar frames one is chosen.

        Args:
            mtp: the potential the set was made with.
            frames: candidates, for instance frames dumped above the selection threshold.

        Raises:
            InputError: the potential's radial functions are not those of the set.
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
        """Write the set in the text format of `active_set_file`, which the pair style reads too."""
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
        """Read what `write` wrote.

        Raises:
            InputError: no such file, or not a complete active set.
        """
        return cls(**active_set_file.read(Path(path)))  # type: ignore[arg-type]  # the reader checked both

    def _require_same(self, mtp: MTP) -> None:
        if tuple(mtp.species) != self.species:
            raise InputError(
                f"the active set is of {', '.join(self.species)}, the potential of {', '.join(mtp.species)}",
                path="species",
                given=mtp.species,
                accepted=", ".join(self.species),
            )
        if _fingerprint(mtp, self.parameters) != self.fingerprint:
            differs = "radial functions" if self.parameters == "linear" else "parameters"
            raise InputError(
                f"the active set belongs to another potential: its {differs} differ; make it again with "
                "ActiveSet.from_frames from the potential and its training set",
                given=_fingerprint(mtp, self.parameters),
                accepted=self.fingerprint,
            )


def _fingerprint(mtp: MTP, parameters: ParametersUsed) -> str:
    return radial_fingerprint(mtp) if parameters == "linear" else parameter_fingerprint(mtp)


def _collect(
    mtp: MTP, frames: Sequence[Atoms], mode: Mode, parameters: ParametersUsed
) -> tuple[np.ndarray, np.ndarray]:
    """Rows (k, m) of frames and their origin (k, 2)."""
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
