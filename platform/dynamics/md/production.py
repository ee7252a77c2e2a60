"""The production stage at constant volume, which records the mobile ions."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.units import A3_IN_CM3
from argyro.platform.dynamics.md import lammps_input
from argyro.platform.dynamics.md.canonical_check import kinetic_p_value
from argyro.platform.dynamics.md.dcd_reader import DCDTail
from argyro.platform.dynamics.md.energy_drift import linear_drift
from argyro.platform.dynamics.md.equilibration import Equilibration
from argyro.platform.dynamics.md.lammps_stage import Stage, number
from argyro.platform.dynamics.md.thermo_log import LogTail, box, cell_A
from argyro.platform.dynamics.trajectories.trajectory import TrajectoryHeader, TrajectoryWriter

ATOMIC_MASS_G = 1.66053907e-24


class Production(Stage):
    """A resumable constant-volume stage that appends its frames to a compact trajectory."""

    def run(self, equilibration: Equilibration | None, trajectory: Path) -> bool:
        """Run or continue the stage; return False if the wall time ended it.

        Args:
            equilibration: stage that gives the initial state and the mean cell; None to start from the structure.
            trajectory: compact trajectory file; frames are appended.
        """
        if self.done:
            return True
        box_A = equilibration.mean_box_A() if equilibration else _box_of(self.atoms)
        counts = {element: int(n) for element, n in Counter(self.atoms.symbols).items()}
        interval_ps = self.settings.frame_every_fs / 1000
        header = TrajectoryHeader(self.settings.mobile, counts, cell_A(box_A), interval_ps)
        with TrajectoryWriter(trajectory, header) as writer:
            if logs := self.logs():
                self._collector(writer)(logs[-1])  # frames left by a killed run
            self.execute(*self._next_piece(writer, equilibration, box_A))
        (self.folder / "mobile.dcd").unlink(missing_ok=True)
        return self.done

    def summary(self, equilibrated: bool) -> dict:
        """Return the means over the production run, and the cell."""
        rows = self.rows()
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        times_ns = columns["Step"] * self.settings.timestep_fs * 1e-6
        # The conserved energy includes the thermostat; only integration errors change it.
        conserved_meV = columns["Econserve"] / len(self.atoms) * 1000
        mass_g = self.atoms.get_masses().sum() * ATOMIC_MASS_G
        return {
            "atoms": len(self.atoms),
            "temperature_K": float(columns["Temp"].mean()),
            "temperature_sigma_K": float(columns["Temp"].std()),
            "kinetic_p_value": kinetic_p_value(columns["Temp"], self.settings.temperature_K, len(self.atoms)),
            "pressure_GPa": float(columns["Press"].mean()) / lammps_input.GPA_IN_BAR,
            "potential_energy_eV_atom": float(columns["PotEng"].mean()) / len(self.atoms),
            "conserved_drift_meV_atom_ns": linear_drift(times_ns, conserved_meV).value if len(rows) > 2 else None,
            "volume_A3": float(columns["Volume"].mean()),
            "density_g_cm3": float(mass_g / (columns["Volume"].mean() * A3_IN_CM3)),
            "cell_A": cell_A(box(rows[-1])).tolist(),
            "produced_ps": float(columns["Step"][-1] - columns["Step"][0]) * self.settings.timestep_fs / 1000,
            "pieces": len(self.logs()),
            "equilibrated": equilibrated,
        }

    def _next_piece(
        self, writer: TrajectoryWriter, equilibration: Equilibration | None, box_A: np.ndarray
    ) -> tuple[str, Path | None, Callable[[LogTail], None]]:
        """Return script, restart file and collector of the next piece; cut the trajectory back to the restart step."""
        every = self.settings.frame_steps
        usable = (file for file in self.restarts() if _frame_from(number(file), every) <= writer.frames)
        newest = next(usable, None)
        writer.keep(_frame_from(number(newest), every) if newest else 0)
        (self.folder / "mobile.dcd").unlink(missing_ok=True)
        start, change = newest, None
        if newest is None and equilibration is not None:
            start, change = self.folder / "start", box_A
            shutil.copy(equilibration.restarts()[0], start)
        elif newest is None:
            lammps_input.write_structure(self.atoms, self.folder / "structure.data")
        script = lammps_input.production(self.atoms, self.settings, self.pair_commands, start, change)
        return script, newest, self._collector(writer)

    def _collector(self, writer: TrajectoryWriter) -> Callable[[LogTail], None]:
        """Return a function that appends the complete frames and their framework centres to the trajectory."""
        every = self.settings.frame_steps
        tail = DCDTail(self.folder / "mobile.dcd", writer.header.counts[writer.header.species])
        waiting: list[np.ndarray] = []
        position: list[int] = []  # number of the next frame of this piece, known after the first log line

        def collect(log: LogTail) -> None:
            if not log.rows:
                return
            if not position:
                position.append(_frame_from(min(log.rows), every))
            waiting.extend(tail.frames())
            while waiting and position[0] * every in log.rows:
                row, ions = log.rows[position[0] * every], waiting.pop(0)
                if position[0] == writer.frames:
                    writer.append(np.array([row[f"c_centre[{axis}]"] for axis in (1, 2, 3)]), ions)
                position[0] += 1

        return collect


def _frame_from(step: int, every: int) -> int:
    """Return the number of the first frame of a run that starts at a step."""
    return -(-step // every)


def _box_of(atoms: Atoms) -> np.ndarray:
    """Return (lx, ly, lz, xy, xz, yz) of a structure in LAMMPS's orientation."""
    from ase.calculators.lammps import Prism

    return np.array(Prism(atoms.cell.array).get_lammps_prism())
