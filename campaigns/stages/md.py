"""One molecular dynamics run."""

from __future__ import annotations

import shutil

from argyro.campaigns.stages import StageDefinition
from argyro.campaigns.stages.learn import ACTIVE_SET, POTENTIAL
from argyro.campaigns.stages.structure import read_structure
from argyro.platform.errors import ArgyroError
from argyro.platform.execution import StageContext

TRAJECTORY = "trajectory.bin"


def run(context: StageContext) -> dict:
    """Inputs: what of `MDSettings` decides the result. Settings: how to run `lmp`. Parents: structure, potential."""
    from argyro.platform.dynamics.md_settings import MDSettings
    from argyro.platform.dynamics.simulation import run_md

    here = dict(context.settings)
    pair_style = here.pop("pair_style", None)
    atoms, potential = read_structure(context.parents["structure"]), context.parents["potential"]
    finished = run_md(
        atoms,
        potential / POTENTIAL,
        MDSettings(**context.inputs, **here),
        context.unfinished,
        active_set_path=potential / ACTIVE_SET,
        pair_commands=pair_style and _other_pair_style(pair_style, potential / POTENTIAL, atoms),
    )
    if not finished.complete:
        raise ArgyroError(f"the run stopped early: {finished.summary}")
    shutil.copy(finished.trajectory, context.workdir / TRAJECTORY)
    numbers = {name: value for name, value in finished.summary.items() if type(value) in (int, float)}
    return {"summary": finished.summary, "metrics": numbers}


def _other_pair_style(pair_style: str, potential, atoms) -> list[str]:
    """LAMMPS lines for a pair style of the user's own `lmp` that reads the same potential file."""
    from argyro.platform.dynamics.lammps_input import species_order

    return [f"pair_style {pair_style}", f"pair_coeff * * {potential} {' '.join(species_order(atoms))}"]


MD = StageDefinition("md", 1, run)
