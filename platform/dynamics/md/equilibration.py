"""The equilibration stage: minimisation and a constant-pressure run that gives the mean cell."""

from __future__ import annotations

import numpy as np

from argyro.platform.dynamics.md import lammps_input
from argyro.platform.dynamics.md.lammps_stage import Stage
from argyro.platform.dynamics.md.thermo_log import box


class Equilibration(Stage):
    """A resumable equilibration stage at constant pressure."""

    def run(self) -> bool:
        """Run or continue the stage; return False if the wall time ended it."""
        if not self.done:
            newest = next(iter(self.restarts()), None)
            if newest is None:
                lammps_input.write_structure(self.atoms, self.folder / "structure.data")
            script = lammps_input.equilibration(self.atoms, self.settings, self.pair_commands, newest)
            self.execute(script, newest)
        return self.done

    def mean_box_A(self) -> np.ndarray:
        """Return the mean (lx, ly, lz, xy, xz, yz) over the second half; small cells fluctuate by 1 % in volume."""
        rows = self.rows()
        return np.mean([box(row) for row in rows if row["Step"] >= self.steps / 2], axis=0)
