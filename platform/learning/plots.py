"""Figures of a learning run: labels by level, errors by round, force parity by structure class, grade over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from argyro.platform.learning.options import LearningOptions
    from argyro.platform.potential.mtp.model import MTP


def plot_rounds(rounds: Sequence[dict], path: Path) -> Path:
    """Plot labels and levels by round in the upper panel, force errors and exploration time in the lower ones.

    Args:
        rounds: summaries of a `LearningResult`.
        path: image file.
    """
    figure, (labels, errors, time) = _axes(3, "round")
    number = [entry["round"] for entry in rounds]
    levels = sorted({entry["level"] for entry in rounds})
    for level in levels:
        of_level = [entry for entry in rounds if entry["level"] == level]
        labels.bar(
            [entry["round"] for entry in of_level], [entry["labels"] for entry in of_level], label=f"level {level}"
        )
    labels.set_ylabel("labels")
    labels.legend()
    errors.plot(number, [entry["train_rmse_force_meV_A"] for entry in rounds], "o-", label="training set")
    for key, name in (("picks_rmse_force_meV_A", "picks before the fit"), ("validation_rmse_force_meV_A", "held out")):
        known = [entry for entry in rounds if key in entry]
        errors.plot([entry["round"] for entry in known], [entry[key] for entry in known], "s", label=name)
    errors.set_ylabel("force RMSE (meV/Å)")
    errors.set_yscale("log")
    errors.legend()
    for entry in rounds:
        reached = entry["exploration_ps_until_break"]
        time.plot([entry["round"]] * len(reached), reached, "k.")
    time.set_ylabel("exploration (ps)")
    return _save(figure, path)


def plot_parity(mtp: MTP, frames: Sequence[Atoms], path: Path) -> Path:
    """Plot force components of the potential against those of the reference, by boundary of the structure.

    Args:
        mtp: the potential.
        frames: labelled frames with their class in ``info["boundary"]``.
        path: image file.
    """
    figure, (axis,) = _axes(1, "force of the reference (eV/Å)")
    classes: dict[str, list[Atoms]] = {}
    for frame in frames:
        classes.setdefault(str(frame.info.get("boundary", "bulk")), []).append(frame)
    for name, members in sorted(classes.items()):
        reference = np.concatenate([frame.get_forces().ravel() for frame in members])
        found = np.concatenate([mtp.evaluate(frame).forces_eV_A.ravel() for frame in members])
        error_meV_A = 1e3 * np.sqrt(np.mean((found - reference) ** 2))
        axis.plot(reference, found, ".", markersize=2, label=f"{name}: {error_meV_A:.0f} meV/Å")
    axis.axline((0, 0), slope=1, color="black", linewidth=0.7)
    axis.set_ylabel("force of the potential (eV/Å)")
    axis.legend()
    return _save(figure, path)


def plot_grades(rounds: Sequence[list[dict]], options: LearningOptions, path: Path) -> Path:
    """Plot the extrapolation grade over time, for the first exploration, the last and one between.

    Args:
        rounds: traces of each round with exploration, see `round_store.read_traces`.
        options: options with the thresholds.
        path: image file.
    """
    shown = sorted({0, len(rounds) // 2, len(rounds) - 1}) if rounds else []
    figure, axes = _axes(max(1, len(shown)), "time (ps)", sharex=False)
    for axis, number in zip(axes, shown, strict=False):
        for trace in rounds[number]:
            axis.plot(trace["times_ps"], trace["grades"], ".-", markersize=3, linewidth=0.7, label=trace["run"])
        for threshold in (options.select, options.break_):
            axis.axhline(threshold, color="black", linewidth=0.7, linestyle="--")
        axis.set_title(f"exploration {number + 1} of {len(rounds)}", fontsize="small")
        axis.set_ylabel("grade")
        axis.set_yscale("log")
    if shown:
        axes[0].legend(fontsize="x-small", ncols=2)
    return _save(figure, path)


def _axes(count: int, xlabel: str, sharex: bool = True) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 1.5 + 2.2 * count), layout="constrained")
    axes = figure.subplots(count, 1, sharex=sharex, squeeze=False)[:, 0]
    axes[-1].set_xlabel(xlabel)
    return figure, axes


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=130)
    return path
