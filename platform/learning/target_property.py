"""The property for which a potential is learned, measured with the potential itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.estimate import Uncertain

EQUILIBRATE_PS = 2.0


class TargetDiffusivity:
    """Measures D with a potential; a run that stands in the folder is not repeated.

    Args:
        structure: cell.
        temperature_K: of the run, the campaign's highest.
        length_ps: of production.
        workdir: a folder for each potential goes here.
        seed: of velocities and estimator.
    """

    def __init__(self, structure: Atoms, temperature_K: float, length_ps: float, workdir: Path, seed: int):
        self.structure, self.temperature_K, self.length_ps = structure, temperature_K, length_ps
        self.workdir, self.seed = workdir, seed

    def __call__(self, mtp_path: Path) -> Uncertain | None:
        """D with its 95 % interval; None where the run gives no value, or is stopped by a check."""
        from argyro.platform.dynamics.diffusion.tracer import diffusivity
        from argyro.platform.dynamics.md.settings import MDSettings
        from argyro.platform.dynamics.md.simulation import run_md
        from argyro.platform.dynamics.trajectories.trajectory import Trajectory

        settings = MDSettings(self.temperature_K, EQUILIBRATE_PS, self.length_ps, seed=self.seed)
        folder = self.workdir / hashlib.sha256(mtp_path.read_bytes()).hexdigest()[:12]
        try:
            run = run_md(self.structure, mtp_path, settings, folder)
        except ArgyroError:
            return None
        return diffusivity(Trajectory.read(run.trajectory), self.temperature_K, "xyz", self.seed, "exact").estimate
