"""Mean enthalpy of a cell at constant pressure and the synthesis temperature."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.ions import CENTRES
from argyro.platform.common.units import EV_A3_IN_GPA
from argyro.platform.dynamics.md.canonical_check import independent_stride
from argyro.platform.dynamics.md.equilibration import Equilibration
from argyro.platform.dynamics.md.settings import MDSettings

DISCARDED = 0.3  # share of the run in which Li and volume settle


@dataclass(frozen=True)
class MeanEnthalpy:
    """Enthalpy and size of a cell.

    Args:
        enthalpy_eV: mean of E_pot + p V per formula unit.
        error_eV: its standard error from independent frames.
        lattice_A: cube root of the volume of a conventional cell of four formula units.
    """

    enthalpy_eV: float
    error_eV: float
    lattice_A: float


def mean_enthalpy(atoms: Atoms, pair_commands: list[str], settings: MDSettings, folder: Path) -> MeanEnthalpy:
    """Run at constant pressure from a minimised cell and average; an interrupted call continues.

    Args:
        atoms: bulk cell of an argyrodite.
        pair_commands: LAMMPS lines of the potential.
        settings: temperature, time step, interval of frames and seed; `equilibrate_ps` is the length of the run.
        folder: of this run alone.

    Raises:
        PotentialFailedError: the run lost atoms, broke a tetrahedron, or fell into an untrained region.
    """
    stage = Equilibration(atoms, settings, folder, pair_commands, None, settings.equilibrate_steps)
    stage.run()
    return averaged(stage.rows(), atoms, settings.pressure_GPa)


def averaged(rows: list[dict[str, float]], atoms: Atoms, pressure_GPa: float = 0.0) -> MeanEnthalpy:
    """Average the thermodynamic lines of a run after its beginning."""
    kept = rows[int(DISCARDED * len(rows)) :]
    units = sum(symbol in CENTRES for symbol in atoms.get_chemical_symbols())
    volume_A3 = np.array([row["Volume"] for row in kept])
    enthalpies = (np.array([row["PotEng"] for row in kept]) + pressure_GPa / EV_A3_IN_GPA * volume_A3) / units
    independent = max(1.0, len(kept) / independent_stride(enthalpies))
    return MeanEnthalpy(
        float(enthalpies.mean()),
        float(enthalpies.std() / np.sqrt(independent)),
        float((4 * volume_A3.mean() / units) ** (1 / 3)),
    )
