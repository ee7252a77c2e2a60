"""Reader of the files of one run as one unwrapped trajectory; files of different runs are refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories import judgement
from argyro.platform.dynamics.trajectories.byte_source import DamagedArchiveError
from argyro.platform.dynamics.trajectories.frame import Frame, ReadOptions
from argyro.platform.dynamics.trajectories.joining import Joiner
from argyro.platform.dynamics.trajectories.readers import read_all
from argyro.platform.dynamics.trajectories.trajectory import Trajectory, release_pages
from argyro.platform.dynamics.trajectories.unwrap import Spacing, needs_unwrapping, require_fine, unwrap_in_place

MIN_FRAMES = 50


def read_trajectories(
    paths: Sequence[Path],
    frame_interval_fs: float | None,
    species: str = "Li",
    options: ReadOptions | None = None,
) -> Trajectory:
    """Read consecutive pieces of one run as one trajectory.

    Restarts are joined, wrapped positions are unwrapped, and the result refers to the mean cell. Frames are read one at
    a time; a temporary file keeps the mobile ions. `notes` of the result list dropped frames and assumptions.

    Args:
        paths: files of any format that `readers` knows, in order of time.
        frame_interval_fs: time between frames; None if the files state it.
        species: mobile element.
        options: facts that the files lack, such as the cell.

    Raises:
        InputError: fewer than 50 frames, none of the species, changed atoms or order, a gap, an interval that the
            file contradicts, frames too far apart to unwrap, or mixed wrapped and unwrapped positions.
    """
    if not paths:
        raise InputError("no trajectory was given")
    judgement.require_positive(frame_interval_fs)
    joiner = Joiner(species)
    for path in paths:
        _take_file(joiner, Path(path), options or ReadOptions(), frame_interval_fs is not None)
    store, motion = joiner.store, joiner.motion
    count = store.count if store else 0
    if store is None or motion is None or count < MIN_FRAMES:
        raise InputError(f"{count} frames are too few for a diffusivity; give at least {MIN_FRAMES}")
    with store:
        return _trajectory(joiner, store.mapped(), [str(path) for path in paths], frame_interval_fs)


def _take_file(joiner: Joiner, path: Path, options: ReadOptions, interval_known: bool) -> None:
    joiner.begin_file(path)
    taken = 0
    try:
        for frame in read_all(path, options):
            joiner.take(frame)
            taken += 1
            if not interval_known and taken == 1 and isinstance(frame, Frame):
                judgement.require_time(frame)
    except DamagedArchiveError as error:
        raise InputError(
            f"the archive {path} is cut off after {taken} frames ({error.__cause__}); copy it again, or unpack it and"
            " give the complete part"
        ) from error
    if not taken:
        raise InputError(f"{path} contains no frame; give a trajectory")


def _trajectory(joiner: Joiner, records: np.ndarray, names: list[str], given_fs: float | None) -> Trajectory:
    """Check the joined frames and return them as a trajectory."""
    motion = joiner.motion
    assert motion is not None
    ions, framework = int(motion.mobile.sum()), int((~motion.mobile).sum())
    judgement.require_no_gap(records, names, ions, framework)
    notes = joiner.notes() + judgement.require_steady_cell(records, names)
    step_interval = joiner.interval if joiner.unit == "step" else None
    interval_fs, said = judgement.frame_interval(
        records, names, given_fs, step_interval, joiner.time_unit_fs, joiner.md_interval_fs
    )
    spacing = Spacing(motion.steps, motion.edge_steps, motion.cosines)
    cell = np.array(records["cell_A"]).mean(axis=0)
    shortest_A = float(np.linalg.norm(cell, axis=1).min())
    outside_A = np.array(records["outside_A"])
    folded = needs_unwrapping(joiner.wrapped, outside_A, shortest_A, spacing, motion.first_jump)
    if folded:
        require_fine(spacing, cell, interval_fs)
    counts = {kind: joiner.atoms(kind) for kind in [joiner.species, *motion.kinds]}
    centre, about = judgement.framework_centre(
        np.array(records["centres"]), motion.kinds, counts, motion.spread_A2, joiner.species
    )
    release_pages(records)
    unwrap_in_place(records["ions"], cell, folded)
    times_ps = np.arange(len(records)) * interval_fs / 1000.0
    all_notes = tuple(notes + said + about)
    return Trajectory(records["ions"], centre @ cell, times_ps, cell, counts, joiner.species, all_notes)
