"""Plots of the accuracy on held-out observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from argyro.surrogates.data.observation import TARGETS
from argyro.surrogates.models.metrics import calibration_factor, widening
from argyro.surrogates.training.accuracy_table import LEVELS, SplitResult, calibration_curve

MARKERS = dict(zip(TARGETS, "os^", strict=True))
COLOURS = {target: f"C{number}" for number, target in enumerate(TARGETS)}  # equal in all panels
QUANTILE_95 = 1.959964


def plot_calibration(results: Sequence[SplitResult], path: Path | str) -> None:
    """Plot observed over nominal coverage: candidates before, the best after conformal calibration."""

    def fill(axes: Axes, result: SplitResult) -> None:
        axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
        for kind, held_out in result.held_out.items():
            axes.plot(LEVELS, calibration_curve(held_out), label=kind)
        best = result.held_out[result.best]
        curve = calibration_curve(best, calibration_factor(best))
        axes.plot(LEVELS, curve, "k--", label=f"{result.best}, calibrated")
        axes.set(xlabel="nominal coverage", ylabel="observed coverage", xlim=(0, 1), ylim=(0, 1))

    _panels(results, fill, path)


def plot_parity(results: Sequence[SplitResult], path: Path | str) -> None:
    """Plot predictions of each split's best candidate over molecular dynamics, with 95 % intervals, without bounds."""

    def fill(axes: Axes, result: SplitResult) -> None:
        held_out = result.held_out[result.best]
        values = held_out.values
        factor = calibration_factor(held_out)
        half = QUANTILE_95 * held_out.sigmas * widening(factor, held_out.new)
        for target, marker in MARKERS.items():
            mine = values & (result.targets == target)
            if mine.any():
                x, y = np.exp(held_out.log_values[mine]), np.exp(held_out.means[mine])
                bars = np.stack([y * -np.expm1(-half[mine]), y * np.expm1(half[mine])])
                across = QUANTILE_95 * held_out.label_sigmas[mine]
                spread = np.stack([x * -np.expm1(-across), x * np.expm1(across)])
                axes.errorbar(
                    x, y, bars, spread, marker, color=COLOURS[target], markersize=3, linewidth=0.6, label=target
                )
        if values.any():
            ends = np.exp([held_out.log_values[values].min(), held_out.log_values[values].max()])
            axes.plot(ends, ends, color="0.6", linewidth=1)
        axes.set(xscale="log", yscale="log", xlabel="D from MD (cm²/s)", ylabel=f"D predicted by {result.best} (cm²/s)")

    _panels(results, fill, path)


def _panels(results: Sequence[SplitResult], fill: Callable[[Axes, SplitResult], None], path: Path | str) -> None:
    """Draw one panel per split, side by side."""
    figure = Figure(figsize=(4 * len(results), 3.8), layout="constrained")
    for axes, result in zip(figure.subplots(1, len(results), squeeze=False)[0], results, strict=True):
        fill(axes, result)
        axes.set_title(result.split)
        axes.legend(fontsize="small", frameon=False)
    figure.savefig(path, dpi=140)
