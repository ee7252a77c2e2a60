"""Profiles of local diffusivity and density over the distance to a boundary, and the width they suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S, NM_IN_A
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

BLOCKS = 5
T_95 = 2.776  # Student's t for five blocks
IONS_AT_ONCE = 512


@dataclass(frozen=True)
class SlabProfile:
    """Local properties of slabs parallel to the boundary, averaged over both sides and all boundaries.

    Args:
        distance_A: (slabs,) distances of the centres, from the boundary plane to the middle of the grain.
        parallel_cm2_s: (slabs,) local diffusivity in the plane.
        perpendicular_cm2_s: (slabs,) local mobility along the normal over the same short lags.
        parallel_half_cm2_s: (slabs,) half of the 95 % interval in the plane, from the spread of five stretches.
        perpendicular_half_cm2_s: (slabs,) half of the 95 % interval along the normal.
        density_A3: (slabs,) mobile ions per volume.
        lag_ps: lag τ; the slope is taken between τ and 2 τ.
    """

    distance_A: np.ndarray
    parallel_cm2_s: np.ndarray
    perpendicular_cm2_s: np.ndarray
    parallel_half_cm2_s: np.ndarray
    perpendicular_half_cm2_s: np.ndarray
    density_A3: np.ndarray
    lag_ps: float

    def to_json(self) -> dict:
        """Return the profile as JSON."""
        return {name: np.asarray(value).tolist() for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, data: dict) -> SlabProfile:
        """Restore the profile from `to_json`."""
        arrays = {name: np.asarray(value) for name, value in data.items() if name != "lag_ps"}
        return cls(**arrays, lag_ps=float(data["lag_ps"]))


def slab_profile(
    trajectory: Trajectory, plane_fractions: np.ndarray, slab_A: float = 2.0, lag_ps: float = 2.0
) -> SlabProfile:
    """Return the diffusivity (MSD(2τ) - MSD(τ)) / 2dτ by slab; a displacement counts in the slab of its middle.

    With short lags an ion stays in its slab, and the difference removes the vibrations. Ions that leave within 2τ blur
    the profile by their displacement. The profile is qualitative and does not replace the inversion of the whole cell.

    Args:
        trajectory: run of a cell with boundaries normal to z.
        plane_fractions: heights of the boundary planes over the cell height, see `boundary_planes_A`.
        slab_A: approximate thickness of a slab.
        lag_ps: lag τ.

    Raises:
        InputError: there is no plane, or the run is shorter than 20 τ.
    """
    planes = np.atleast_1d(np.asarray(plane_fractions, dtype=float))
    if planes.size == 0:
        raise InputError("a slab profile needs boundary planes at heights between 0 and 1")
    lag, length = max(1, round(lag_ps / trajectory.interval_ps)), trajectory.frames // BLOCKS
    if length < 4 * lag:
        raise InputError(
            f"a run of {trajectory.duration_ps:.0f} ps is too short for lags of {lag_ps} ps;"
            f" shorten the lag to {trajectory.duration_ps / 20:.2f} ps"
        )
    edges, origin = _edges(trajectory, planes, slab_A), trajectory.framework_A[0]
    blocks = [_block(trajectory.part(i * length, (i + 1) * length), origin, planes, edges, lag) for i in range(BLOCKS)]
    density, parallel, perpendicular = (np.array([block[key] for block in blocks]) for key in range(3))
    to_cm2_s = A2_PER_PS_IN_CM2_S / (2 * lag * trajectory.interval_ps)
    half = T_95 / np.sqrt(BLOCKS) * to_cm2_s
    return SlabProfile(
        distance_A=(edges[1:] + edges[:-1]) / 2,
        parallel_cm2_s=parallel.mean(axis=0) * to_cm2_s / 2,
        perpendicular_cm2_s=perpendicular.mean(axis=0) * to_cm2_s,
        parallel_half_cm2_s=parallel.std(axis=0, ddof=1) * half / 2,
        perpendicular_half_cm2_s=perpendicular.std(axis=0, ddof=1) * half,
        density_A3=density.mean(axis=0),
        lag_ps=lag * trajectory.interval_ps,
    )


def mean_profile(profiles: Sequence[SlabProfile]) -> SlabProfile:
    """Average the profiles of several cells of one boundary; half intervals are added in squares.

    Args:
        profiles: profiles with equal numbers of slabs; distances, which differ by thermal expansion, are averaged.
    """
    count, first = len(profiles), profiles[0]
    return replace(
        first,
        distance_A=np.mean([profile.distance_A for profile in profiles], axis=0),
        parallel_cm2_s=np.mean([profile.parallel_cm2_s for profile in profiles], axis=0),
        perpendicular_cm2_s=np.mean([profile.perpendicular_cm2_s for profile in profiles], axis=0),
        parallel_half_cm2_s=np.linalg.norm([profile.parallel_half_cm2_s for profile in profiles], axis=0) / count,
        perpendicular_half_cm2_s=np.linalg.norm([p.perpendicular_half_cm2_s for p in profiles], axis=0) / count,
        density_A3=np.mean([profile.density_A3 for profile in profiles], axis=0),
    )


def suggested_width_nm(distance_A: np.ndarray, values: np.ndarray, half_intervals: np.ndarray) -> float | None:
    """Return twice the distance at which half of the difference between boundary and grain remains.

    Args:
        distance_A: (slabs,) distances of the centres.
        values: (slabs,) a local property; the outer half of the slabs gives the value of the grain.
        half_intervals: (slabs,) half of their 95 % intervals.

    Returns:
        The width, or None where boundary and grain differ by less than their intervals.
    """
    outer = slice(len(values) // 2, None)
    grain = float(np.mean(values[outer]))
    deviation = values - grain
    error = np.hypot(half_intervals[0], float(np.mean(half_intervals[outer])))
    if abs(deviation[0]) <= error:
        return None
    remaining = deviation / deviation[0]
    beyond = int(np.argmax(remaining < 0.5))  # the slabs of the grain are below, so one always exists
    before = beyond - 1
    share = (remaining[before] - 0.5) / (remaining[before] - remaining[beyond])
    return float(2 * (distance_A[before] + share * (distance_A[beyond] - distance_A[before])) / NM_IN_A)


def _edges(trajectory: Trajectory, planes: np.ndarray, slab_A: float) -> np.ndarray:
    gaps = np.diff([*np.sort(planes % 1), np.sort(planes % 1)[0] + 1])
    reach = gaps.min() / 2 * trajectory.cell_A[2, 2]
    return np.linspace(0.0, reach, max(2, round(reach / slab_A)) + 1)


def _block(
    part: Trajectory, origin_A: np.ndarray, planes: np.ndarray, edges: np.ndarray, lag: int
) -> tuple[np.ndarray, ...]:
    """Return the density and the increments of the in-plane and normal MSD between τ and 2τ, by slab."""
    height, bins = part.cell_A[2, 2], len(edges) - 1
    counts, sums = np.zeros(bins), np.zeros((2, 3, bins))  # (lag; samples, in-plane, normal)
    for relative in part.blocks(IONS_AT_ONCE):
        positions = relative + origin_A
        counts += _histogram(positions[:, :, 2], None, height, planes, edges)
        for i, step in enumerate((lag, 2 * lag)):
            squares = (positions[step:] - positions[:-step]) ** 2
            middle = (positions[step:, :, 2] + positions[:-step, :, 2]) / 2
            weights = (None, squares[..., 0] + squares[..., 1], squares[..., 2])
            sums[i] += [_histogram(middle, weight, height, planes, edges) for weight in weights]
    volumes = 2 * len(planes) * abs(np.linalg.det(part.cell_A)) / height * np.diff(edges)
    means = sums[:, 1:] / np.maximum(sums[:, :1], 1)
    return counts / (part.frames * volumes), *(means[1] - means[0])


def _histogram(
    z: np.ndarray, weights: np.ndarray | None, height: float, planes: np.ndarray, edges: np.ndarray
) -> np.ndarray:
    """Sum over ions by slab, from their distance to the nearest plane."""
    apart = z[..., None] / height - planes
    distance = np.abs(apart - np.round(apart)).min(axis=-1) * height
    return np.histogram(distance, bins=edges, weights=weights)[0]
