"""Follows atoms through the walls of the cell, frame by frame, and notices frames that do not belong together."""

from __future__ import annotations

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.readers import Frame

OUTSIDE_A = 1.5  # LAMMPS wraps lazily: atoms of a wrapped trajectory leave the cell by up to half the skin
FRAMEWORK_STEP_A = 1.5  # a bound atom that moves further from one frame to the next has changed its identity
GAP_FACTOR = 2.0  # over the usual step of the mobile atoms, where two files meet; ab initio pieces: below 1.15


class Unwrapper:
    """Unwraps in fractional coordinates by the nearest image, so that a fluctuating cell does no harm.

    Positions that leave the cell for good are unwrapped already and are taken as they are.

    Args:
        species: the mobile element.
    """

    def __init__(self, species: str):
        self._species = species
        self._mobile = np.zeros(0, dtype=bool)
        self._last = self._images = np.zeros((0, 3))
        self._outside_A, self._first_jump = 0.0, ""
        self._framework_steps_A: list[tuple[float, float, str]] = []  # largest, median, file
        self._mobile_steps_A: list[float] = []
        self._joints: list[tuple[int, str]] = []

    def add(self, frame: Frame, label: str, begins_piece: bool) -> tuple[np.ndarray, np.ndarray]:
        """Take the next frame.

        Returns:
            (ions, 3) unwrapped fractional positions of the mobile atoms and (3,) centre of the others.
        """
        fractional = frame.fractional
        if len(self._last) == 0:
            self._mobile, self._images = np.array(frame.species) == self._species, np.zeros_like(fractional)
        else:
            self._follow(fractional, frame.cell_A, label, begins_piece)
        reach = np.maximum(-fractional, fractional - 1.0).max(axis=0) * np.linalg.norm(frame.cell_A, axis=1)
        self._outside_A = max(self._outside_A, float(reach.max()))
        self._last = fractional
        unwrapped = fractional - self._images
        framework = unwrapped[~self._mobile] if not self._mobile.all() else unwrapped
        return unwrapped[self._mobile], framework.mean(axis=0)

    def check(self) -> None:
        """Judge all frames seen.

        Raises:
            InputError: wrapped and unwrapped positions mixed, atoms exchanged, or frames missing between files.
        """
        if self._outside_A > OUTSIDE_A and self._first_jump:
            raise InputError(
                f"wrapped and unwrapped positions are mixed: atoms leave the cell by {self._outside_A:.1f} Å, yet jump"
                f" by a cell edge in {self._first_jump}; write all pieces in one way",
            )
        self._check_framework()
        usual = np.median(self._mobile_steps_A) if self._mobile_steps_A else 0.0
        for index, label in self._joints:
            if self._mobile_steps_A[index] > GAP_FACTOR * usual:
                raise InputError(
                    f"there is a gap before {label}: the mobile atoms move {self._mobile_steps_A[index]:.2f} Å on"
                    f" joining it, {usual:.2f} Å otherwise; give the piece between or analyse them separately",
                    path=label,
                )

    def _follow(self, fractional: np.ndarray, cell_A: np.ndarray, label: str, begins_piece: bool) -> None:
        steps = fractional - self._last
        images = np.round(steps)
        if images.any() and not self._first_jump:
            self._first_jump = label
        self._images += images
        lengths_A = np.linalg.norm((steps - images) @ cell_A, axis=1)
        bound = lengths_A[~self._mobile]
        if bound.size:
            self._framework_steps_A.append((float(bound.max()), float(np.median(bound)), label))
        if begins_piece:
            self._joints.append((len(self._mobile_steps_A), label))
        self._mobile_steps_A.append(float(np.sqrt((lengths_A[self._mobile] ** 2).mean())))

    def _check_framework(self) -> None:
        if not self._framework_steps_A:
            return
        usual = float(np.median([median for _, median, _ in self._framework_steps_A]))
        largest, _, label = max(self._framework_steps_A)
        if largest > max(FRAMEWORK_STEP_A, 6 * usual):
            raise InputError(
                f"a framework atom jumps by {largest:.1f} Å from one frame to the next in {label}: the order of atoms"
                " changes there, or frames are missing",
                path=label,
            )
