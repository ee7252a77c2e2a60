"""Lengthen a run until its diffusivity does not depend on the length any more, or its budget ends.

The run is the same run: each stretch starts from the restart file of the stretch before. Between stretches, the slope
of the mean-square displacement of the whole run is compared with that of its first half. The run ends when, along all
directions,

- the diffusivity is converged, see `diffusion.validity_checks`;
- its relative error is at most the error wanted;
- |ln D(t) - ln D(t / 2)| is at most the error wanted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.diffusion.observe_run import FEWEST_FRAMES, observe_run
from argyro.platform.dynamics.diffusion.run_observation import RunObservation
from argyro.platform.dynamics.diffusion.validity_checks import Standing
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.md.simulation import MDRun, run_md
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

GROWTH = 1.5  # length of the run over that before


@dataclass(frozen=True)
class Until:
    """Hold the end of a run.

    Args:
        relative_error: error wanted of D.
        max_ps: longest production.
    """

    relative_error: float
    max_ps: float

    def __post_init__(self) -> None:
        if not 0 < self.relative_error < 1:
            raise InputError(
                f"the relative error {self.relative_error:g} must be between 0 and 1; write for instance 0.2"
            )


@dataclass(frozen=True)
class Judgement:
    """Hold the state of a run after a stretch; of several directions, the worst of each.

    Args:
        length_ps: length of the run so far.
        standing: converged, short or bound.
        relative_error: of D; None for a bound.
        change: |ln D(t) - ln D(t / 2)|; None if half of the run gives no value.
    """

    length_ps: float
    standing: Standing
    relative_error: float | None
    change: float | None

    def satisfies(self, until: Until) -> bool:
        """Return whether the run may end before its budget does."""
        if self.standing != "converged" or self.relative_error is None or self.change is None:
            return False
        return max(self.relative_error, self.change) <= until.relative_error


def lengths_ps(first_ps: float, until: Until) -> list[float]:
    """Return the lengths at which a run is judged: the first, then 1.5 times longer each, the last is the budget."""
    lengths = [first_ps]
    while lengths[-1] < until.max_ps:
        lengths.append(min(round(GROWTH * lengths[-1], 3), until.max_ps))
    return lengths


def run_until(
    atoms: Atoms,
    mtp_path: Path | None,
    settings: MDSettings,
    workdir: Path,
    until: Until,
    axes: tuple[str, ...] = ("xyz",),
    active_set_path: Path | None = None,
    pair_commands: Sequence[str] | None = None,
) -> tuple[MDRun, list[Judgement]]:
    """Run molecular dynamics and lengthen it; the same call continues a killed run, or one with a smaller budget.

    Args:
        atoms: periodic structure, see `run_md`.
        mtp_path: file of the potential.
        settings: settings of the run; `production_ps` is the length before the first judgement.
        workdir: folder of this run only.
        until: end of the run.
        axes: directions that are judged: ("xyz",) for the bulk, ("xy", "z") for a cell with boundaries.
        active_set_path: active set that grades the run.
        pair_commands: LAMMPS lines of another potential instead.

    Returns:
        The run, and a judgement for each length; the last one is missing for a run that its wall time ended.
    """
    deadline = None if settings.wall_time_s is None else time.monotonic() + settings.wall_time_s
    judgements: list[Judgement] = []
    for length_ps in lengths_ps(settings.production_ps, until):
        left_s = None if deadline is None else max(1.0, deadline - time.monotonic())
        here = replace(settings, production_ps=length_ps, wall_time_s=left_s)
        run = run_md(atoms, mtp_path, here, workdir, active_set_path, pair_commands)
        if not run.complete:
            break
        judgements.append(judge(_first(Trajectory.read(run.trajectory), length_ps), settings.temperature_K, axes))
        if judgements[-1].satisfies(until):
            break
    return run, judgements


def judge(trajectory: Trajectory, temperature_K: float, axes: tuple[str, ...]) -> Judgement:
    """Judge a run along several directions."""
    length_ps = trajectory.duration_ps
    if trajectory.frames < FEWEST_FRAMES:
        return Judgement(length_ps, "bound", None, None)
    whole = observe_run(trajectory, temperature_K, axes)
    half_frames = (trajectory.frames + 1) // 2
    half = {}
    if half_frames >= FEWEST_FRAMES:
        half = observe_run(trajectory.part(0, half_frames), temperature_K, axes)
    standings = {one.standing for one in whole.values()}
    worst: Standing = next(standing for standing in ("bound", "short", "converged") if standing in standings)
    errors = [one.log_sigma for one in whole.values()]
    changes = [_change(one, half.get(name)) for name, one in whole.items()]
    return Judgement(length_ps, worst, _largest(errors), _largest(changes))


def _change(whole: RunObservation, half: RunObservation | None) -> float | None:
    if half is None or whole.log_cm2_s is None or half.log_cm2_s is None:
        return None
    return abs(whole.log_cm2_s - half.log_cm2_s)


def _largest(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None


def _first(trajectory: Trajectory, length_ps: float) -> Trajectory:
    """Return the first part of a run that is longer already, so that a continued run is judged as before."""
    return trajectory.part(0, round(length_ps / trajectory.interval_ps) + 1)
