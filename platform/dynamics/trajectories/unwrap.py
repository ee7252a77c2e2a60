"""Unwrapping of stored positions, with a check of the frame spacing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.trajectory import release_pages

EDGE_SHARE_MAX = 1e-3  # share of steps near half a cell; at 1e-3 wrong images change D by 0.5 %
SAFE_STEP = 0.1  # rms step along an axis over the cell width: 5 standard deviations from the edge
OUTSIDE_A = 1.5  # in wrapped LAMMPS trajectories atoms leave the cell by up to half the skin
BLOCK = 64


@dataclass(frozen=True)
class Spacing:
    """The steps of the mobile ions between frames.

    Args:
        steps: number of steps, three for each ion and frame.
        edge_steps: number of steps with a nearest image beyond 0.45 of the cell.
        cosines: (3,) sum of cos 2 pi u over the steps along each axis.
    """

    steps: int
    edge_steps: int
    cosines: np.ndarray

    @property
    def is_coarse(self) -> bool:
        """Whether the nearest image is uncertain."""
        return self.edge_steps > max(2, EDGE_SHARE_MAX * self.steps)

    def rms_steps(self) -> np.ndarray:
        """Return the (3,) root mean square steps in units of the cell, or a lower bound of them.

        For a normal distribution the mean of cos 2 pi u is exp(-2 pi² s²), independent of the folding into the cell. A
        mean below its noise gives a lower bound of s.
        """
        number = max(self.steps / 3, 1.0)
        means = np.clip(self.cosines / number, min(0.5, 3 / np.sqrt(number)), 1.0)
        return np.sqrt(-np.log(means) / (2 * np.pi**2))


def require_fine(spacing: Spacing, cell_A: np.ndarray, interval_fs: float) -> None:
    """Refuse wrapped frames with too long an interval.

    Args:
        spacing: steps of the mobile ions.
        cell_A: rows are the cell vectors.
        interval_fs: time between frames.

    Raises:
        InputError: the frames are too far apart; the message gives a sufficient interval.
    """
    if not spacing.is_coarse:
        return
    widths_A = 1 / np.linalg.norm(np.linalg.inv(cell_A), axis=0)
    steps = spacing.rms_steps()
    worst = int(np.argmax(steps))
    enough_fs = interval_fs * min(0.5, (SAFE_STEP / float(steps[worst])) ** 2)
    total_A = float(np.sqrt(((steps * widths_A) ** 2).sum()))
    raise InputError(
        f"the frames are too far apart to unwrap: the mobile ions move {total_A:.1f} Å or more (root mean square;"
        f" {steps[worst] * widths_A[worst]:.1f} Å along one axis) between frames, half the cell is"
        f" {widths_A[worst] / 2:.2f} Å and {spacing.edge_steps / spacing.steps:.1%} of the steps are near it; write"
        f" unwrapped positions (xu yu zu), image flags (ix iy iz), or a frame every {_round_down(enough_fs):g} fs"
    )


def _round_down(value: float) -> float:
    power = 10.0 ** np.floor(np.log10(value))
    return float(np.floor(value / power) * power)


def needs_unwrapping(
    wrapped: set[bool | None], outside_A: np.ndarray, edges_A: float, spacing: Spacing, first_jump: str
) -> bool:
    """Return whether positions are folded into the cell.

    Args:
        wrapped: statements of the formats of all frames.
        outside_A: (frames,) largest distance of atoms outside the cell.
        edges_A: shortest edge of the cell.
        spacing: steps of the mobile ions.
        first_jump: name of the first frame in which an atom jumps by half a cell, empty without one.

    Raises:
        InputError: wrapped and unwrapped positions are mixed.
    """
    known = wrapped - {None}
    reach_A = float(outside_A.max())
    if known == {False} and None not in wrapped:
        return False
    if len(known) == 1 and None not in wrapped:
        return True
    leaves = reach_A > OUTSIDE_A
    far = np.flatnonzero(outside_A > edges_A)
    returns = len(far) > 0 and bool((outside_A[far[0] :] < OUTSIDE_A).any())
    if known == {True, False} or (leaves and first_jump and (returns or not spacing.is_coarse)):
        raise InputError(
            f"wrapped and unwrapped positions are mixed: atoms leave the cell by {reach_A:.1f} Å but jump by a cell"
            f" edge in {first_jump or 'a later file'}; write all pieces in one form",
        )
    return not leaves


def unwrap_in_place(ions: np.ndarray, cell_A: np.ndarray, folded: bool) -> None:
    """Convert fractional positions to Å, unwrapped by the nearest image if folded.

    Args:
        ions: (frames, ions, 3) mapped array, changed in place.
        cell_A: rows are the mean cell's vectors.
        folded: whether to unwrap.
    """
    images = np.zeros(ions.shape[1:])
    before = np.asarray(ions[0], dtype=float)
    for start in range(0, len(ions), BLOCK):
        block = np.asarray(ions[start : start + BLOCK], dtype=float)
        if folded:
            jumps = np.round(np.diff(np.concatenate([before[None], block]), axis=0))
            total = images + np.cumsum(jumps, axis=0)
            before, images = block[-1], total[-1]
            block = block - total
        ions[start : start + BLOCK] = block @ cell_A
        release_pages(ions)
