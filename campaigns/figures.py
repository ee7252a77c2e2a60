"""The pictures of a campaign: parity of the surrogate, Arrhenius plot, conductivity against grain size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

STYLE = {"target": {"bulk": ("o", "bulk"), "parallel": ("s", "boundary ∥"), "perpendicular": ("^", "boundary ⊥")}}


def _draw(path: Path, fill: Callable[[Axes], None], size: tuple[float, float] = (5.6, 3.8)) -> None:
    """One panel, saved; the ending of the path sets the format."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    fill(axes)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=140)


def parity(points: Sequence[dict], path: Path) -> None:
    """Surrogate against molecular dynamics, both with 95 % intervals; open arrows are upper bounds."""

    def fill(axes: Axes) -> None:
        for target, (marker, words) in STYLE["target"].items():
            chosen = [point for point in points if point["target"] == target and not point["censored"]]
            if chosen:
                x = [point["measured_cm2_s"] for point in chosen]
                y = [point["predicted_cm2_s"]["value"] for point in chosen]
                axes.errorbar(
                    x,
                    y,
                    xerr=_bars([point["measured_interval_cm2_s"] for point in chosen]),
                    yerr=_bars([point["predicted_cm2_s"] for point in chosen]),
                    fmt=marker,
                    ms=4,
                    lw=0.8,
                    label=words,
                )
        bounds = [point for point in points if point["censored"]]
        if bounds:
            axes.plot(
                [point["measured_cm2_s"] for point in bounds],
                [point["predicted_cm2_s"]["value"] for point in bounds],
                "<",
                mfc="none",
                color="0.4",
                label="upper bound from MD",
            )
        axes.set(xscale="log", yscale="log", xlabel="D from MD (cm²/s)", ylabel="D from the surrogate (cm²/s)")
        low, high = min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([low, high], [low, high], color="0.7", lw=0.8, zorder=0)

    _draw(path, fill)


def _bars(intervals: Sequence[dict]) -> list[list[float]]:
    """Lengths below and above the value, as matplotlib wants them."""
    return [[i["value"] - i["low"] for i in intervals], [i["high"] - i["value"] for i in intervals]]


def arrhenius_plot(points: Sequence[dict], curves: Sequence[dict], path: Path) -> None:
    """ln D against 1000/T.

    Args:
        points: entries of the surrogate's parity list, drawn with their MD intervals.
        curves: {label, temperatures_K, diffusivity: [uncertain]} of the surrogate, drawn as bands.
        path: picture to write.
    """

    def fill(axes: Axes) -> None:
        colours = {}
        for curve in curves:
            x = [1000 / temperature for temperature in curve["temperatures_K"]]
            (line,) = axes.plot(x, [d["value"] for d in curve["diffusivity"]], lw=1, label=curve["label"])
            axes.fill_between(
                x,
                [d["low"] for d in curve["diffusivity"]],
                [d["high"] for d in curve["diffusivity"]],
                alpha=0.15,
                color=line.get_color(),
                lw=0,
            )
            colours[curve["label"]] = line.get_color()
        for point in points:
            colour = colours.get(curve_label(point["material"], point["boundary"], point["target"]), "0.4")
            x, marker = 1000 / point["temperature_K"], STYLE["target"][point["target"]][0]
            if point["censored"]:
                axes.plot(x, point["measured_cm2_s"], "v", mfc="none", color=colour, ms=6)
            else:
                axes.errorbar(
                    x,
                    point["measured_cm2_s"],
                    yerr=_bars([point["measured_interval_cm2_s"]]),
                    fmt=marker,
                    ms=4,
                    color=colour,
                )
        axes.set(yscale="log", xlabel="1000 K / T", ylabel="D (cm²/s)")

    _draw(path, fill, (6.4, 4.6))


def curve_label(material: str, boundary: str, target: str) -> str:
    """How a diffusivity is called in a legend."""
    return f"{material} bulk" if target == "bulk" else f"{material} {boundary} {'∥' if target == 'parallel' else '⊥'}"


def grain_size_plot(curves: Sequence[dict], path: Path, temperature_K: float) -> None:
    """Effective conductivity against grain size.

    Args:
        curves: {label, grain_sizes_nm, conductivity: [uncertain, mS/cm]}.
        path: picture to write.
        temperature_K: of the curves.
    """

    def fill(axes: Axes) -> None:
        for curve in curves:
            sizes = curve["grain_sizes_nm"]
            (line,) = axes.plot(
                sizes, [s["value"] for s in curve["conductivity"]], "o-", ms=3, lw=1, label=curve["label"]
            )
            low, high = [s["low"] for s in curve["conductivity"]], [s["high"] for s in curve["conductivity"]]
            axes.fill_between(sizes, low, high, alpha=0.15, color=line.get_color(), lw=0)
        axes.set(xscale="log", yscale="log", xlabel="grain size (nm)", ylabel=f"σ at {temperature_K:g} K (mS/cm)")

    _draw(path, fill)
