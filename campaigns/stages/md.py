"""One molecular dynamics run."""

from __future__ import annotations

import shutil

from argyro.campaigns.stages import StageDefinition
from argyro.campaigns.stages.learn import ACTIVE_SET, POTENTIAL
from argyro.campaigns.stages.structure import read_structure
from argyro.platform.execution import StageContext

TRAJECTORY = "trajectory.bin"


def run(context: StageContext) -> dict:
    """Inputs: temperature_K, equilibrate_ps, production_ps, timestep_fs, frame_every_fs, seed. Parents: structure, potential."""
    from argyro.platform.dynamics.run import MDSettings, run_md

    settings = MDSettings(**context.inputs, **context.settings)
    potential = context.parents["potential"]
    finished = run_md(
        read_structure(context.parents["structure"]),
        potential / POTENTIAL,
        settings,
        context.workdir / "lammps",
        active_set_path=potential / ACTIVE_SET,
    )
    shutil.move(finished.trajectory, context.workdir / TRAJECTORY)
    shutil.rmtree(context.workdir / "lammps")
    metrics = {name: value for name, value in finished.summary.items() if isinstance(value, (int, float))}
    return {"summary": finished.summary, "metrics": metrics}


MD = StageDefinition("md", 1, run)
