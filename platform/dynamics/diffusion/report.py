"""Report and plot of `argyro diffusion`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion.haven_ratio import Collective, collective
from argyro.platform.dynamics.diffusion.msd import mean_square_displacement
from argyro.platform.dynamics.diffusion.run_length import advice
from argyro.platform.dynamics.diffusion.tracer import Diffusivity, diffusivity
from argyro.platform.dynamics.trajectories.concatenate import read_trajectories
from argyro.platform.dynamics.trajectories.frame import ReadOptions
from argyro.platform.dynamics.trajectories.trajectory import Trajectory, is_compact

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def load(
    paths: Sequence[Path],
    frame_interval_fs: float | None,
    species: str = "Li",
    options: ReadOptions | None = None,
) -> Trajectory:
    """Read the pieces of one run, or one compact trajectory, which states its interval and species.

    Args:
        paths: files in order of time.
        frame_interval_fs: time between frames; None if the files state it.
        species: mobile element.
        options: facts that the files lack, such as the cell.

    Raises:
        InputError: see `read_trajectories`; or the interval or species contradicts the compact trajectory.
    """
    paths = [Path(path) for path in paths]
    compact = [path for path in paths if is_compact(path)]
    if not compact:
        return read_trajectories(paths, frame_interval_fs, species, options)
    if len(paths) > 1:
        raise InputError(f"{compact[0]} is a compact trajectory and must be the only file; give one file")
    trajectory = Trajectory.read(compact[0])
    _require_agreement(trajectory, frame_interval_fs, species)
    return trajectory


def _require_agreement(trajectory: Trajectory, frame_interval_fs: float | None, species: str) -> None:
    own_fs = trajectory.interval_ps * 1000
    if frame_interval_fs is not None and not abs(frame_interval_fs / own_fs - 1) <= 1e-6:
        raise InputError(
            f"the frame interval of this trajectory is {own_fs:g} fs, not {frame_interval_fs:g}; leave the option out"
        )
    if species != trajectory.species:
        raise InputError(
            f"this trajectory contains {trajectory.species}, not {species}; give --species {trajectory.species}"
        )


def diffusion_report(trajectory: Trajectory, temperature_K: float, axes: str = "xyz", seed: int = 0) -> dict:
    """Return the JSON of `argyro diffusion`.

    Returns:
        The keys of `Diffusivity` and `Collective`, the advice on run length, the interval and the reader's warnings.
    """
    measured = diffusivity(trajectory, temperature_K, axes, seed)
    about = {
        "advice": advice(measured),
        "frame_interval_fs": trajectory.interval_ps * 1000,
        "warnings": [asdict(note) for note in trajectory.notes] + _shortness(measured),
    }
    return measured.to_json() | about | charge_transport(trajectory, measured).to_json()


def _shortness(measured: Diffusivity) -> list[dict[str, str]]:
    """Warn of a value that may depend on the length of the run."""
    if measured.standing != "short":
        return []
    message = f"the run is short: {measured.shortness}; D may be too high, and its interval includes this bias"
    return [{"code": "short_run", "message": message}]


def charge_transport(trajectory: Trajectory, measured: Diffusivity) -> Collective:
    """Measure charge transport, without a value if the tracer gives none.

    The fit uses lags of a few ps, at which caged ions also move; their ratio has no meaning.
    """
    found = collective(trajectory, measured.axes)
    return found if measured.valid else replace(found, charge_cm2_s=None, haven_ratio=None)


def plot_diffusion(trajectory: Trajectory, report: dict, path: Path) -> None:
    """Draw the mean-square displacement with the fit window and line, or the reason for a missing value.

    Args:
        trajectory: the run.
        report: the output of `diffusion_report` for this run.
        path: picture to write; its ending sets the format.
    """
    from matplotlib.figure import Figure

    result = Diffusivity.from_json(report)
    msd = mean_square_displacement(trajectory)
    values = msd.along(result.axes)
    figure = Figure(figsize=(5.5, 4), layout="constrained")
    panel = figure.subplots()
    shown = slice(0, int(5 / 6 * msd.steps) + 1)
    panel.plot(msd.lags_ps[shown], values[shown], color="0.3", label=f"{result.species}, {result.axes}")
    panel.axvspan(*result.window_ps, color="C0", alpha=0.12, label="fit window")
    if result.estimate is None:
        panel.set_title(f"D < {result.upper_bound_cm2_s:.2g} cm²/s: {result.reason}", fontsize="small", wrap=True)
    else:
        _draw_line(panel, result, result.estimate, msd.lags_ps, values)
    panel.set_xlabel("time (ps)")
    panel.set_ylabel("mean-square displacement (Å²)")
    panel.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def _draw_line(panel: Axes, result: Diffusivity, value: Uncertain, lags_ps: np.ndarray, msd_A2: np.ndarray) -> None:
    slope, low, high = (
        2 * len(result.axes) * limit / A2_PER_PS_IN_CM2_S for limit in (value.value, value.low, value.high)
    )
    window = np.array(result.window_ps)
    inside = (lags_ps >= window[0]) & (lags_ps <= window[1])
    centre, level = lags_ps[inside].mean(), msd_A2[inside].mean()
    panel.plot(window, level + slope * (window - centre), color="C0", lw=2)
    panel.fill_between(window, level + low * (window - centre), level + high * (window - centre), color="C0", alpha=0.3)
    panel.set_title(
        f"D = {value.value:.2e} cm²/s ({value.low:.2e} to {value.high:.2e}) at {result.temperature_K:g} K",
        fontsize="small",
    )
