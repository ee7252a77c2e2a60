"""Observe a run: displacements and validity along several sets of axes, from one pass over the trajectory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion import validity_checks as gates
from argyro.platform.dynamics.diffusion.msd import AXES, mean_square_displacement
from argyro.platform.dynamics.diffusion.msd_slope import Points, lag_grid, line, points
from argyro.platform.dynamics.diffusion.run_length_bias import slope_fall
from argyro.platform.dynamics.diffusion.run_observation import RunObservation
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

WINDOW = (1 / 6, 1 / 2)  # shares of the run; later lags have few origins: large MSD, large variance, low weight
KEPT_LAGS = 10
FEWEST_FRAMES = 50


@dataclass(frozen=True)
class Inspected:
    """Hold the mean-square displacement of a run along one set of axes, with its slope and validity.

    Args:
        axes: axes of the displacement.
        data: points of all windows.
        fitted: points of the fit.
        gate: result of the validity checks.
        slope_A2_ps: fitted slope.
        slope_sigma: its standard error.
    """

    axes: str
    data: Points
    fitted: Points
    gate: gates.Gate
    slope_A2_ps: float
    slope_sigma: float

    @property
    def to_cm2_s(self) -> float:
        """Factor from a slope in Å²/ps to a diffusivity in cm²/s."""
        return A2_PER_PS_IN_CM2_S / (2 * self.data.dimensions)

    @property
    def relative_error(self) -> float:
        """Standard error of the slope over the slope."""
        return self.slope_sigma / max(self.slope_A2_ps, 1e-12)

    def observation(self, trajectory: Trajectory, temperature_K: float) -> RunObservation:
        """Collect the facts of the run that determine the likelihood of its diffusivity."""
        known, gate, kept = self.gate.standing != "bound", self.gate, self._kept()
        a, b, c = np.linalg.norm(trajectory.cell_A, axis=1).tolist()
        return RunObservation(
            axes=self.axes,
            temperature_K=float(temperature_K),
            duration_ps=trajectory.duration_ps,
            ions=trajectory.ions,
            cell_A=(a, b, c),
            lags_ps=tuple(self.data.lags_ps[kept].tolist()),
            msd_A2=tuple(self.data.msd_A2[kept].tolist()),
            variances_A4=tuple(self.data.variances_A4[kept].tolist()),
            samples=tuple(self.data.samples[kept].tolist()),
            standing=gate.standing,
            log_cm2_s=float(np.log(self.slope_A2_ps * self.to_cm2_s)) if known else None,
            log_sigma=self.relative_error if known else None,
            end_msd_A2=gate.msd_A2,
            fall=slope_fall(gate.drift, gate.drift_sigma),
            ion_correlation=self.data.ion_correlation,
            jumps=gates.jump_exposure(self.data, trajectory.ions, trajectory.duration_ps),
        )

    def _kept(self) -> np.ndarray:
        """Return the places of a few lags, evenly spaced in their logarithm."""
        lags = self.data.lags_ps
        wanted = np.geomspace(lags[0], lags[-1], KEPT_LAGS)
        return np.unique(np.abs(np.log(lags / wanted[:, None])).argmin(axis=1))


def inspect_run(trajectory: Trajectory, axes: tuple[str, ...]) -> list[Inspected]:
    """Compute mean-square displacement, slope and validity along several sets of axes.

    Args:
        trajectory: run of at least 50 frames.
        axes: sets of axes such as ("xyz", "xy", "z").

    Raises:
        InputError: too few frames, or unknown axes.
    """
    _require_axes(axes)
    if trajectory.frames < FEWEST_FRAMES:
        raise InputError(f"{trajectory.frames} frames are too few for a diffusivity; give at least {FEWEST_FRAMES}")
    msd = mean_square_displacement(trajectory)
    data = points(trajectory, msd, _lags(msd.steps), axes)
    return [_inspect(names, one, trajectory.duration_ps) for names, one in zip(axes, data, strict=True)]


def observe_run(trajectory: Trajectory, temperature_K: float, axes: tuple[str, ...]) -> dict[str, RunObservation]:
    """Observe a run along several sets of axes; see `inspect_run`."""
    return {one.axes: one.observation(trajectory, temperature_K) for one in inspect_run(trajectory, axes)}


def _inspect(axes: str, data: Points, duration_ps: float) -> Inspected:
    fitted = data.between(WINDOW[0] * duration_ps, WINDOW[1] * duration_ps)
    best, covariance = line(fitted)
    sigma = float(np.sqrt(covariance[0, 0]))
    gate = gates.inspect(data, duration_ps, sigma / max(best[0], 1e-12))
    return Inspected(axes, data, fitted, gate, float(best[0]), sigma)


def _require_axes(axes: tuple[str, ...]) -> None:
    for names in axes:
        if not names or len(set(names)) < len(names) or set(names) - set(AXES):
            raise InputError(f"'{names}' is not a set of axes; write xyz, xy, z ..., each once")


def _lags(steps: int) -> np.ndarray:
    """Return the lags of the fit and of both windows of the validity checks."""
    windows = (WINDOW, gates.EARLY, gates.LATE)
    grids = [lag_grid(steps, int(np.ceil(start * steps)), int(end * steps)) for start, end in windows]
    return np.unique(np.concatenate(grids))
