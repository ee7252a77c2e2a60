"""Target property of learning, measured with the potential."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.estimate import Uncertain

EQUILIBRATE_PS = 2.0


class TargetDiffusivity:
    """A measurement of D with a potential; a finished run in the folder is reused.

    Args:
        structure: cell of the run.
        temperature_K: temperature of the run, the campaign's highest.
        length_ps: length of the production.
        workdir: folder of the runs, one sub-folder per potential.
        seed: seed of velocities and estimator.
    """

    def __init__(self, structure: Atoms, temperature_K: float, length_ps: float, workdir: Path, seed: int):
        self.structure, self.temperature_K, self.length_ps = structure, temperature_K, length_ps
        self.workdir, self.seed = workdir, seed

    def __call__(self, mtp_path: Path) -> Uncertain | None:
        """Measure D with its 95 % interval; None if the run gives no value or a check stops it."""
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
