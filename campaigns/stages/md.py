"""One molecular dynamics run."""

from __future__ import annotations

import shutil

from argyro.campaigns.stages import StageDefinition
from argyro.campaigns.stages.learn import ACTIVE_SET, POTENTIAL
from argyro.campaigns.stages.structure import read_structure
from argyro.platform.errors import ArgyroError
from argyro.platform.execution import StageContext

TRAJECTORY = "trajectory.bin"
# A run that its potential's extrapolation ended counts from this share of the length asked for.
LEAST_SHARE = 0.25


def run(context: StageContext) -> dict:
    """Inputs: what of `MDSettings` decides the result. Settings: how to run `lmp`. Parents: structure, potential."""
    from argyro.platform.dynamics.watch import RunStoppedError
    from argyro.platform.potential.lammps import BREAK_MARKER

    try:
        finished = _run(context)
    except RunStoppedError as error:
        if BREAK_MARKER not in str(error):
            raise
        return _cut_short(context, error)
    if not finished.complete:
        raise ArgyroError(f"the run stopped early: {finished.summary}")
    return _result(context, finished.summary, notes=[])


def _run(context: StageContext):
    from argyro.platform.dynamics.md_settings import MDSettings
    from argyro.platform.dynamics.simulation import run_md

    here = dict(context.settings)
    pair_style = here.pop("pair_style", None)
    atoms, potential = read_structure(context.parents["structure"]), context.parents["potential"]
    return run_md(
        atoms,
        potential / POTENTIAL,
        MDSettings(**context.inputs, **here),
        context.unfinished,
        active_set_path=potential / ACTIVE_SET,
        pair_commands=pair_style and _other_pair_style(pair_style, potential / POTENTIAL, atoms),
    )


def _cut_short(context: StageContext, error: ArgyroError) -> dict:
    """What a run gave before its potential extrapolated, if that is a fair share of what was asked; said in a note."""
    from argyro.platform.dynamics.trajectory import Trajectory

    asked_ps, trajectory = float(context.inputs["production_ps"]), context.unfinished / TRAJECTORY
    done_ps = Trajectory.read(trajectory).duration_ps if trajectory.exists() else 0.0
    if done_ps < LEAST_SHARE * asked_ps:
        raise error
    note = f"the potential began to extrapolate; only the first {done_ps:.0f} of {asked_ps:g} ps are used"
    return _result(context, {"production_ps": done_ps, "stopped": str(error)}, notes=[note])


def _result(context: StageContext, summary: dict, notes: list[str]) -> dict:
    shutil.copy(context.unfinished / TRAJECTORY, context.workdir / TRAJECTORY)
    numbers = {name: value for name, value in summary.items() if type(value) in (int, float)}
    return {"summary": summary, "notes": notes, "metrics": numbers}


def _other_pair_style(pair_style: str, potential, atoms) -> list[str]:
    """LAMMPS lines for a pair style of the user's own `lmp` that reads the same potential file."""
    from argyro.platform.dynamics.lammps_input import species_order

    return [f"pair_style {pair_style}", f"pair_coeff * * {potential} {' '.join(species_order(atoms))}"]


MD = StageDefinition("md", 1, run)
