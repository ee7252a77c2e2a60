"""Figure of conductivity, activation energy, lattice constant and disorder along a series of compositions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from argyro.platform.common.estimate import Uncertain


@dataclass(frozen=True)
class SeriesPoint:
    """Values of one material, or of one published sample.

    Args:
        place: share of the way along the series.
        label: material or source.
        values: property -> value.
        published: whether it is a measured sample.
    """

    place: float
    label: str
    values: Mapping[str, Uncertain]
    published: bool = False


@dataclass(frozen=True)
class Panel:
    """One property of the figure."""

    name: str
    title: str
    logarithmic: bool = False


PANELS = (
    Panel("conductivity", "σ (mS/cm)", logarithmic=True),
    Panel("barrier", "activation energy (eV)"),
    Panel("lattice", "lattice constant (Å)"),
    Panel("disorder", "disorder"),
)


def series_plot(first: str, last: str, points: Sequence[SeriesPoint], path: Path) -> None:
    """Plot every property over the place in the series; open symbols are published samples."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 5.8), layout="constrained")
    for axes, panel in zip(figure.subplots(2, 2, sharex=True).flat, PANELS, strict=True):
        for published, style in ((False, {"fmt": "o-"}), (True, {"fmt": "s", "mfc": "none", "color": "0.4"})):
            chosen = sorted(
                (point for point in points if point.published == published and panel.name in point.values),
                key=lambda point: point.place,
            )
            if not chosen:
                continue
            values = [point.values[panel.name] for point in chosen]
            bars = [[v.value - v.low for v in values], [v.high - v.value for v in values]]
            label = "published" if published else "computed"
            middle = [value.value for value in values]
            axes.errorbar([p.place for p in chosen], middle, yerr=bars, ms=4, lw=1, label=label, **style)
        axes.set_ylabel(panel.title)
        if panel.logarithmic and axes.has_data():
            axes.set_yscale("log")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlim(-0.05, 1.05)
        axes.set_xticks([0.0, 0.5, 1.0], [first, "", last])
    handles, labels = figure.axes[0].get_legend_handles_labels()
    if handles:
        figure.axes[0].legend(handles, labels, frameon=False, fontsize="small")
    figure.savefig(path, dpi=140)
