"""Free energy of an arrangement of the anions by thermodynamic integration along an exchange of elements.

The anions of the start change into those of the end at the same positions, U(s) = (1 - s) U_start + s U_end, and
ΔG = ∫ <U_end - U_start>_s ds at constant pressure. ΔG contains the entropy of vibrations and Li, which the mean
enthalpies lack. It does not depend on the path. The integral is a Gauss-Legendre sum of two nodes, exact for cubics.

Source: Frenkel and Smit, Understanding Molecular Simulation, chapter 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.data import atomic_masses, atomic_numbers, chemical_symbols

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.ions import CENTRES
from argyro.platform.dynamics.disorder.enthalpy_run import DISCARDED
from argyro.platform.dynamics.md import lammps_input
from argyro.platform.dynamics.md.canonical_check import independent_stride
from argyro.platform.dynamics.md.lammps_stage import Stage
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.potential.native.lammps_commands import lammps_mixed_commands

NODES = (0.5 - 0.5 / np.sqrt(3.0), 0.5 + 0.5 / np.sqrt(3.0))  # of equal weight
ANION_SITES = ("4a", "4c", "16e")


@dataclass(frozen=True)
class FreeEnergy:
    """Free energy of an arrangement above another.

    Args:
        free_energy_eV: per formula unit.
        error_eV: its standard error from independent frames.
    """

    free_energy_eV: float
    error_eV: float


def exchange_free_energy(
    start: Atoms, end: Atoms, mtp_path: Path | str, settings: MDSettings, folder: Path
) -> FreeEnergy:
    """Integrate from one arrangement of anions to another of the same composition; an interrupted call continues.

    Args:
        start: cell with the array ``site``.
        end: cell with the same anion sites and anions; its Li and centres do not matter.
        mtp_path: file of the potential.
        settings: temperature, time step, interval of frames and seed; `equilibrate_ps` is the length of each node.
        folder: of this integration alone.

    Raises:
        PotentialFailedError: a run lost atoms, broke a tetrahedron, or fell into an untrained region.
    """
    elements = exchanged_elements(start, end)
    if np.array_equal(elements, start.get_chemical_symbols()):
        return FreeEnergy(0.0, 0.0)
    units = sum(symbol in CENTRES for symbol in start.get_chemical_symbols())
    means, variances = [], []
    for number, share in enumerate(NODES):
        gaps = _run(start, elements, float(share), mtp_path, settings, folder / f"node-{number}") / units
        independent = max(1.0, len(gaps) / independent_stride(gaps))
        means.append(float(gaps.mean()))
        variances.append(float(gaps.var()) / independent)
    return FreeEnergy(float(np.mean(means)), float(np.sqrt(np.sum(variances)) / len(NODES)))


def exchanged_elements(start: Atoms, end: Atoms) -> np.ndarray:
    """Return the element of each atom of the start after its anions have changed into those of the end.

    Raises:
        ArgyroError: the cells differ in their anion sites.
    """
    here, there = (np.flatnonzero(np.isin(atoms.arrays["site"], ANION_SITES)) for atoms in (start, end))
    away = start.get_scaled_positions()[here][:, None] - end.get_scaled_positions()[there][None]
    nearest = np.linalg.norm(away - np.round(away), axis=-1).argmin(axis=1)
    if len(here) != len(there) or len(set(nearest.tolist())) != len(here):
        raise ArgyroError("the two cells have different anion sites; build both with the same supercell")
    elements = np.array(start.get_chemical_symbols())
    elements[here] = np.array(end.get_chemical_symbols())[there][nearest]
    return elements


def _run(
    start: Atoms, elements: np.ndarray, share: float, mtp_path: Path | str, settings: MDSettings, folder: Path
) -> np.ndarray:
    """Run one node and return U_end - U_start of its frames (frames,), in eV."""
    before = np.array(start.get_chemical_symbols())
    changed = before != elements
    kinds = sorted(set(zip(before[changed].tolist(), elements[changed].tolist(), strict=True)))
    fixed = lammps_input.species_order(start)
    stage = Stage(start, settings, folder, [], None, settings.equilibrate_steps)
    if not stage.done:
        newest = next(iter(stage.restarts()), None)
        if newest is None:
            _write(start, before, elements, kinds, fixed, folder / "structure.data")
        first, last = [*fixed, *(kind[0] for kind in kinds)], [*fixed, *(kind[1] for kind in kinds)]
        masses = [f"mass {n} {atomic_masses[atomic_numbers[element]]}" for n, element in enumerate(first, start=1)]
        commands = [*lammps_mixed_commands(mtp_path, first, last, share), *masses]
        stage.execute(_script(start, settings, commands, first, newest), newest)
    rows = stage.rows()
    return np.array([row["c_of_end"] - row["c_of_start"] for row in rows[int(DISCARDED * len(rows)) :]])


def _write(
    start: Atoms,
    before: np.ndarray,
    after: np.ndarray,
    kinds: Sequence[tuple[str, str]],
    fixed: Sequence[str],
    path: Path,
) -> None:
    """Write the structure with one more type for each kind of exchange.

    The writer knows types by their elements, so that other elements stand for the types of exchanged atoms.
    """
    from ase.io import write

    marked, symbols = start.copy(), before.copy()
    stand_ins = [element for element in chemical_symbols[1:] if element not in fixed][: len(kinds)]
    for kind, stand_in in zip(kinds, stand_ins, strict=True):
        symbols[(before == kind[0]) & (after == kind[1])] = stand_in
    marked.set_chemical_symbols(symbols.tolist())
    order = [*fixed, *stand_ins]
    write(path, marked, format="lammps-data", specorder=order, atom_style="atomic")


def _script(atoms: Atoms, settings: MDSettings, commands: list[str], types: Sequence[str], restart: Path | None) -> str:
    lines = [
        *lammps_input.start_of_run(atoms, settings, commands, restart),
        "compute of_start all pair mtp 1",
        "compute of_end all pair mtp 2",
        f"fix integrate all npt temp {settings.temperature_K} {settings.temperature_K} {lammps_input.THERMOSTAT_PS} "
        f"iso 0 0 {lammps_input.BAROSTAT_PS}",
        *lammps_input.output_of_run(atoms, settings, ["c_of_start", "c_of_end"], types),
        f"run {settings.equilibrate_steps} upto",
        "write_restart restart.*",
    ]
    return "\n".join(lines) + "\n"
