"""One molecular dynamics run; where its potential fails, the potential is extended and the run repeated."""

from __future__ import annotations

import shutil
from pathlib import Path

from argyro.campaigns.pipeline.extend import Extension
from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.pipeline.structure import read_structure
from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.task import StageContext, Unfinished

TRAJECTORY = "trajectory.bin"
# A run that its potential's extrapolation ended for good counts from this share of the length asked for.
LEAST_SHARE = 0.25
SHARE_OF_LIMIT = 0.9  # of an item's time limit, after which a run saves itself for the next task to go on with


def run(context: StageContext) -> dict:
    """One run, repeated with an extended potential after a break.

    Inputs: what of `MDSettings` decides the result; member, of the potential's ensemble; extensions, how often the
    potential may be extended on account of this run. Settings: how to run `lmp`; labels, how to run the reference.
    Parents: structure, potential.
    """
    extension = Extension(context)
    while True:
        folder, learned = context.unfinished / f"run-{extension.number}", extension.learned()
        summary, broken = _run(context, learned, folder)
        if broken is None or not extension.allowed:
            break
        extension.begin(folder)
    notes = [f"the potential was extended {extension.number} times on account of this run"] if extension.number else []
    if broken is not None:
        summary, note = _cut_short(float(context.inputs["production_ps"]), folder / TRAJECTORY, broken)
        notes.append(note)
    shutil.copy(folder / TRAJECTORY, context.workdir / TRAJECTORY)
    kept = extension.keep(learned)
    numbers = {name: value for name, value in summary.items() if type(value) in (int, float)}
    return {"summary": summary, "notes": notes} | kept | {"metrics": numbers | kept["metrics"]}


def _run(context: StageContext, learned, folder: Path) -> tuple[dict, ArgyroError | None]:
    """Summary of a whole run, or the error of one that its potential ended."""
    from argyro.platform.dynamics.md.run_monitor import PotentialFailedError
    from argyro.platform.dynamics.md.settings import MDSettings
    from argyro.platform.dynamics.md.simulation import run_md

    asked = {name: value for name, value in context.inputs.items() if name not in ("extensions", "member")}
    here = {name: value for name, value in context.settings.items() if name in ("lammps", "launcher")}
    here["wall_time_s"] = context.limit_s and SHARE_OF_LIMIT * context.limit_s
    here["ranks"] = 1 if here.get("lammps") else context.cores  # another lmp brings its own MPI, and so its launcher
    pair_style, atoms = context.settings.get("pair_style"), read_structure(context.parents["structure"])
    try:
        finished = run_md(
            atoms,
            learned.mtp_path,
            MDSettings(**asked, **here),
            folder,
            active_set_path=learned.active_set_path,
            pair_commands=pair_style and _other_pair_style(pair_style, learned.mtp_path, atoms),
        )
    except PotentialFailedError as error:
        return {}, error
    if not finished.complete:
        raise Unfinished(f"saved in time: {finished.summary}")
    return finished.summary, None


def _cut_short(asked_ps: float, trajectory: Path, error: ArgyroError) -> tuple[dict, str]:
    """Summary and note of what a run gave before its potential extrapolated, if that is a fair share of what was asked.

    Raises:
        PotentialFailedError: the given error, if it is not, or if the run ended otherwise.
    """
    from argyro.platform.dynamics.trajectories.trajectory import Trajectory
    from argyro.platform.potential.native.lammps_commands import BREAK_MARKER

    done_ps = Trajectory.read(trajectory).duration_ps if trajectory.exists() else 0.0
    if BREAK_MARKER not in str(error) or done_ps < LEAST_SHARE * asked_ps:
        raise error
    note = f"the potential began to extrapolate; only the first {done_ps:.0f} of {asked_ps:g} ps are used"
    return {"production_ps": done_ps, "stopped": str(error)}, note


def _other_pair_style(pair_style: str, potential: Path, atoms) -> list[str]:
    """LAMMPS lines for a pair style of the user's own `lmp` that reads the same potential file."""
    from argyro.platform.dynamics.md.lammps_input import species_order

    return [f"pair_style {pair_style}", f"pair_coeff * * {potential} {' '.join(species_order(atoms))}"]


MD = StageDefinition("md", 4, run)
