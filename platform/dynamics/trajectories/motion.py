"""Motion of all atoms between frames: steps, centres of framework elements, spread of each element."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.frame import Frame
from argyro.platform.dynamics.trajectories.identity import FAR_A, require_same_atoms

HOPPING = ("H", "Li", "Na", "K", "Ag", "Cu")  # mobile elements that exchange places by diffusion
EDGE = 0.45  # share of the cell: the sign of a larger nearest-image step is uncertain
SAMPLE_EVERY = 8  # frames between two measurements of the framework's spread


class Motion:
    """The state of the last frame and sums over all frames.

    Args:
        species: element of each atom.
        mobile: mobile element.
    """

    def __init__(self, species: Sequence[str], mobile: str):
        names = np.array(species)
        self.mobile = names == mobile
        self.kinds = sorted(set(species) - {mobile})
        self._bound = names[~self.mobile]
        self._fixed = ~np.isin(self._bound, HOPPING)
        self._average = np.array([(self._bound == kind) / max((self._bound == kind).sum(), 1) for kind in self.kinds])
        self.last = np.zeros((0, 3))
        self._framework = self._first = np.zeros((0, 3))  # unwrapped, fractional
        self.spread_A2 = np.zeros(len(self.kinds))  # largest mean-square displacement within each element
        self.steps = self.edge_steps = 0
        self.cosines = np.zeros(3)
        self.first_jump = ""  # first frame in which an atom moves by more than half a cell
        self._seen = 0

    def follow(self, frame: Frame, before_mobile: np.ndarray | None, label: str) -> dict[str, object]:
        """Update the state with the next frame.

        Args:
            frame: the next frame.
            before_mobile: (ions, 3) previous fractional positions of the mobile ions; None for the last frame's.
            label: name of the frame in messages.

        Returns:
            The motion fields of the frame's record.

        Raises:
            InputError: framework atoms have exchanged their places, or jump by a cell edge in unwrapped positions.
        """
        now, cell = frame.fractional, frame.cell_A
        fields: dict[str, object] = {"mobile_step_A": np.nan, "mobile_rms_A": np.nan, "framework_step_A": np.nan}
        if not len(self.last):
            self._framework = self._first = now[~self.mobile].copy()
        else:
            before = self.last
            if before_mobile is not None:
                before = before.copy()
                before[self.mobile] = before_mobile
            fields = self._steps(now, before, frame, label)
        self.last = now
        self._look_at_framework(cell)
        centres = self._average @ self._framework if self.kinds else np.zeros((0, 3))
        return fields | {"outside_A": _outside_A(now, cell) if frame.wrapped is None else 0.0, "centres": centres}

    def distance_A(self, frame: Frame, mobile: np.ndarray | None = None) -> float:
        """Return the rms nearest-image distance to the last frame, of the mobile ions or of all atoms."""
        apart = frame.fractional - self.last if mobile is None else frame.fractional[self.mobile] - mobile
        return rms_A(apart, frame.cell_A)

    def _steps(self, now: np.ndarray, before: np.ndarray, frame: Frame, label: str) -> dict[str, object]:
        moved = now - before
        if frame.wrapped is not False:
            images = np.round(moved)
            moved -= images
            if not self.first_jump and images.any():
                self.first_jump = label
            self._count_edges(moved[self.mobile])
        else:
            self._require_true_images(moved[~self.mobile][self._fixed], frame.cell_A, label)
        vectors_A = moved @ frame.cell_A
        lengths_A = np.sqrt(np.einsum("ax,ax->a", vectors_A, vectors_A))
        bound_A, free_A = lengths_A[~self.mobile], lengths_A[self.mobile]
        far = np.flatnonzero((bound_A > FAR_A) & self._fixed)
        if len(far):
            fixed = ~self.mobile
            require_same_atoms(before[fixed], now[fixed], frame.cell_A, self._bound.tolist(), far, label)
        self._framework = self._framework + moved[~self.mobile]
        return {
            "mobile_step_A": float(np.median(free_A)),
            "mobile_rms_A": float(np.sqrt(free_A @ free_A / len(free_A))),
            "framework_step_A": float(np.median(bound_A)) if len(bound_A) else np.nan,
        }

    @staticmethod
    def _require_true_images(moved: np.ndarray, cell_A: np.ndarray, label: str) -> None:
        """Refuse framework atoms that jump by whole cells although the file states unwrapped positions."""
        if not len(moved):
            return
        moved = moved - np.median(moved, axis=0)
        images = np.round(moved)
        stays = np.linalg.norm((moved - images) @ cell_A, axis=1) < FAR_A
        if (images.any(axis=1) & stays).any():
            raise InputError(
                f"{label}: a framework atom jumps by a cell edge, but the file states unwrapped positions; write"
                " correct image flags (ix iy iz), or wrapped x y z without flags"
            )

    def _count_edges(self, nearest: np.ndarray) -> None:
        """Add (ions, 3) nearest-image steps to the sums that check the spacing of wrapped frames."""
        self.steps += nearest.size
        self.edge_steps += int(np.count_nonzero(np.abs(nearest) > EDGE))
        self.cosines += np.cos(2 * np.pi * nearest).sum(axis=0)

    def _look_at_framework(self, cell_A: np.ndarray) -> None:
        self._seen += 1
        if self._seen % SAMPLE_EVERY or not self.kinds:
            return
        moved_A = (self._framework - self._first) @ cell_A
        spread = self._average @ (moved_A**2).sum(axis=1) - ((self._average @ moved_A) ** 2).sum(axis=1)
        self.spread_A2 = np.maximum(self.spread_A2, spread)


def _outside_A(fractional: np.ndarray, cell_A: np.ndarray) -> float:
    """Return the largest distance of atoms outside the cell, negative if all are inside."""
    reach = np.maximum(-fractional.min(axis=0), fractional.max(axis=0) - 1.0)
    return float((reach * np.linalg.norm(cell_A, axis=1)).max())


def rms_A(apart: np.ndarray, cell_A: np.ndarray) -> float:
    """Return the root mean square length of fractional differences to the nearest image."""
    return float(np.sqrt((((apart - np.round(apart)) @ cell_A) ** 2).sum(axis=-1).mean()))
