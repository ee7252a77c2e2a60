"""Figures of the validation page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from argyro.platform.common.estimate import Uncertain
    from argyro.validation.laws import Law
    from argyro.validation.measured import Compared

COLOURS = {"Cl": "tab:green", "Br": "tab:orange", "I": "tab:purple"}
SHIFT = {"Li6PS5Br": -1.0, "Li6PS5I": 1.0}  # shift in % of disorder that separates the intervals
MARKERS = {0.0: "o", 0.25: "^", 0.5: "s", 0.75: "D"}


def _axes(width: float = 6.0, height: float = 4.2) -> Axes:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").subplots()


def _save(axes: Axes, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    figure = axes.get_figure(root=True)
    assert figure is not None  # made by _axes
    figure.savefig(file, dpi=110)


def colour(composition: str) -> str:
    """Return the colour of a halide."""
    return next((shade for halide, shade in COLOURS.items() if halide in composition.replace("Li", "")), "black")


def arrhenius(found: Sequence[Law], file: Path) -> None:
    """Draw D over 1000/T with the fitted laws; arrows mark upper bounds."""
    axes = _axes()
    for law in found:
        shade, marker = colour(law.composition), MARKERS.get(law.disorder, "v")
        for point in law.points:
            x = 1000 / point.temperature_K
            if point.estimate:
                low, high = point.estimate.value - point.estimate.low, point.estimate.high - point.estimate.value
                axes.errorbar(x, point.estimate.value, [[low], [high]], fmt=marker, color=shade, markersize=4)
            elif point.upper_bound_cm2_s:
                axes.plot(x, point.upper_bound_cm2_s, marker=r"$\downarrow$", color=shade, markersize=8)
        if law.fit:
            temperatures = np.linspace(min(law.fit.temperatures_K), max(law.fit.temperatures_K), 20)
            values = [law.fit.at(float(T)).value for T in temperatures]
            axes.plot(1000 / temperatures, values, color=shade, linewidth=1, alpha=0.6)
        axes.plot([], [], marker=marker, color=shade, label=law.material)
    axes.set(yscale="log", xlabel="1000 / T (1/K)", ylabel="D of Li in the bulk (cm²/s)")
    axes.figure.legend(fontsize=7, loc="outside right upper")
    _save(axes, file)


def over_disorder(found: Sequence[Law], published: dict, file: Path) -> None:
    """Draw simulated and published Ea over site disorder."""
    axes = _axes()
    for composition in dict.fromkeys(law.composition for law in found):
        fitted = [law for law in found if law.composition == composition and law.fit]
        energies = [law.fit.activation_energy_eV for law in fitted if law.fit]
        x = [100 * law.disorder + SHIFT.get(composition, 0.0) for law in fitted]
        errors = [[e.value - e.low for e in energies], [e.high - e.value for e in energies]]
        axes.errorbar(x, [e.value for e in energies], errors, fmt="o-", color=colour(composition), label=composition)
        if composition in published:
            known = published[composition]
            axes.plot([100 * x for x in known], list(known.values()), "k--x", label=f"{composition}, Ou et al. 2025")
    axes.set(xlabel="halide off 4a (%)", ylabel="activation energy (eV)")
    axes.legend(fontsize=8)
    _save(axes, file)


def boundary_ratios(drawn: Sequence[tuple[Law, Law, Uncertain]], file: Path) -> None:
    """Draw D_GB/D_bulk over D_bulk."""
    axes = _axes()
    for law, bulk, measured in drawn:
        temperature_K = next(p.temperature_K for p in law.points if p.estimate and bulk.measured(p.temperature_K))
        inside = bulk.measured(temperature_K)
        assert inside is not None  # because the ratio exists
        errors = [[measured.value - measured.low], [measured.high - measured.value]]
        marker = "o" if law.direction == "parallel" else "D"
        face = colour(law.composition) if law.disorder else "white"
        axes.errorbar(
            inside.value,
            measured.value,
            errors,
            fmt=marker,
            color=colour(law.composition),
            markerfacecolor=face,
            markersize=5,
            linewidth=0.8,
        )
    for composition in dict.fromkeys(law.composition for law, _, _ in drawn):
        axes.plot([], [], "o", color=colour(composition), label=composition)
    axes.legend(fontsize=7)
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="D of the bulk (cm²/s)", ylabel="D_GB / D_bulk")
    axes.set_title("open: ordered, filled: disordered; circles along, diamonds across", fontsize=9)
    _save(axes, file)


def parity(points: dict[str, tuple[np.ndarray, np.ndarray]], file: Path) -> None:
    """Draw the force components of each source over the DFT forces."""
    axes = _axes(5.0, 5.0)
    for name, (reference, forces) in points.items():
        axes.plot(reference, forces, ".", markersize=2, alpha=0.5, label=name)
    ends = axes.get_xlim()
    axes.plot(ends, ends, "k-", linewidth=0.8)
    axes.set(xlabel="force, PBE (eV/Å)", ylabel="force (eV/Å)")
    axes.legend(markerscale=6)
    _save(axes, file)


def curves(reference: dict, ours: dict, file: Path) -> None:
    """Draw MSD over time and g(r) of two pairs; the ab initio curves are dashed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    panels = Figure(figsize=(10, 3.4), layout="constrained").subplots(1, 3)
    for entry, style in ((reference, "k--"), (ours, "r-")):
        panels[0].plot(entry["times_ps"], entry["msd_A2"], style)
        for panel, pair in zip(panels[1:], ("Li-Li", "Li-S"), strict=True):
            panel.plot(entry["r_A"], entry["g"][pair], style, linewidth=0.9)
            panel.set(xlabel="r (Å)", ylabel=f"g(r), {pair}")
    panels[0].set(xlabel="t (ps)", ylabel="MSD of Li (Å²)", title="ab initio dashed")
    panels[0].figure.savefig(file, dpi=110)


