"""Figures of a campaign: parity of the surrogate, Arrhenius plot, conductivity over grain size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from argyro.campaigns.plots.series import ArrheniusCurve, ConductivityCurve, Law, ParityPoint, TransportPoint
from argyro.campaigns.spec.material import Cell
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import BOLTZMANN_EV_K, NM_IN_A
from argyro.platform.dynamics.boundaries.slab_profile import SlabProfile

FEW_NAMES = 4  # in the panel; more go below it
LINE_LETTERS = 80  # below a picture
FEW_DECADES = 100.0  # from the largest to the smallest value of an axis that labels more than decades
TICKS = {6.3: (1, 2, 5), 2.5: (1, 1.5, 2, 3, 5, 7)}  # ratio of the ends of an axis -> multiples of each decade
COLOURS = 10  # distinguishable colours
MARKERS = {"bulk": "o", "parallel": "s", "perpendicular": "^", "cell_parallel": "s", "cell_perpendicular": "^"}
WORDS = {"bulk": "bulk", "parallel": "boundary ∥", "perpendicular": "boundary ⊥"}


@dataclass(frozen=True)
class Curve:
    """Curve with intervals; curves of one group have one colour.

    Args:
        label: label of the curve.
        x: positions.
        values: values with intervals.
        group: name in the legend.
    """

    label: str
    x: Sequence[float]
    values: Sequence[Uncertain]
    group: str


def _draw(path: Path, fill: Callable[[Axes], None], size: tuple[float, float] = (5.6, 3.8)) -> None:
    """Draw and save one panel; the ending of the path sets the format."""
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    fill(axes)
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            _few_ticks(axis)
    names = axes.get_legend_handles_labels()[1]
    if len(names) > FEW_NAMES:
        columns = max(1, LINE_LETTERS // (max(map(len, names)) + 6))
        figure.legend(frameon=False, fontsize="small", loc="outside lower center", ncols=columns)
    elif names:
        axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=140)


def _few_ticks(axis: Axis) -> None:
    """Label few multiples of each decade on a short logarithmic axis, and round values on a shorter one.

    Matplotlib labels every minor tick below one decade, and the labels overlap.
    """
    low, high = axis.get_view_interval()
    if high > FEW_DECADES * low:
        return
    subs = next((subs for ratio, subs in TICKS.items() if high > ratio * low), None)
    axis.set_major_locator(LogLocator(subs=subs) if subs else MaxNLocator(4))
    axis.set_major_formatter(FuncFormatter(_tick))
    axis.set_minor_formatter(NullFormatter())


def _tick(value: float, place: object = None) -> str:
    """Write 0.5, 20 or 2×10⁻⁶."""
    if 1e-2 <= value < 1e4 or value <= 0:
        return f"{value:g}"
    digits, power = f"{value:.3e}".split("e")
    factor = f"{float(digits):g}"
    return rf"$10^{{{int(power)}}}$" if factor == "1" else rf"${factor}\times10^{{{int(power)}}}$"


def parity(points: Sequence[ParityPoint], path: Path) -> None:
    """Plot the surrogate over molecular dynamics, with 95 % intervals; open arrows are upper bounds."""

    def fill(axes: Axes) -> None:
        for target, marker in MARKERS.items():
            chosen = [point for point in points if point.target == target and point.measured_interval_cm2_s]
            if chosen:
                axes.errorbar(
                    [point.measured_cm2_s for point in chosen],
                    [point.predicted_cm2_s.value for point in chosen],
                    xerr=_bars([point.measured_interval_cm2_s for point in chosen if point.measured_interval_cm2_s]),
                    yerr=_bars([point.predicted_cm2_s for point in chosen]),
                    fmt=marker,
                    ms=4,
                    lw=0.8,
                    label=WORDS[target],
                )
        bounds = [point for point in points if point.censored]
        if bounds:
            x, y = [point.measured_cm2_s for point in bounds], [point.predicted_cm2_s.value for point in bounds]
            axes.plot(x, y, "<", mfc="none", color="0.4", label="upper bound from MD")
        axes.set(xscale="log", yscale="log", xlabel="D from MD (cm²/s)", ylabel="D from the surrogate (cm²/s)")
        low, high = min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([low, high], [low, high], color="0.7", lw=0.8, zorder=0)

    _draw(path, fill)


def _bars(intervals: Sequence[Uncertain]) -> list[list[float]]:
    """Compute lengths of error bars below and above the value."""
    return [[i.value - i.low for i in intervals], [i.high - i.value for i in intervals]]


def arrhenius_plot(
    points: Sequence[ParityPoint], curves: Sequence[ArrheniusCurve], path: Path, groups: Mapping[str, str] | None = None
) -> None:
    """Plot ln D over 1000/T.

    Args:
        points: diffusivities with MD intervals.
        curves: curves of the surrogate, drawn as bands.
        path: picture to write.
        groups: label of a curve -> group with one colour; by default each curve is a group.
    """

    def fill(axes: Axes) -> None:
        named = groups or {}
        drawn = [
            Curve(c.label, [1000 / T for T in c.temperatures_K], c.diffusivity, named.get(c.label, c.label))
            for c in curves
        ]
        colours = _bands(axes, drawn, "-")
        for point in points:
            colour = colours.get(curve_label(point.cell, point.target), "0.4")
            x, y = 1000 / point.temperature_K, point.measured_cm2_s
            if point.measured_interval_cm2_s is None:
                axes.plot(x, y, "v", mfc="none", color=colour, ms=6)
            else:
                bars = _bars([point.measured_interval_cm2_s])
                axes.errorbar(x, y, yerr=bars, fmt=MARKERS[point.target], ms=4, color=colour)
        axes.set(yscale="log", xlabel="1000 K / T", ylabel="D (cm²/s)")

    _draw(path, fill, (6.4, 4.6))


def _bands(axes: Axes, curves: Sequence[Curve], style: str) -> dict[str, str]:
    """Draw curves with intervals, one colour per group, and return the colours by label."""
    groups = list(dict.fromkeys(curve.group for curve in curves))
    colours, drawn = {}, set()
    for curve in curves:
        place = groups.index(curve.group)
        colours[curve.label] = colour = f"C{place}" if place < COLOURS else "0.8"
        name = curve.group if place < COLOURS else "others"
        values, low, high = ([getattr(number, limit) for number in curve.values] for limit in ("value", "low", "high"))
        axes.plot(curve.x, values, style, ms=3, lw=1, color=colour, label=None if name in drawn else name)
        axes.fill_between(curve.x, low, high, alpha=0.15, color=colour, lw=0)
        drawn.add(name)
    return colours


def curve_label(cell: Cell, target: str) -> str:
    """Make the legend text of a diffusivity."""
    material = cell.material.label
    return f"{material} bulk" if target == "bulk" else f"{material} {cell.boundary} {WORDS[target][-1]}"


def grain_size_plot(
    curves: Sequence[ConductivityCurve], path: Path, temperature_K: float, groups: Mapping[str, str] | None = None
) -> None:
    """Plot the effective conductivity over grain size.

    Args:
        curves: conductivity in mS/cm.
        path: picture to write.
        temperature_K: temperature of the curves.
        groups: label of a curve -> group with one colour; by default each curve is a group.
    """

    def fill(axes: Axes) -> None:
        named = groups or {}
        _bands(
            axes, [Curve(c.label, c.grain_sizes_nm, c.conductivity, named.get(c.label, c.label)) for c in curves], "o-"
        )
        axes.set(xscale="log", yscale="log", xlabel="grain size (nm)", ylabel=f"σ at {temperature_K:g} K (mS/cm)")

    _draw(path, fill)


def conductivity_plot(temperatures_K: Sequence[float], sigma: Mapping[str, Sequence[Uncertain]], path: Path) -> None:
    """Plot the conductivity over 1000/T.

    Args:
        temperatures_K: (t,).
        sigma: label of a curve, such as its grain size -> t conductivities in mS/cm.
        path: picture to write.
    """

    def fill(axes: Axes) -> None:
        _bands(axes, [Curve(name, [1000 / T for T in temperatures_K], sigma[name], name) for name in sigma], "o-")
        axes.set(yscale="log", xlabel="1000 K / T", ylabel="σ (mS/cm)")

    _draw(path, fill)


def boundary_profile(profile: SlabProfile, width_nm: float, path: Path) -> None:
    """Plot local diffusivity and density of Li over the distance to a boundary.

    Args:
        profile: profile across the boundary.
        width_nm: reference width of the boundary's diffusivity, shaded.
        path: picture to write.
    """

    def fill(axes: Axes) -> None:
        distance_nm = profile.distance_A / NM_IN_A
        for values, halves, target, words in (
            (profile.parallel_cm2_s, profile.parallel_half_cm2_s, "parallel", "D ∥"),
            (profile.perpendicular_cm2_s, profile.perpendicular_half_cm2_s, "perpendicular", "mobility ⊥"),
        ):
            axes.errorbar(distance_nm, values, yerr=halves, fmt=MARKERS[target] + "-", ms=4, lw=1, label=words)
        axes.axvspan(0, width_nm / 2, color="0.5", alpha=0.12, lw=0, label="assumed width")
        axes.set(xlabel="distance to the boundary (nm)", ylabel="local D (cm²/s)", xlim=(0, None), ylim=(0, None))
        density = axes.twinx()
        density.plot(distance_nm, profile.density_A3, ":", color="0.4", lw=1)
        density.set(ylim=(0, None), ylabel="Li per Å³ (dotted)")

    _draw(path, fill)


def transport_plot(points: Sequence[TransportPoint], laws: Mapping[str, Law | None], path: Path) -> None:
    """Plot the diffusivities of one cell with their Arrhenius lines; open triangles are upper bounds.

    Args:
        points: diffusivities of the whole cell or of the boundary.
        laws: target -> law, or None.
        path: picture to write.
    """

    def fill(axes: Axes) -> None:
        for place, (target, law) in enumerate(laws.items()):
            chosen = [(1000 / point.temperature_K, point.combined) for point in points if point.target == target]
            values = [(x, one.estimate) for x, one in chosen if one.estimate]
            bounds = [(x, one.upper_bound_cm2_s) for x, one in chosen if one.upper_bound_cm2_s]
            colour, marker = f"C{place}", MARKERS[target]
            found = [value for _, value in values]
            x, y, words = [x for x, _ in values], [value.value for value in found], target.replace("_", " ")
            axes.errorbar(x, y, yerr=_bars(found), fmt=marker, ms=4, color=colour, label=words)
            axes.plot([x for x, _ in bounds], [bound for _, bound in bounds], "v", mfc="none", color=colour, ms=6)
            if law:
                ends = [1000 / temperature for temperature in law.temperatures_K]
                inverse = [min(ends), max(ends)]
                energy = law.activation_energy_eV.value / (BOLTZMANN_EV_K * 1000)
                axes.plot(inverse, [exp(law.log_prefactor - energy * x) for x in inverse], lw=1, color=colour)
        axes.set(yscale="log", xlabel="1000 K / T", ylabel="D (cm²/s)")

    _draw(path, fill)
