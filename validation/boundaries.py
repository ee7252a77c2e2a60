"""Comparisons of grain boundaries and of the polycrystal they make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from argyro.platform.common.estimate import Uncertain
from argyro.validation import figures
from argyro.validation.laws import Law, ratio
from argyro.validation.tables import Data, Section, interval, number

ROOM_K = 300.0


def at_width(found: Uncertain, width_nm: float, other_nm: float) -> Uncertain:
    """D_GB / D_bulk along a boundary at another width: (D_GB / D_bulk - 1) w is what the cell fixes."""
    moved = (1 + (limit - 1) * width_nm / other_nm for limit in (found.value, found.low, found.high))
    return Uncertain(*moved)


def across_at_width(found: Uncertain, width_nm: float, other_nm: float) -> Uncertain | None:
    """The same across it: (D_bulk / D_GB - 1) w is fixed; None where no positive value is left."""
    moved = [1 + (1 / limit - 1) * width_nm / other_nm for limit in (found.value, found.low, found.high)]
    return Uncertain(*(1 / entry for entry in moved)) if min(moved) > 0 else None


def over_bulk(data: Data, found: Sequence[Law]) -> Section:
    """D_GB / D_bulk of every boundary, where it was measured and extrapolated to 300 K."""
    published = data.published["boundary_over_bulk"]
    bulk = {law.material: law for law in found if law.direction == "bulk"}
    rows, drawn = [], []
    for law in sorted(found, key=lambda law: (law.composition, law.disorder, law.boundary, law.direction)):
        if law.direction == "bulk" or law.material not in bulk:
            continue
        shared = _shared(law, bulk[law.material])
        if not shared:
            continue
        temperature_K, measured = shared
        moved = _published_width(law, measured, published["width_nm"])
        cold = ratio(law.at(ROOM_K), bulk[law.material].at(ROOM_K))
        known = published.get(law.composition, {}).get(law.disorder)
        rows.append(
            [
                law.material,
                f"{law.boundary} {'∥' if law.direction == 'parallel' else '⊥'}",
                f"{temperature_K:g}",
                interval(measured, 2),
                interval(moved, 2),
                interval(cold, 2),
                number(known),
                _sign(measured, known),
            ]
        )
        drawn.append((law, bulk[law.material], measured))
    if drawn:
        figures.boundary_ratios(drawn, data.pictures / "boundaries.png")
    widths = sorted({law.width_nm for law in found if law.width_nm})
    columns = ("material", "boundary", "T, K", "D_GB/D_bulk", "at 2.5 nm", "300 K", "published", "")
    return data.section(
        "boundaries",
        columns,
        rows,
        ["boundaries.png"] if drawn else [],
        widths=", ".join(f"{width:g}" for width in widths),
        width=published["width_nm"],
        cite=data.cite("boundary_over_bulk"),
    )


def _published_width(law: Law, measured: Uncertain, other_nm: float) -> Uncertain | None:
    if law.width_nm is None:
        return None
    convert = at_width if law.direction == "parallel" else across_at_width
    return convert(measured, law.width_nm, other_nm)


def _shared(law: Law, bulk: Law) -> tuple[float, Uncertain] | None:
    """The lowest temperature at which both have a value, with the ratio there."""
    for point in law.points:
        found = ratio(point.estimate, bulk.measured(point.temperature_K))
        if found:
            return point.temperature_K, found
    return None


def _sign(measured: Uncertain, known: float | None) -> str:
    """Whether ours lies on the published side of one."""
    if known is None:
        return ""
    if measured.low <= 1 <= measured.high:
        return "undecided"
    return "same side of 1" if (measured.value > 1) == (known > 1) else "other side of 1"


def signs(data: Data, found: Sequence[Law]) -> Section:
    """Ordered and disordered crystals taken together: are boundaries fast where the bulk is slow?"""
    from scipy.stats import t

    bulk = {law.material: law for law in found if law.direction == "bulk"}
    rows = []
    for name, wanted, choose in (
        ("ordered", "above 1", lambda law: law.disorder == 0),
        ("disordered", "below 1", lambda law: law.disorder > 0),
    ):
        for composition in dict.fromkeys(law.composition for law in found):
            chosen = [
                law for law in found if law.direction != "bulk" and law.composition == composition and choose(law)
            ]
            logs = [
                np.log(shared[1].value)
                for law in chosen
                if law.material in bulk and (shared := _shared(law, bulk[law.material]))
            ]
            if len(logs) < 2:
                continue
            mean = float(np.mean(logs))
            half = float(t.ppf(0.975, len(logs) - 1) * np.std(logs, ddof=1) / np.sqrt(len(logs)))
            found_mean = Uncertain(*(float(np.exp(mean + shift)) for shift in (0.0, -half, half)))
            side = "undecided" if found_mean.low <= 1 <= found_mean.high else "above 1" if mean > 0 else "below 1"
            rows.append([f"{composition}, {name}", str(len(logs)), interval(found_mean, 2), wanted, side])
    columns = ("", "ratios", "mean", "published", "ours")
    return data.section("signs", columns, rows, cite=data.cite("boundary_over_bulk"))


def energies(data: Data, structures: pd.DataFrame) -> Section:
    """Boundary energies of the cells relaxed with the potential."""
    limit = data.published["boundary_energy_J_m2"]["largest"]
    cells = structures[structures["boundary"] != "bulk"]
    rows = []
    for boundary, alike in cells.groupby("boundary"):
        values = alike["boundary_energy_J_m2"].dropna()
        if len(values):
            rows.append(
                [
                    str(boundary),
                    str(len(values)),
                    f"{values.median():.2f}",
                    f"{values.min():.2f} to {values.max():.2f}",
                    f"{(values <= limit).mean():.0%}",
                ]
            )
    columns = ("boundary", "cells", "median, J/m²", "range", f"at most {limit:g}")
    return data.section("energies", columns, rows, limit=limit, cite=data.cite("boundary_energy_J_m2"))


def grain_size(data: Data, effective: pd.DataFrame) -> Section:
    """D_eff over grain size at 300 K, relative to the largest grains."""
    published = data.published["grain_size"]
    cold = effective[(effective["temperature_K"] == ROOM_K)]
    mine = cold[cold["material"] == published["material"]]
    rows = []
    sizes = np.array(list(published["ratio"]), dtype=float)
    known = np.array(list(published["ratio"].values()))
    for boundary, curve in mine.groupby("boundary"):
        curve = curve.sort_values("grain_size_nm")
        largest = curve["effective_cm2_s_value"].iloc[-1]
        for _, row in curve.iterrows():
            size = float(row["grain_size_nm"])
            there = float(np.interp(np.log(size), np.log(sizes), known)) if size >= sizes[0] else None
            ours = row["effective_cm2_s_value"] / largest
            rows.append([str(boundary), f"{size:g}", number(ours), number(there)])
    if len(cold):
        figures.grain_sizes(cold, published, data.pictures / "grain-size.png")
    columns = ("boundary", "d, nm", "D_eff/D(largest)", "published D_eff/D_bulk")
    pictures = ["grain-size.png"] if len(cold) else []
    cited = {"material": published["material"], "cite": data.cite("grain_size")}
    return data.section("grain_size", columns, rows, pictures, **cited)


def iodide(data: Data, regimes: pd.DataFrame) -> Section:
    """Ordered Li6PS5I as a polycrystal: does its Arrhenius line bend?"""
    published = data.published["iodide"]
    rows = []
    mine = regimes[(regimes["composition"] == "Li6PS5I") & (regimes["disorder"] == 0)] if len(regimes) else regimes
    for _, row in mine.sort_values(["boundary", "grain_size_nm"]).iterrows() if len(mine) else ():
        cold, hot = (
            Uncertain(*(row[f"{side}_eV_{limit}"] for limit in ("value", "low", "high"))) for side in ("cold", "hot")
        )
        takeover = row.get("takeover_K_value")
        rows.append(
            [
                row["boundary"],
                f"{row['grain_size_nm']:g}",
                interval(cold, 2),
                interval(hot, 2),
                "yes" if row["non_arrhenius"] else "no",
                f"{takeover:.0f}"
                if takeover and np.isfinite(takeover)
                else f"in {row['takeover_share']:.0%} of samples",
            ]
        )
    columns = ("boundary", "d, nm", "Ea cold, eV", "Ea hot, eV", "bends", "take-over, K")
    return data.section("iodide", columns, rows, takeover=published["takeover_K"], cite=data.cite("iodide"))


def ranking(data: Data, table: pd.DataFrame, best: int = 10) -> Section:
    """What the platform recommends, and how sure it is."""
    rows = [
        [
            row["material"],
            row["boundary"],
            f"{row['grain_size_nm']:g}",
            interval(Uncertain(*(row[f"conductivity_mS_cm_{limit}"] for limit in ("value", "low", "high"))), 2),
            f"{row['probability_best']:.2f}",
        ]
        for _, row in table.head(best).iterrows()
    ]
    by_material = table.groupby("material")["probability_best"].sum().sort_values(ascending=False)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in by_material.items() if share >= 0.01)
    temperature_K = table["temperature_K"].iloc[0] if len(table) else ROOM_K
    columns = ("material", "boundary", "d, nm", "σ, mS/cm", "P(best)")
    told = {"temperature": temperature_K, "best": best, "all": len(table), "shares": shares or "no data"}
    return data.section("ranking", columns, rows, **told)
