"""Relaxation with any ASE calculator, and boundary energies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from argyro.platform.common.units import EV_A2_IN_J_M2
from argyro.platform.structures.crystal.composition import CENTRES
from argyro.platform.structures.crystal.decorate import boundary_distance

WELL_RELAXED_J_M2 = 0.5  # a higher value means poor translations or relaxation; relaxed boundaries are below 0.32


@dataclass(frozen=True)
class BoundaryEnergy:
    """Excess energy of the boundaries of a cell per area.

    Attributes:
        eV_A2: energy per area, the mean over the boundaries of the cell.
    """

    eV_A2: float

    @property
    def J_m2(self) -> float:
        """Energy per area in J/m²."""
        return self.eV_A2 * EV_A2_IN_J_M2

    @property
    def meV_A2(self) -> float:
        """Energy per area in meV/Å²."""
        return 1e3 * self.eV_A2

    @property
    def well_relaxed(self) -> bool:
        """Whether the energy is at most 0.5 J/m²; otherwise search more translations or relax further."""
        return self.J_m2 <= WELL_RELAXED_J_M2


def formula_units(atoms: Atoms) -> int:
    """Count the tetrahedra."""
    return int(np.sum(np.isin(atoms.get_chemical_symbols(), CENTRES)))


def boundary_energy(atoms: Atoms, energy_eV: float, bulk_eV_per_unit: float) -> BoundaryEnergy:
    """Return the excess energy over the same number of bulk units, γ = (E - n E_bulk) / (boundaries × area).

    Args:
        atoms: periodic cell with boundaries normal to z and without vacuum.
        energy_eV: energy of the cell.
        bulk_eV_per_unit: energy of a bulk formula unit with the same composition, disorder and calculator.
    """
    area_A2 = float(np.linalg.norm(np.cross(atoms.cell[0], atoms.cell[1])))
    excess_eV = energy_eV - formula_units(atoms) * bulk_eV_per_unit
    return BoundaryEnergy(float(excess_eV / (area_A2 * int(atoms.info["boundaries"]))))


def relax(atoms: Atoms, calculator: Calculator, force_eV_A: float = 0.05, steps: int = 300) -> Atoms:
    """Relax the positions and the three cell lengths; the angles stay fixed.

    Args:
        atoms: initial structure.
        calculator: any ASE calculator with forces and stress.
        force_eV_A: convergence limit of the largest force.
        steps: maximum number of steps.

    Returns:
        A relaxed copy with ``info["energy_eV"]`` and ``info["relaxed"]``, which is false without convergence. Boundary
        planes and distances are scaled with the cell. The array ``energy_eV`` has the atomic energies, if the
        calculator gives them.
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
    """Scale plane heights and grain thickness with the cell."""
    for key in ("boundary_planes_A", "grain_thickness_A"):
        if key in atoms.info:
            atoms.info[key] = (np.array(atoms.info[key]) * stretch).tolist()
    if "boundary_planes_A" in atoms.info:
        atoms.set_array("boundary_distance_A", boundary_distance(atoms, tuple(atoms.info["boundary_planes_A"])))
