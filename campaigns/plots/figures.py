"""The pictures of a campaign: parity of the surrogate, Arrhenius plot, conductivity against grain size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from argyro.platform.common.units import BOLTZMANN_EV_K

FEW_NAMES = 4  # that find room among the curves; more stand below
LINE_LETTERS = 80  # below a picture
COLOURS = 10  # more nobody tells apart
STYLE = {"target": {"bulk": ("o", "bulk"), "parallel": ("s", "boundary ∥"), "perpendicular": ("^", "boundary ⊥")}}


def _draw(path: Path, fill: Callable[[Axes], None], size: tuple[float, float] = (5.6, 3.8)) -> None:
    """One panel, saved; the ending of the path sets the format."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    fill(axes)
    names = axes.get_legend_handles_labels()[1]
    if len(names) > FEW_NAMES:
        columns = max(1, LINE_LETTERS // (max(map(len, names)) + 6))
        figure.legend(frameon=False, fontsize="small", loc="outside lower center", ncols=columns)
    elif names:
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
        curves: {label, temperatures_K, diffusivity: [uncertain]} of the surrogate, drawn as bands; those with the same
            ``group`` in one colour.
        path: picture to write.
    """

    def fill(axes: Axes) -> None:
        inverse = [
            {**curve, "inverse": [1000 / temperature for temperature in curve["temperatures_K"]]} for curve in curves
        ]
        colours = _bands(axes, inverse, "inverse", "diffusivity", "-")
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


def _bands(axes: Axes, curves: Sequence[Mapping], x: str, y: str, style: str) -> dict[str, str]:
    """Draw curves with their intervals, a colour for each group, and return the colours by label."""
    groups = list(dict.fromkeys(curve.get("group", curve["label"]) for curve in curves))
    colours, drawn = {}, set()
    for curve in curves:
        group = curve.get("group", curve["label"])
        place = groups.index(group)
        colours[curve["label"]] = colour = f"C{place}" if place < COLOURS else "0.8"
        name = group if place < COLOURS else "others"
        values, low, high = ([number[limit] for number in curve[y]] for limit in ("value", "low", "high"))
        axes.plot(curve[x], values, style, ms=3, lw=1, color=colour, label=None if name in drawn else name)
        axes.fill_between(curve[x], low, high, alpha=0.15, color=colour, lw=0)
        drawn.add(name)
    return colours


def curve_label(material: str, boundary: str, target: str) -> str:
    """How a diffusivity is called in a legend."""
    return f"{material} bulk" if target == "bulk" else f"{material} {boundary} {'∥' if target == 'parallel' else '⊥'}"


def grain_size_plot(curves: Sequence[dict], path: Path, temperature_K: float) -> None:
    """Effective conductivity against grain size.

    Args:
        curves: {label, grain_sizes_nm, conductivity: [uncertain, mS/cm]}; those with the same ``group`` in one colour.
        path: picture to write.
        temperature_K: of the curves.
    """

    def fill(axes: Axes) -> None:
        _bands(axes, curves, "grain_sizes_nm", "conductivity", "o-")
        axes.set(xscale="log", yscale="log", xlabel="grain size (nm)", ylabel=f"σ at {temperature_K:g} K (mS/cm)")

    _draw(path, fill)


def boundary_profile(profile: dict, width_nm: float, path: Path) -> None:
    """Local diffusivity and density of Li against the distance to a boundary.

    Args:
        profile: `SlabProfile` as plain data.
        width_nm: to which the boundary's diffusivity refers, shaded.
        path: picture to write.
    """

    def fill(axes: Axes) -> None:
        distance_nm = [distance / 10 for distance in profile["distance_A"]]
        for name, words in (("parallel", "D ∥"), ("perpendicular", "mobility ⊥")):
            values, halves = profile[f"{name}_cm2_s"], profile[f"{name}_half_cm2_s"]
            axes.errorbar(distance_nm, values, yerr=halves, fmt=STYLE["target"][name][0] + "-", ms=4, lw=1, label=words)
        axes.axvspan(0, width_nm / 2, color="0.5", alpha=0.12, lw=0, label="width assumed")
        axes.set(xlabel="distance to the boundary (nm)", ylabel="local D (cm²/s)", xlim=(0, None), ylim=(0, None))
        density = axes.twinx()
        density.plot(distance_nm, profile["density_A3"], ":", color="0.4", lw=1)
        density.set(ylim=(0, None), ylabel="Li per Å³ (dotted)")

    _draw(path, fill)


def transport_plot(points: Sequence[dict], laws: dict[str, dict | None], path: Path) -> None:
    """Diffusivities of one cell against temperature with their Arrhenius lines; open triangles are upper bounds.

    Args:
        points: {target, temperature_K, diffusivity_cm2_s, upper_bound_cm2_s} of the whole cell or of the boundary.
        laws: target -> `Arrhenius` as plain data, None where there is none.
        path: picture to write.
    """

    def fill(axes: Axes) -> None:
        for target, law in laws.items():
            chosen = [point for point in points if point["target"] == target]
            values = [(1000 / p["temperature_K"], p["diffusivity_cm2_s"]) for p in chosen if p["diffusivity_cm2_s"]]
            bounds = [(1000 / p["temperature_K"], p["upper_bound_cm2_s"]) for p in chosen if p["upper_bound_cm2_s"]]
            colour, words = f"C{list(laws).index(target)}", target.replace("_", " ")
            marker = STYLE["target"][target.removeprefix("cell_")][0]
            x, found = [x for x, _ in values], [value for _, value in values]
            axes.errorbar(
                x, [f["value"] for f in found], yerr=_bars(found), fmt=marker, ms=4, color=colour, label=words
            )
            axes.plot([x for x, _ in bounds], [bound for _, bound in bounds], "v", mfc="none", color=colour, ms=6)
            if law:
                ends = [1000 / temperature for temperature in law["temperatures_K"]]
                inverse = [min(ends), max(ends)]
                energy = law["activation_energy_eV"]["value"] / (BOLTZMANN_EV_K * 1000)
                axes.plot(inverse, [exp(law["log_prefactor"] - energy * x) for x in inverse], lw=1, color=colour)
        axes.set(yscale="log", xlabel="1000 K / T", ylabel="D (cm²/s)")

    _draw(path, fill)
