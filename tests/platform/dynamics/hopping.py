"""Hopping walkers whose long-time diffusivity is known exactly and whose displacement crosses over late.

Both models are vectorised over trials. A trial is a run of independent ions with its own parameters.
"""

from __future__ import annotations

import numpy as np
from walkers import as_trajectory

RUN_PS = 100.0
VIBRATION_A = 0.4


def cage_hop(crossover, fast_over_slow, ions=48, frames=150, substeps=3, seed=0):
    """Walk on a lattice whose bonds are alternately fast and slow along each axis: cages of 8 sites.

    Hops across a bond have the rates k1 (fast) and k2 (slow), sites are ℓ = 3.5 Å apart:

        D = 2 ℓ² k1 k2 / (k1 + k2); within a cage MSD → ℓ² / 2 for each axis.

    Args:
        crossover: (trials,) time after which 2 D t exceeds ℓ² / 2, over the length of the run.
        fast_over_slow: (trials,) k1 / k2.
        ions: walkers of a run.
        frames: of a run.
        substeps: time steps between frames.
        seed: of the walk.

    Returns:
        Trajectories, and D in Å²/ps for each.
    """
    rng, spacing_A, trials = np.random.default_rng(seed), 3.5, len(crossover)
    slow = (1 + 1 / fast_over_slow) / (8 * crossover * RUN_PS)
    fast = fast_over_slow * slow
    step_ps = RUN_PS / (frames - 1) / substeps
    p_fast, p_slow = ((rate * step_ps).astype(np.float32)[:, None, None] for rate in (fast, slow))
    site = rng.integers(0, 2, (trials, ions, 3), dtype=np.int32)
    kept = np.empty((frames, trials, ions, 3), dtype=np.float32)
    for frame in range(frames):
        kept[frame] = site
        for _ in range(substeps):
            draw, to_partner = rng.random(site.shape, dtype=np.float32), 1 - 2 * (site & 1)
            site += np.where(draw < p_fast, to_partner, np.where(draw < p_fast + p_slow, -to_partner, 0))
    return _trajectories(spacing_A * kept, rng), spacing_A**2 * 2 * fast * slow / (fast + slow)


def random_traps(crossover, disorder, ions=48, frames=150, substeps=3, cells=8, seed=0):
    """Walk on a cubic lattice with random dwell times τ; ions begin anywhere and fall into deep traps late.

    Dwell times are log-normal, sites are a = 3 Å apart: D = a² / (6 ⟨τ⟩). A twentieth of the run is equilibration.

    Args:
        crossover: (trials,) ⟨τ²⟩ / ⟨τ⟩, the usual dwell time of an equilibrated ion, over the length of the run.
        disorder: (trials,) standard deviation of ln τ.
        ions: walkers of a run.
        frames: of a run.
        substeps: time steps between frames.
        cells: sites along each axis.
        seed: of the walk.

    Returns:
        Trajectories, and D in Å²/ps for each.
    """
    rng, spacing_A, trials = np.random.default_rng(seed), 3.0, len(crossover)
    dwell = np.exp(disorder[:, None] * rng.normal(size=(trials, cells**3)))
    dwell *= (crossover * RUN_PS * dwell.mean(axis=1) / (dwell**2).mean(axis=1))[:, None]
    step_ps = RUN_PS / (frames - 1) / substeps
    leave = 1 - np.exp(-step_ps / dwell)
    position, rows = rng.integers(0, cells, (trials, ions, 3), dtype=np.int32), np.arange(trials)[:, None]
    directions = np.concatenate([np.eye(3), -np.eye(3)]).astype(np.int32)
    kept = np.empty((frames, trials, ions, 3), dtype=np.float32)
    for frame in range(-(frames // 20), frames):
        if frame >= 0:
            kept[frame] = position
        for _ in range(substeps):
            site = (position % cells) @ np.array([cells**2, cells, 1], dtype=np.int32)
            hops = rng.random((trials, ions)) < leave[rows, site]
            position += hops[..., None] * directions[rng.integers(6, size=(trials, ions))]
    return _trajectories(spacing_A * kept, rng), spacing_A**2 / (6 * step_ps * (1 / leave).mean(axis=1))


def _trajectories(positions_A, rng):
    """Add vibrations and make one trajectory for each trial."""
    frames, trials = positions_A.shape[:2]
    positions_A = positions_A + VIBRATION_A * rng.normal(size=positions_A.shape)
    times = np.linspace(0.0, RUN_PS, frames)
    return [as_trajectory(positions_A[:, trial], np.zeros((frames, 3)), times) for trial in range(trials)]


def crossovers(trials, seed):
    """Draw crossover times over the length of the run, 0.1 to 3."""
    return np.exp(np.random.default_rng(seed).uniform(np.log(0.1), np.log(3.0), trials))


def mixed_models(trials, seed=0):
    """Make runs of both models: (model, trajectories, D in Å²/ps)."""
    rng = np.random.default_rng(seed)
    ratios = np.exp(rng.uniform(np.log(2.0), np.log(30.0), trials))
    disorder = np.where(np.arange(trials) % 2, 0.7, 1.5)
    yield "cage hops", *cage_hop(crossovers(trials, seed + 1), ratios, seed=seed + 2)
    yield "random traps", *random_traps(crossovers(trials, seed + 3), disorder, seed=seed + 4)
