"""Synthetic campaigns from the prior of the forward model, for its calibration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from argyro.platform.dynamics.boundaries.layered_medium import log_perpendicular
from argyro.platform.dynamics.boundaries.window_slopes import WindowSlopes
from argyro.platform.dynamics.diffusion.run_length_bias import SIZES
from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.forward import run_likelihood, window_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import COUNT, Hyperparameters
from argyro.surrogates.forward.kernels import Pairs, Rows, distinct, rows_of
from argyro.surrogates.forward.process import root_of
from argyro.surrogates.forward.runs import Runs

MATERIALS = (("Li6PS5Cl", 0.0), ("Li6PS5Cl", 0.5), ("Li6PS5Br", 0.25))
BOUNDARIES = ("sigma5(001)[001]", "sigma3(1-12)[110]")
TEMPERATURES_K = (500.0, 600.0, 750.0)
WINDOW_SIGMAS, WINDOW_REACHES = np.array([1.0, 0.3, 0.5]), np.array([1.0, 2.0, 1.3])  # against the fit window
COUNTED = 0.15  # share of the runs that count jumps
JUMPS = 20  # below which such a run only bounds D
LOG_SCALE = float(np.log(100.0 / 40.0**2 / 1e-4))  # 100 ps and 4 nm of cell per boundary


@dataclass(frozen=True)
class SyntheticCampaign:
    """Runs and the truth behind them: hyperparameters and coefficients (u, 2) of the runs' diffusivities."""

    runs: Runs
    hyper: Hyperparameters
    coefficients: np.ndarray


def draw_campaign(rng: np.random.Generator, kind: str = "gp") -> SyntheticCampaign:
    """Draw hyperparameters, diffusivities, offsets of the arrangements and runs from the prior.

    Noise, displacements and boundary shares are drawn apart from the truth, so that only the values inform about it.
    """
    hyper, prior = Hyperparameters.of_standard(rng.standard_normal(COUNT)), ArrheniusPrior()
    runs = _plan(rng)
    roots = root_of(Pairs(kind, runs.rows, runs.rows).covariance(hyper))
    away = np.stack([root @ rng.standard_normal(len(root)) for root in roots], axis=1)
    coefficients = prior.mean + prior.sigma * away
    offsets = hyper.scatter * rng.standard_normal(runs.arrangements.max() + 1)[runs.arrangements]
    basis = prior.basis(runs.temperatures_K)
    grain, own = (
        prior.offset + (basis * coefficients[index]).sum(axis=1) + offsets for index in (runs.grain, runs.own)
    )
    apparent = run_likelihood.log_cell(runs, grain, own)
    bias = run_likelihood.bias_scale(runs, hyper.bias) * np.abs(rng.standard_normal(len(runs)))
    noise = np.hypot(runs.log_sigmas, hyper.jitter) * rng.standard_normal(len(runs))
    jumps = rng.poisson(np.minimum(runs.exposures * np.exp(apparent), 1e6))
    few = (rng.random(len(runs)) < COUNTED) & (jumps <= JUMPS)
    seen = replace(runs, log_values=np.where(few, np.nan, apparent + bias + noise))
    return SyntheticCampaign(_with_windows(rng, seen, grain, own, hyper), hyper, coefficients)


def _with_windows(
    rng: np.random.Generator, runs: Runs, grain: np.ndarray, own: np.ndarray, hyper: Hyperparameters
) -> Runs:
    """Let half of the runs across a boundary show all windows of lags, given ln D of grain and boundary, (n,)."""
    values, windows = runs.log_values.copy(), runs.windows.copy()
    count = len(window_likelihood.WINDOWS)
    across = (runs.targets == TARGETS.index("perpendicular")) & ~runs.bounded
    for i in np.flatnonzero(across & (rng.random(len(runs)) < 0.5)):
        setting = grain[i], own[i], runs.fractions[i], runs.log_scales[i]
        cells = np.array([log_perpendicular(*setting, window)[0] for window in window_likelihood.WINDOWS])
        sigma, reaches = runs.log_sigmas[i] * WINDOW_SIGMAS, runs.reaches[i] * WINDOW_REACHES
        covariance = np.outer(sigma, sigma) * (0.7 * np.eye(count) + 0.3)
        noise = rng.multivariate_normal(np.zeros(count), covariance + hyper.jitter**2 * window_likelihood.SHARED)
        bias = np.hypot(hyper.bias * reaches, runs.falls[i]) * abs(rng.standard_normal())
        windows[i] = WindowSlopes(cells + bias + noise, covariance, reaches)
        values[i] = windows[i].log_cm2_s[0]
    return replace(runs, log_values=values, windows=windows)


def _plan(rng: np.random.Generator) -> Runs:
    """List the runs of every cell and temperature, with one or two arrangements."""
    own, grain, cells, kelvin = [], [], [], []
    for (composition, disorder), boundary in product(MATERIALS, ("bulk", *BOUNDARIES)):
        identity, targets = (
            Identity.of(composition, disorder, boundary),
            TARGETS[:1] if boundary == "bulk" else TARGETS[1:],
        )
        for number, temperature, target in product(range(rng.integers(1, 3)), TEMPERATURES_K, targets):
            own.append(rows_of(identity, [target], BoundaryExcess()))
            grain.append(rows_of(identity, ["bulk"], BoundaryExcess()))
            cells.append(f"{identity.key}#{number}")
            kelvin.append(temperature)
    rows, group = distinct(Rows.join([*own, *grain]))
    n = len(own)
    boundary = rows.targets[group[:n]] > 0
    return Runs(
        rows=rows,
        own=group[:n],
        grain=group[n:],
        arrangements=np.unique(cells, return_inverse=True)[1],
        temperatures_K=np.array(kelvin),
        log_values=np.zeros(n),
        log_sigmas=rng.uniform(0.05, 0.3, n),
        reaches=rng.uniform(0.2, 1.5, n),
        falls=np.zeros(n),
        counts=np.full(n, float(JUMPS)),
        exposures=np.full(n, 1e8),
        fractions=np.where(boundary, rng.uniform(0.2, 0.6, n), 0.0),
        log_scales=np.where(boundary, LOG_SCALE, 0.0),
        size_evidence=np.zeros((n, len(SIZES))),
        windows=np.full(n, None),
    )
