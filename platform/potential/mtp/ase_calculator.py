"""Use a moment tensor potential as an ASE calculator."""

from __future__ import annotations

from ase import Atoms
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes

from argyro.platform.potential.mtp.model import MTP


class MTPCalculator(Calculator):
    """Energy, forces, stress and site energies of a moment tensor potential.

    Args:
        mtp: the potential.
        threads: 0 for as many as OMP_NUM_THREADS allows.
    """

    implemented_properties: list[str] = ["energy", "free_energy", "energies", "forces", "stress"]  # noqa: RUF012 ase's own

    def __init__(self, mtp: MTP, threads: int = 0):
        super().__init__()
        self.mtp, self.threads = mtp, threads

    def calculate(self, atoms: Atoms | None = None, properties=("energy",), system_changes=all_changes) -> None:
        """Compute all properties at once."""
        super().calculate(atoms, properties, system_changes)
        found = self.mtp.evaluate(self.atoms, self.threads)
        self.results = {
            "energy": found.energy_eV,
            "free_energy": found.energy_eV,
            "energies": found.energies_eV,
            "forces": found.forces_eV_A,
        }
        if all(self.atoms.pbc):
            self.results["stress"] = found.stress_eV_A3
        elif "stress" in properties:
            raise PropertyNotImplementedError("stress needs a cell periodic in three directions")
