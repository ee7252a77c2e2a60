"""Relaxation with any ASE calculator, and the energy of a boundary against its bulk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from argyro.platform.common.units import EV_A2_IN_J_M2
from argyro.platform.structures.crystal.composition import CENTRES
from argyro.platform.structures.crystal.decorate import boundary_distance

WELL_RELAXED_J_M2 = 0.5  # above, translations or relaxation were not good enough; relaxed ones lie below 0.32


@dataclass(frozen=True)
class BoundaryEnergy:
    """Excess energy of the boundaries of a cell per area.

    Attributes:
        eV_A2: energy per area, the mean over the boundaries of the cell.
    """

    eV_A2: float

    @property
    def J_m2(self) -> float:
        """In J/m²."""
        return self.eV_A2 * EV_A2_IN_J_M2

    @property
    def meV_A2(self) -> float:
        """In meV/Å²."""
        return 1e3 * self.eV_A2

    @property
    def well_relaxed(self) -> bool:
        """False above 0.5 J/m²: search more translations or relax further before use."""
        return self.J_m2 <= WELL_RELAXED_J_M2


def formula_units(atoms: Atoms) -> int:
    """Number of tetrahedra."""
    return int(np.sum(np.isin(atoms.get_chemical_symbols(), CENTRES)))


def boundary_energy(atoms: Atoms, energy_eV: float, bulk_eV_per_unit: float) -> BoundaryEnergy:
    """Excess energy over the same number of bulk formula units, γ = (E - n E_bulk) / (boundaries × area).

    Args:
        atoms: periodic cell with its boundaries normal to z, no vacuum.
        energy_eV: its energy.
        bulk_eV_per_unit: energy of a bulk formula unit of the same composition and disorder, same calculator.
    """
    area_A2 = float(np.linalg.norm(np.cross(atoms.cell[0], atoms.cell[1])))
    excess_eV = energy_eV - formula_units(atoms) * bulk_eV_per_unit
    return BoundaryEnergy(float(excess_eV / (area_A2 * int(atoms.info["boundaries"]))))


def relax(atoms: Atoms, calculator: Calculator, force_eV_A: float = 0.05, steps: int = 300) -> Atoms:
    """Relax positions and the three lengths of the cell; angles stay.

    Args:
        atoms: start.
        calculator: any ASE calculator with forces and stress.
        force_eV_A: largest force at which to stop.
        steps: largest number of steps.

    Returns:
        A relaxed copy with ``info["energy_eV"]`` and ``info["relaxed"]``, false when the steps did not suffice; planes
        and distances to them are scaled with the cell. A calculator that shares the energy out among the atoms adds
        the array ``energy_eV``.
    """
    from ase.filters import FrechetCellFilter
    from ase.optimize import FIRE

    relaxed = atoms.copy()
    relaxed.calc = calculator
    optimizer = FIRE(FrechetCellFilter(relaxed, mask=[1, 1, 1, 0, 0, 0]), logfile=None)
    converged = optimizer.run(fmax=force_eV_A, steps=steps)
    energy_eV = float(relaxed.get_potential_energy())
    shares = calculator.results.get("energies")
    relaxed.calc = None
    if shares is not None:
        relaxed.set_array("energy_eV", np.array(shares, dtype=float))
    relaxed.info.update(energy_eV=energy_eV, relaxed=bool(converged))
    _follow_cell(relaxed, relaxed.cell[2, 2] / atoms.cell[2, 2])
    return relaxed


def _follow_cell(atoms: Atoms, stretch: float) -> None:
    """Scale heights of planes and grains with the cell."""
    for key in ("boundary_planes_A", "grain_thickness_A"):
        if key in atoms.info:
            atoms.info[key] = (np.array(atoms.info[key]) * stretch).tolist()
    if "boundary_planes_A" in atoms.info:
        atoms.set_array("boundary_distance_A", boundary_distance(atoms, tuple(atoms.info["boundary_planes_A"])))
