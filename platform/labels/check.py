"""Check of a label source on one cell: forces and stress against finite differences, and the time per label."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.units import EV_A3_IN_GPA
from argyro.platform.labels.client import Labeller, failure

STEP_A = 0.01  # foundation models use single precision: below 5e-3 Å rounding dominates the differences
STRAIN = 2e-3


@dataclass(frozen=True)
class CheckResult:
    """The result of `check_source`.

    Args:
        label_source: identity of the reference.
        energy_eV_atom: energy per atom of the cell.
        max_force_eV_A: largest force.
        pressure_GPa: hydrostatic pressure.
        force_error_eV_A: largest difference between a force component and the slope of the energy.
        stress_error_GPa: difference between the mean normal stress and the slope of the energy with the volume.
        seconds_per_frame: time of one label after loading of the model.
    """

    label_source: str
    energy_eV_atom: float
    max_force_eV_A: float
    pressure_GPa: float
    force_error_eV_A: float
    stress_error_GPa: float
    seconds_per_frame: float

    def to_json(self) -> dict:
        """Return all fields by name."""
        return asdict(self)


def check_source(labeller: Labeller, atoms: Atoms, components: int = 3) -> CheckResult:
    """Label one cell and compare forces and stress with the slopes of the energy.

    F = -(E(+h) - E(-h)) / 2h for some force components, and tr σ / 3 = (E(+ε) - E(-ε)) / (6 ε V) for the strain ε of
    every edge, since dE = V σ : dε.

    Args:
        labeller: an open labeller.
        atoms: cell without symmetry, with nonzero forces and stress.
        components: number of compared force components, the largest first.

    Raises:
        ArgyroError: a label did not converge.
    """
    (centre,) = _labels(labeller, [atoms])
    forces, stress = centre.get_forces(), centre.get_stress()
    largest = np.argsort(np.abs(forces).ravel())[::-1][:components]
    moved = [_moved(atoms, int(index), sign * STEP_A) for index in largest for sign in (1, -1)]
    start = time.monotonic()
    energies = np.array([frame.get_potential_energy() for frame in _labels(labeller, moved)])
    seconds = (time.monotonic() - start) / len(moved)
    slopes = -(energies[::2] - energies[1::2]) / (2 * STEP_A)
    plus, minus = (
        frame.get_potential_energy() for frame in _labels(labeller, [_scaled(atoms, STRAIN), _scaled(atoms, -STRAIN)])
    )
    normal_stress = (plus - minus) / (6 * STRAIN * atoms.cell.volume)
    return CheckResult(
        label_source=labeller.source.label_source,
        energy_eV_atom=centre.get_potential_energy() / len(atoms),
        max_force_eV_A=float(np.linalg.norm(forces, axis=1).max()),
        pressure_GPa=float(-stress[:3].mean() * EV_A3_IN_GPA),
        force_error_eV_A=float(np.abs(slopes - forces.ravel()[largest]).max()),
        stress_error_GPa=float(abs(normal_stress - stress[:3].mean()) * EV_A3_IN_GPA),
        seconds_per_frame=seconds,
    )


def _labels(labeller: Labeller, frames: list[Atoms]) -> list[Atoms]:
    labelled = labeller.label(frames)
    for frame in labelled:
        if frame.info["status"] != "converged":
            raise ArgyroError(f"the label ended {frame.info['status']}: {failure(frame)}")
    return labelled


def _moved(atoms: Atoms, component: int, step_A: float) -> Atoms:
    frame = atoms.copy()
    frame.positions[component // 3, component % 3] += step_A
    return frame


def _scaled(atoms: Atoms, strain: float) -> Atoms:
    frame = atoms.copy()
    frame.set_cell(atoms.cell.array * (1 + strain), scale_atoms=True)
    return frame
