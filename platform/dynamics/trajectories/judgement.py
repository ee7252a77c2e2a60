"""Checks of the joined frames: time axis, gaps, cell, framework."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.frame import Frame
from argyro.platform.dynamics.trajectories.frame_store import UNKNOWN
from argyro.platform.dynamics.trajectories.identity import is_reordered
from argyro.platform.dynamics.trajectories.trajectory import Note

GAP = 2.0  # a gap's step over the usual step
RARE = 1.5  # a gap's step over the 95th percentile of all steps
IONS_FOR_MEDIAN = 8  # with fewer ions, a single hop changes the median
CELL_JUMP, CELL_RARE = 0.005, 3.0  # strain of a jump, and its ratio to the 95th percentile of all strains
DRIFT_NOTED, DRIFT_REFUSED = 0.02, 0.10  # relative change of the volume from the first to the last third
BOUND_A = 3.5  # an element whose atoms move further than this is mobile, not framework
FEW_ATOMS = 6
POTIM_FS = 5.0
SHORTEST_STEP_FS = 0.2  # shortest time step of molecular dynamics


def label_of(record: np.ndarray, names: Sequence[str]) -> str:
    """Return the name of a frame for messages."""
    return f"{names[int(record['file'])]}, frame {int(record['number'])}"


def require_no_gap(records: np.ndarray, names: Sequence[str], ions: int, framework: int) -> None:
    """Refuse an unusually large step of all mobile ions or of all framework atoms.

    Args:
        records: (frames,) records of the store.
        names: names of the files.
        ions: number of mobile ions.
        framework: number of other atoms.

    Raises:
        InputError: frames are missing, the order of atoms changes, or two runs were joined.
    """
    for field, number, who in (("mobile_step_A", ions, "mobile"), ("framework_step_A", framework, "framework")):
        steps = np.array(records[field][1:])
        if number < IONS_FOR_MEDIAN or not len(steps):
            continue
        usual = float(np.median(steps))
        limit = np.full(len(steps), max(GAP * usual, RARE * float(np.percentile(steps, 95)), 1e-3))
        _refuse_first(steps, limit, usual, records, names, who)
    steps = np.array(records["mobile_rms_A"][1:])
    if len(steps):
        usual = float(np.median(steps))
        limit = np.where(records["begins"][1:], max(GAP * usual, 1e-3), np.inf)
        _refuse_first(steps, limit, usual, records, names, "mobile")


def _refuse_first(
    steps: np.ndarray, limit: np.ndarray, usual: float, records: np.ndarray, names: Sequence[str], who: str
) -> None:
    over = np.flatnonzero(steps > limit)
    if not len(over):
        return
    at = int(over[0]) + 1
    where = label_of(records[at], names)
    if who == "mobile" and is_reordered(records["ions"][at - 1], records["ions"][at], records["cell_A"][at]):
        raise InputError(f"the order of atoms changes at {where}; write all frames in one order (sorted by id)")
    raise InputError(
        f"there is a gap before {where}: the {who} atoms move {steps[at - 1]:.2f} Å there, {usual:.2f} Å otherwise;"
        " frames are missing or another run begins; give the missing frames or analyse the parts separately"
    )


def require_steady_cell(records: np.ndarray, names: Sequence[str]) -> list[Note]:
    """Refuse a cell that jumps or drifts; return a note on a small drift.

    Args:
        records: (frames,) records of the store.
        names: of the files.

    Raises:
        InputError: the cell jumps by more than its fluctuations, or its volume drifts by more than 10 %.
    """
    cells = np.array(records["cell_A"])
    edges = np.linalg.norm(cells, axis=2)
    strain = np.abs(np.diff(np.log(edges), axis=0)).max(axis=1)
    breathing = float(np.percentile(strain, 95))
    over = np.flatnonzero(strain > max(CELL_JUMP, CELL_RARE * breathing))
    if len(over):
        at = int(over[0]) + 1
        raise InputError(
            f"the cell changes by {strain[at - 1]:.1%} at {label_of(records[at], names)}, {breathing:.1%} or less"
            " otherwise: another run begins there; analyse the parts separately"
        )
    volumes = np.abs(np.linalg.det(cells))
    third = len(volumes) // 3
    first, last = volumes[:third], volumes[-third:]
    drift = float(last.mean() / first.mean() - 1)
    error = float(np.sqrt((first.var() + last.var()) / max(1, third / 10))) / float(first.mean())
    if abs(drift) > DRIFT_REFUSED:
        raise InputError(
            f"the volume of the cell drifts by {drift:+.0%} from the first third of the run to the last: the run is"
            " not in equilibrium; leave out its beginning"
        )
    if abs(drift) > max(DRIFT_NOTED, 3 * error):
        return [Note("volume_drift", f"the volume of the cell drifts by {drift:+.1%}; leave out the beginning")]
    return []


def framework_centre(
    centres: np.ndarray, kinds: Sequence[str], counts: dict[str, int], spread_A2: np.ndarray, species: str
) -> tuple[np.ndarray, list[Note]]:
    """Return the (frames, 3) fractional centre of the framework, and notes on it.

    Mobile elements do not belong to the framework. Without a framework no drift is removed, because subtracting the
    centre of the mobile ions would remove their collective motion.

    Args:
        centres: (frames, kinds, 3) fractional centres of the elements other than the mobile one.
        kinds: elements other than the mobile one.
        counts: number of atoms of each element.
        spread_A2: (kinds,) largest mean-square displacement within each element.
        species: mobile element.
    """
    bound = [i for i in range(len(kinds)) if spread_A2[i] < BOUND_A**2]
    moving = [kind for i, kind in enumerate(kinds) if i not in bound]
    weights = np.array([counts[kinds[i]] for i in bound], dtype=float)
    notes = []
    if moving and bound:
        notes.append(Note("mobile_framework", f"{', '.join(moving)} also moves and does not belong to the framework"))
    if not bound:
        why = f"the file contains only {species}" if not kinds else f"{', '.join(moving)} is also mobile"
        notes.append(
            Note("no_framework", f"{why}: without a framework, D includes the drift of the coordinates as given")
        )
        return np.zeros((len(centres), 3)), notes
    if weights.sum() < FEW_ATOMS:
        number = int(weights.sum())
        plural = "atom" if number == 1 else "atoms"
        notes.append(Note("small_framework", f"the framework has {number} {plural}, whose vibration adds to the MSD"))
    return np.einsum("k,fkx->fx", weights / weights.sum(), centres[:, bound]), notes


def frame_interval(
    records: np.ndarray,
    names: Sequence[str],
    given_fs: float | None,
    step_interval: float | None,
    time_unit_fs: float | None,
    md_interval_fs: float | None,
) -> tuple[float, list[Note]]:
    """Return the time between frames in fs, from the option and from the file.

    Args:
        records: (frames,) records of the store.
        names: of the files.
        given_fs: value of the option, None without it.
        step_interval: number of steps between frames, None without frame numbers.
        time_unit_fs: unit of the times in the file, None if unknown.
        md_interval_fs: time between frames from input parameters in the file.

    Raises:
        InputError: the interval is missing or contradicts the file, or the times are not evenly spaced.
    """
    if not (np.array(records["step"]) != UNKNOWN).all():
        step_interval = None
    spacing = _time_spacing(records, names)
    if spacing is not None and spacing > 0:
        return _from_times(spacing, given_fs, time_unit_fs), []
    if given_fs is None:
        if md_interval_fs is None:
            raise missing_interval(None)
        return md_interval_fs, [Note("potim", f"the frame interval is assumed to be POTIM = {md_interval_fs:g} fs")]
    notes = []
    if md_interval_fs is not None and abs(given_fs / md_interval_fs - 1) > 0.01:
        notes.append(Note("potim", f"the file states POTIM = {md_interval_fs:g} fs; {given_fs:g} fs were used"))
    elif md_interval_fs is None and given_fs <= POTIM_FS:
        notes.append(_potim_note(given_fs, step_interval))
    if step_interval and step_interval > 1 and given_fs / step_interval < SHORTEST_STEP_FS:
        raise InputError(
            f"frames are {step_interval:g} steps apart, so {given_fs:g} fs between frames would be a time step of"
            f" {given_fs / step_interval:.2g} fs; if {given_fs:g} fs is the time step, give --frame-interval-fs"
            f" {given_fs * step_interval:g}"
        )
    return given_fs, notes


def require_positive(given_fs: float | None) -> None:
    """Refuse an interval that is not a positive number; None passes.

    Raises:
        InputError: as said.
    """
    if given_fs is not None and not (np.isfinite(given_fs) and given_fs > 0):
        raise missing_interval(given_fs)


def require_time(frame: Frame) -> None:
    """Refuse a file without times before all of it is read.

    Raises:
        InputError: the file has neither times nor input parameters that give the interval.
    """
    if frame.time is None and frame.md_interval_fs is None:
        raise missing_interval(None)


def missing_interval(given: float | None) -> InputError:
    """Return the error for an interval that is missing or not positive."""
    state = "missing" if given is None else f"{given:g} fs, which is not positive and finite"
    return InputError(
        f"the time between frames is {state}, and D is proportional to its inverse; give --frame-interval-fs, for"
        " instance --frame-interval-fs 100"
    )


def _potim_note(given_fs: float, step_interval: float | None) -> Note:
    apart = f"; frames are numbered {step_interval:g} apart" if step_interval else ""
    return Note(
        "looks_like_potim",
        f"{given_fs:g} fs between frames looks like the time step (POTIM){apart}; with NBLOCK > 1 give NBLOCK × POTIM",
    )


def _time_spacing(records: np.ndarray, names: Sequence[str]) -> float | None:
    """Return the spacing of the times in the file, in its unit; None without times."""
    times = np.array(records["time"])
    spacing = np.diff(times)[~records["begins"][1:]]
    places = np.flatnonzero(~records["begins"][1:]) + 1
    known = ~np.isnan(spacing)
    if not known.any():
        return None
    usual = float(np.median(spacing[known]))
    uneven = np.flatnonzero(known & (np.abs(spacing - usual) > 0.02 * abs(usual)))
    if len(uneven):
        at = int(places[uneven[0]])
        raise InputError(
            f"the times are not evenly spaced: {spacing[uneven[0]]:g} before {label_of(records[at], names)}, {usual:g}"
            " otherwise; give frames with one spacing, or analyse the parts separately"
        )
    return usual


def _from_times(spacing: float, given_fs: float | None, unit_fs: float | None) -> float:
    units = (unit_fs,) if unit_fs else (1.0, 1000.0)
    if given_fs is None:
        if unit_fs:
            return spacing * unit_fs
        raise InputError(
            f"the times of the file are {spacing:g} apart without a unit; give --frame-interval-fs {spacing:g} for fs,"
            f" --frame-interval-fs {spacing * 1000:g} for ps"
        )
    if all(abs(given_fs / (spacing * unit) - 1) > 0.01 for unit in units):
        said = " or ".join(f"{spacing * unit:g}" for unit in units)
        raise InputError(
            f"the times in the file are {said} fs apart, not {given_fs:g}; correct --frame-interval-fs or leave it out"
        )
    return given_fs
