"""Resumable molecular dynamics with a reference, for comparison with the learned potential."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.dynamics.trajectories.trajectory import Trajectory, TrajectoryHeader, TrajectoryWriter
from argyro.platform.execution.atomic_files import replacing

TIMESTEP_FS, FRAME_STEPS = 2.0, 50
FRAME_PS = TIMESTEP_FS * FRAME_STEPS / 1000
THERMOSTAT_FS = 100.0
TRAJECTORY, STATE = "trajectory.bin", "state.npz"


def run_reference_md(
    atoms: Atoms,
    calculator: Calculator,
    temperature_K: float,
    length_ps: float,
    folder: Path,
    seed: int = 0,
    on_frame: Callable[[int, Atoms], bool] = lambda frame, atoms: True,
) -> Trajectory:
    """Run dynamics at constant volume with a calculator; the same call continues an interrupted run.

    Positions and momenta are saved with every frame; the thermostat's own variables start again after an interruption.

    Args:
        atoms: initial positions and cell.
        calculator: calculator of the reference.
        temperature_K: temperature of the Nosé-Hoover chain and of the initial velocities.
        length_ps: length of the run.
        folder: folder of this run only; created if absent.
        seed: seed of the initial velocities.
        on_frame: called with the number of frames so far and the atoms; False ends the run early.

    Returns:
        Trajectory of Li and the framework, one frame per 0.1 ps.
    """
    from ase.md.nose_hoover_chain import NoseHooverChainNVT

    folder.mkdir(parents=True, exist_ok=True)
    moving = atoms.copy()
    moving.calc = calculator
    done = _restore(moving, folder / STATE, temperature_K, seed)
    dynamics = NoseHooverChainNVT(
        moving, TIMESTEP_FS * units.fs, temperature_K=temperature_K, tdamp=THERMOSTAT_FS * units.fs
    )
    mobile = moving.symbols == "Li"
    masses = moving.get_masses()[~mobile, None]
    header = TrajectoryHeader("Li", _counts(moving), moving.cell.array, FRAME_PS)
    with TrajectoryWriter(folder / TRAJECTORY, header) as trajectory:
        trajectory.keep(done)
        for frame in range(done + 1, round(length_ps / FRAME_PS) + 1):
            dynamics.run(FRAME_STEPS)
            framework_A = (moving.positions[~mobile] * masses).sum(axis=0) / masses.sum()
            trajectory.append(framework_A, moving.positions[mobile])
            _save(moving, folder / STATE, frame)
            if not on_frame(frame, moving):
                break
    return Trajectory.read(folder / TRAJECTORY)


def labelled_copy(atoms: Atoms) -> Atoms:
    """Return a copy with the energy, forces and stress of its calculator as labels, atoms wrapped into the cell."""
    copy = atoms.copy()
    copy.wrap()
    energy_eV, forces_eV_A = float(atoms.get_potential_energy()), atoms.get_forces().astype(float)
    copy.calc = SinglePointCalculator(copy, energy=energy_eV, forces=forces_eV_A, stress=atoms.get_stress())
    copy.set_momenta(None)
    return copy


def _counts(atoms: Atoms) -> dict[str, int]:
    return {symbol: int(count) for symbol, count in Counter(atoms.symbols).items()}


def _restore(atoms: Atoms, path: Path, temperature_K: float, seed: int) -> int:
    """Set positions and momenta of the last frame, or draw velocities; returns the number of frames."""
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary

    if path.exists():
        with np.load(path) as state:
            atoms.positions, done = state["positions"], int(state["frames"])
            atoms.set_momenta(state["momenta"])
        return done
    MaxwellBoltzmannDistribution(atoms, temperature_K=temperature_K, rng=np.random.default_rng(seed))
    Stationary(atoms)
    return 0


def _save(atoms: Atoms, path: Path, frames: int) -> None:
    with replacing(path) as partial, partial.open("wb") as stream:
        np.savez(stream, positions=atoms.positions, momenta=atoms.get_momenta(), frames=frames)