def measured_conductivity(pairs: Sequence[Compared], log_offset: float, file: Path) -> None:
    """Draw predicted over measured conductivities: thick bars given the reference, thin bars with its bias."""
    axes = _axes(6.0, 5.0)
    for series, shade in zip(
        dict.fromkeys(pair.sample.series for pair in pairs), ("tab:blue", "tab:red"), strict=False
    ):
        chosen = [pair for pair in pairs if pair.sample.series == series]
        x = [pair.measured for pair in chosen]
        axes.loglog(x, [pair.predicted.value for pair in chosen], "o", color=shade, markersize=4, label=series)
        for limits, width in (("predicted", 0.7), ("given", 2.2)):
            found = [pair.predicted if limits == "predicted" else pair.predicted.given_reference for pair in chosen]
            bounds = [(one.low, one.high) for one in found if one is not None]
            axes.vlines(x, *zip(*bounds, strict=True), color=shade, linewidth=width, alpha=0.6)
    ends = np.array([min(pair.measured for pair in pairs) / 2, max(pair.measured for pair in pairs) * 2])
    axes.plot(ends, ends, "k-", linewidth=0.8, label="equal")
    axes.plot(ends, ends * np.exp(log_offset), "k--", linewidth=0.8, label=f"{np.exp(log_offset):.0f} times")
    axes.set(xlabel="measured σ at 298 K (mS/cm)", ylabel="predicted σ at 298 K (mS/cm)")
    axes.legend(fontsize=8, loc="lower right")
    _save(axes, file)


TURNS = "o^s"  # markers for the turns through the ten colours


def grain_sizes(sizes_nm: Sequence[float], found: dict[str, list[Uncertain]], known: dict, file: Path) -> None:
    """Draw D_eff over that of the largest grains over grain size; published points are crosses."""
    axes = _axes(7.0, 4.2)
    for number, (material, curve) in enumerate(found.items()):
        style = f"-{TURNS[number // 10 % len(TURNS)]}"
        line = axes.plot(sizes_nm, [ratio.value for ratio in curve], style, markersize=4, linewidth=1, label=material)
        if material in known:
            low, high = [ratio.low for ratio in curve], [ratio.high for ratio in curve]
            axes.fill_between(sizes_nm, low, high, color=line[0].get_color(), alpha=0.2)
    for material, points in known.items():
        axes.plot(list(points), list(points.values()), "kx", label=f"{material}, Ou et al. 2025")
    axes.axhline(1.0, color="black", linewidth=0.6)
    axes.set(xscale="log", xlabel="grain size (nm)", ylabel="D_eff over that of the largest grains")
    axes.figure.legend(fontsize=6, loc="outside right upper")
    _save(axes, file)


def recommendation(ranked: Sequence[tuple[str, Uncertain, float]], file: Path) -> None:
    """Draw the conductivities of the materials, best first, with their probability of being the best."""
    axes = _axes(7.0, 0.24 * len(ranked) + 1.2)
    for place, (_, sigma, probability) in enumerate(ranked):
        axes.plot([sigma.low, sigma.high], [place, place], color="tab:blue", linewidth=1)
        axes.plot(sigma.value, place, "o", color="tab:blue", markersize=2 + 10 * probability**0.5)
    axes.set_yticks(range(len(ranked)), [material for material, _, _ in ranked], fontsize=7)
    axes.invert_yaxis()
    axes.set(xscale="log", xlabel="σ(300 K) of the polycrystal (mS/cm)")
    axes.set_title("area of the points: probability of being the best", fontsize=9)
    _save(axes, file)


def lattice(rows: Sequence[tuple[str, float, float]], file: Path) -> None:
    """Draw simulated over measured lattice constants, with lines of 1 %."""
    axes = _axes(5.0, 4.2)
    for composition, ours_A, measured_A in rows:
        axes.plot(measured_A, ours_A, "o", color=colour(composition), markersize=4)
        axes.annotate(composition, (measured_A, ours_A), fontsize=5, xytext=(3, 0), textcoords="offset points")
    ends = np.array([min(row[2] for row in rows) - 0.02, max(row[2] for row in rows) + 0.02])
    for factor, style in ((1.0, "k-"), (0.99, "k:"), (1.01, "k:")):
        axes.plot(ends, factor * ends, style, linewidth=0.8)
    axes.set(xlabel="measured a (Å)", ylabel="simulated a at 298 K (Å)")
    axes.set_title("dotted: 1 %", fontsize=9)
    _save(axes, file)


def disorders(rows: Sequence[tuple[str, Uncertain, float | None]], file: Path) -> None:
    """Draw predicted disorders with their intervals, and refined ones as crosses."""
    axes = _axes(6.0, 0.3 * len(rows) + 1.2)
    for place, (composition, predicted, refined) in enumerate(rows):
        axes.plot([predicted.low, predicted.high], [place, place], color=colour(composition), linewidth=1.5)
        axes.plot(predicted.value, place, "o", color=colour(composition), markersize=5)
        if refined is not None:
            axes.plot(refined, place, "kx", markersize=7)
    axes.set_yticks(range(len(rows)), [composition for composition, _, _ in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set(xlabel="halide off 4a (%); crosses: refined", xlim=(-3, 103))
    _save(axes, file)
