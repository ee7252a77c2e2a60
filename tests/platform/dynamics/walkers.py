"""Random walkers whose diffusivity is known."""

import numpy as np

from argyro.platform.dynamics.trajectories.trajectory import Trajectory


def brownian(
    diffusivities_A2_ps, ions=48, frames=400, interval_ps=0.1, seed=0, vibration_A=0.0, drift_A_ps=(0.0, 0.0, 0.0)
) -> Trajectory:
    """Free walkers, D per axis, with uncorrelated vibration on top and a framework that drifts along with them."""
    random = np.random.default_rng(seed)
    steps = random.normal(size=(frames, ions, 3)) * np.sqrt(2 * np.asarray(diffusivities_A2_ps) * interval_ps)
    times = np.arange(frames) * interval_ps
    framework = times[:, None] * np.asarray(drift_A_ps)
    positions = np.cumsum(steps, axis=0) + vibration_A * random.normal(size=steps.shape) + framework[:, None]
    return as_trajectory(positions, framework, times)


def caged(ions=96, frames=600, interval_ps=0.1, radius_A=1.0, relaxation_ps=1.0, seed=0) -> Trajectory:
    """Ornstein-Uhlenbeck walkers that never leave: MSD → 6 radius², no diffusion."""
    random = np.random.default_rng(seed)
    keep = np.exp(-interval_ps / relaxation_ps)
    positions = np.empty((frames, ions, 3))
    positions[0] = radius_A * random.normal(size=(ions, 3))
    for frame in range(1, frames):
        noise = radius_A * np.sqrt(1 - keep**2) * random.normal(size=(ions, 3))
        positions[frame] = keep * positions[frame - 1] + noise
    return as_trajectory(positions, np.zeros((frames, 3)), np.arange(frames) * interval_ps)


def as_trajectory(positions, framework, times) -> Trajectory:
    counts = {"Li": positions.shape[1], "P": 1}
    return Trajectory(positions, framework, times, np.eye(3) * 20.0, counts)


def layered_walk(truth, layer_A, period_A, frames, ions, seed=3):
    """Walkers whose D depends on z at uniform density.

    A step with the local D is accepted with the ratio of the densities of reverse and forward step (Metropolis).
    """
    random, interval_ps, substeps = np.random.default_rng(seed), 0.5, 20
    dt = interval_ps / substeps
    positions = random.random((ions, 3)) * period_A
    kept = np.empty((frames, ions, 3))

    def local(z, inside, outside):
        return np.where(z % period_A < layer_A, inside, outside)

    for frame in range(frames):
        for _ in range(substeps):
            along = local(positions[:, 2], truth["parallel"], truth["bulk"])
            positions[:, :2] += np.sqrt(2 * along * dt)[:, None] * random.normal(size=(ions, 2))
            here = local(positions[:, 2], truth["perpendicular"], truth["bulk"])
            proposal = positions[:, 2] + np.sqrt(2 * here * dt) * random.normal(size=ions)
            there = local(proposal, truth["perpendicular"], truth["bulk"])
            move2 = (proposal - positions[:, 2]) ** 2
            log_ratio = 0.5 * np.log(here / there) - move2 / (4 * dt) * (1 / there - 1 / here)
            accepted = np.log(random.random(ions)) < log_ratio
            positions[:, 2] = np.where(accepted, proposal, positions[:, 2])
        kept[frame] = positions
    return as_trajectory(kept, np.zeros((frames, 3)), np.arange(frames) * interval_ps)
