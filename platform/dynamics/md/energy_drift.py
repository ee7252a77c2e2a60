"""Drift of the conserved energy, a measure of the time step's error."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.md.canonical_check import independent_stride
from argyro.platform.dynamics.md.thermo_log import merged_rows


def conserved_drift_meV_atom_ns(workdir: Path) -> Uncertain:
    """Fit the drift of the conserved energy over the production run, with its 95 % interval.

    Args:
        workdir: the folder given to `run_md`. Without thermostat (`ensemble="nve"`) the energy is that of the atoms;
            with a thermostat it includes the thermostat's energy.
    """
    run = json.loads((workdir / "run.json").read_text())
    rows, atoms = merged_rows(workdir / "production"), sum(run["counts"].values())
    times_ns = np.array([row["Step"] for row in rows]) * run["settings"]["timestep_fs"] * 1e-6
    return linear_drift(times_ns, np.array([row["Econserve"] for row in rows]) / atoms * 1000)


def linear_drift(times: np.ndarray, values: np.ndarray) -> Uncertain:
    """Fit the least-squares slope and correct its error for correlated residuals.

        σ_slope² = σ_residual² g / Σ (t - ⟨t⟩)²

    with g the statistical inefficiency of the residuals.

    Args:
        times: (n,) equidistant.
        values: (n,) values at these times.
    """
    from scipy.stats import t

    slope, intercept = np.polyfit(times, values, 1)
    residuals = values - slope * times - intercept
    inefficiency = independent_stride(residuals)
    degrees = max(1.0, len(times) / inefficiency - 2)
    error = np.sqrt((residuals**2).mean() * inefficiency / ((times - times.mean()) ** 2).sum())
    half = float(t.ppf(0.975, degrees) * error)
    return Uncertain(float(slope), float(slope) - half, float(slope) + half)
