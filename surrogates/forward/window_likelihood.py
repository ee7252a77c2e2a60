"""Likelihood of runs across a boundary that show slopes in several windows of lags.

The slopes of a run are seen together as

    y = ln D_window + |z| s + ε,   ε ~ N(0, V + jitter² (1 + 11ᵀ) / 2),   z ~ N(0, 1),

with the slopes D_window of the layered medium, their covariance V, and the run-length bias of scale s in each window.
All windows of a run have the same z, since the earlier is the bias of a shorter part of the run. The density is that of
a skew-normal vector. With one window it is that of `run_likelihood`.

Source: Azzalini and Dalla Valle, Biometrika 83, 715 (1996).
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from argyro.platform.dynamics.boundaries.layered_medium import EARLY_WINDOWS, log_perpendicular
from argyro.platform.dynamics.diffusion.observe_run import WINDOW
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.runs import Runs

WINDOWS = (WINDOW, *EARLY_WINDOWS)
SHARED = (np.eye(len(WINDOWS)) + 1) / 2  # jitter of the windows: half is common to all
STEP = 1e-4


def log_likelihood(runs: Runs, grain: np.ndarray, own: np.ndarray, hyper: Hyperparameters) -> np.ndarray:
    """Compute the log likelihood of the runs with windows, (..., w), from ln D of grain and boundary, (..., n)."""
    return _density(runs, _cells(runs, grain, own), hyper)[0]


def with_gradient(
    runs: Runs, grain: np.ndarray, own: np.ndarray, hyper: Hyperparameters
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log likelihood (..., w) and its derivatives in ln D of grain and boundary, (..., w, 2)."""
    cells = _cells(runs, grain, own)
    value, score = _density(runs, cells, hyper)
    by_grain, by_own = (_cells(runs, grain + a, own + b) - cells for a, b in ((STEP, 0.0), (0.0, STEP)))
    return value, np.stack([(score * by_grain).sum(-1), (score * by_own).sum(-1)], axis=-1) / STEP


def _cells(runs: Runs, grain: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Compute ln D of each window, (..., w, windows)."""
    seen = runs.windowed
    setting = runs.fractions[seen], runs.log_scales[seen]
    each = [log_perpendicular(grain[..., seen], own[..., seen], *setting, window) for window in WINDOWS]
    return np.stack(each, axis=-1)


def _density(runs: Runs, cells: np.ndarray, hyper: Hyperparameters) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log density (..., w) and its derivatives in ln D of each window, (..., w, windows)."""
    values, covariance, reaches = runs.window_arrays
    jitter, size = np.asarray(hyper.jitter)[..., None, None], np.asarray(hyper.bias)[..., None]
    noise = covariance + jitter**2 * SHARED
    precision = np.linalg.inv(noise)
    scale = np.hypot(size * reaches, runs.falls[runs.windowed][:, None])
    residual = values - cells
    pulled = (precision @ residual[..., None])[..., 0]
    along = (precision @ scale[..., None])[..., 0]
    spread = np.sqrt(1 + (scale * along).sum(-1))
    z = (scale * pulled).sum(-1) / spread
    constant = np.log(2) - 0.5 * len(WINDOWS) * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(noise)[1] - np.log(spread)
    value = constant - 0.5 * ((residual * pulled).sum(-1) - z**2) + log_ndtr(z)
    hazard = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(z))
    return value, pulled - ((z + hazard) / spread)[..., None] * along
