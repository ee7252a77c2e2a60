"""ASE calculator of a moment tensor potential."""

from __future__ import annotations

from collections.abc import Sequence

from ase import Atoms
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes

from argyro.platform.potential.mtp.model import MTP


class MTPCalculator(Calculator):
    """A calculator of energy, forces, stress and site energies by a moment tensor potential.

    Args:
        mtp: the potential.
        threads: number of threads; 0 for OMP_NUM_THREADS.
    """

    implemented_properties: list[str] = ["energy", "free_energy", "energies", "forces", "stress"]  # noqa: RUF012 ase's own

    def __init__(self, mtp: MTP, threads: int = 0):
        super().__init__()
        self.mtp, self.threads = mtp, threads

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
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
            raise PropertyNotImplementedError("stress requires a cell periodic in three directions")
