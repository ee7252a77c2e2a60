"""Labelled frames in the kernel's memory, with neighbour lists and labels read once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import EV_A3_IN_GPA
from argyro.platform.potential.fitting.options import TrainingOptions
from argyro.platform.potential.fitting.training_frames import stress_of
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native import _kernel

LITHIUM = 3  # atomic number


class Dataset:
    """A set of labelled frames with their weights.

    Attributes:
        shortest_A: (species, species) shortest distance of each pair of species, infinite without a pair within the
            cutoff.
    """

    def __init__(self, frames: Sequence[Atoms], mtp: MTP, options: TrainingOptions):
        self.sizes = np.array([len(frame) for frame in frames])
        self.species = [frozenset(frame.symbols) for frame in frames]
        self.frames: list[_kernel.LabelledFrame] = []
        self.shortest_A = np.full((len(mtp.species),) * 2, np.inf)
        self.stress_components = 0
        weights = np.array([float(frame.info.get("weight", 1.0)) for frame in frames])
        for frame, weight in zip(frames, weights / weights.sum(), strict=True):
            neighbours = _neighbours(len(self.frames), frame, mtp)
            self.shortest_A = np.minimum(self.shortest_A, neighbours.shortest_A)
            stress = stress_of(frame)
            self.stress_components += 0 if stress is None else 9
            self.frames.append(
                _kernel.LabelledFrame(
                    neighbours,
                    float(frame.get_potential_energy()),
                    frame.get_forces(apply_constraint=False),
                    [] if stress is None else stress.tolist(),
                    weight / (len(frame) * 1e-3 * options.energy_scale_meV_atom) ** 2,
                    weight / (9 * (options.stress_scale_GPa / EV_A3_IN_GPA) ** 2),
                    weight * force_weights(frame, options),
                )
            )

    def loss_and_gradient(
        self, kernel: _kernel.Potential, threads: int
    ) -> tuple[float, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return the loss and its derivatives by radial coefficients, species energies and ξ."""
        found = _kernel.loss_and_gradient(kernel, self.frames, True, threads)
        return found["value"], (found["radial"], found["species_energies"], found["coefficients"])

    def normal_equations(self, mtp: MTP, threads: int, stride: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return matrix and right-hand side for the linear coefficients: ξ, then species energies.

        Args:
            mtp: potential that gives the radial functions.
            threads: number of threads; 0 for OMP_NUM_THREADS.
            stride: interval of the frames used.
        """
        return _kernel.normal_equations(mtp.parameters, self.frames[::stride], threads)

    def errors(self, mtp: MTP, threads: int) -> dict[str, float]:
        """Return loss and root-mean-square errors: meV/atom, meV/Å and, with stress labels, GPa per component."""
        found = _kernel.loss_and_gradient(mtp.kernel, self.frames, False, threads)
        errors = {
            "loss": float(found["value"]),
            "energy_meV_atom": 1e3 * float(np.sqrt(np.mean((found["energy_errors"] / self.sizes) ** 2))),
            "force_meV_A": 1e3 * float(np.sqrt(found["squared_forces"].sum() / (3 * self.sizes.sum()))),
        }
        if self.stress_components:
            errors["stress_GPa"] = EV_A3_IN_GPA * float(np.sqrt(found["squared_stress"].sum() / self.stress_components))
        return errors


def _neighbours(index: int, frame: Atoms, mtp: MTP) -> _kernel.Frame:
    try:
        return mtp.frame(frame)
    except InputError as error:
        raise InputError(f"frame {index}: {error}") from error


def force_weights(frame: Atoms, options: TrainingOptions) -> np.ndarray:
    """Return (atoms,) factors of ΔF² in the loss of a frame of weight one."""
    relative = np.where(frame.numbers == LITHIUM, options.lithium_force_weight, 1.0)
    squared = (frame.get_forces(apply_constraint=False) ** 2).sum(axis=1)
    damped = relative / (1.0 + squared / options.large_force_eV_A**2)
    return damped / (3 * relative.sum() * (1e-3 * options.force_scale_meV_A) ** 2)
