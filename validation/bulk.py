"""Comparison of the bulk with published values: lattice parameters, barriers, prefactors, conductivity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from argyro.platform.structures.crystal.composition import Composition
from argyro.surrogates.data.published import published_for
from argyro.validation import figures
from argyro.validation.laws import Law
from argyro.validation.tables import WITHIN, Data, Section, interval, number, verdict

ROOM_K = 298.0
UNITS_IN_CELL = 4
USUAL_DISORDER = 0.25
OVER_DISORDER = "Li6PS5Cl"  # whose diffusivity over disorder is published
Z95 = 1.959964


def of_bulk(found: Sequence[Law]) -> list[Law]:
    """Sort the laws of the bulk by composition and disorder."""
    return sorted((law for law in found if law.direction == "bulk"), key=lambda law: (law.composition, law.disorder))


def lattice(data: Data, found: Sequence[Law], results: pd.DataFrame) -> Section:
    """Extrapolate the mean lattice parameters of the runs to room temperature."""
    rows, drawn = [], []
    for law in of_bulk(found):
        runs = results[(results["material"] == law.material) & (results["direction"] == "bulk")]
        li_in_cell = UNITS_IN_CELL * Composition.parse(law.composition)["Li"]
        sides = np.cbrt(li_in_cell / runs["ions_per_A3"].to_numpy(dtype=float))
        temperatures = runs["temperature_K"].to_numpy(dtype=float)
        if len(set(temperatures)) < 2:
            continue
        slope, intercept = np.polyfit(temperatures, sides, 1)
        room, (reference, source) = slope * ROOM_K + intercept, measured_lattice(law.composition)
        excess = f"{100 * (room / reference - 1):+.2f} %" if reference else ""
        if reference:
            drawn.append((law, room, reference))
        rows.append([law.material, f"{room:.3f}", f"{1e6 * slope / room:.0f}", number(reference, 5), source, excess])
    columns = ("material", "a(298 K), Å", "linear expansion, 1e-6/K", "measured, Å", "source", "difference")
    drawn = _as_made(drawn)
    errors = [100 * (room / reference - 1) for _, room, reference in drawn]
    if drawn:
        labelled = [(law.composition, room, reference) for law, room, reference in drawn]
        figures.lattice(labelled, data.pictures / "lattice.png")
    return data.section(
        "lattice",
        columns,
        rows,
        ["lattice.png"] if drawn else [],
        room=ROOM_K,
        low=f"{min(errors, default=0.0):+.1f}",
        high=f"{max(errors, default=0.0):+.1f}",
        within=sum(abs(error) <= 1 for error in errors),
        compared=len(errors),
    )


def _as_made(rows: Sequence[tuple[Law, float, float]]) -> list[tuple[Law, float, float]]:
    """Keep of each composition the disorder nearest to the refined one; without a refined one, that of most samples."""
    kept: dict[str, tuple[Law, float, float]] = {}
    for row in rows:
        composition = row[0].composition
        refined = [known.disorder for known in published_for(composition) if known.disorder is not None]
        aim = refined[0] if refined else USUAL_DISORDER
        nearest = kept.get(composition, row)
        kept[composition] = min(nearest, row, key=lambda one: abs(one[0].disorder - aim))
    return list(kept.values())


def measured_lattice(composition: str) -> tuple[float | None, str]:
    """Return the measured lattice constant and where it comes from; neutron diffraction before collections."""
    rows = [row for row in published_for(composition) if row.lattice_constant_A]
    rows.sort(key=lambda row: "neutron" not in row.source)
    return (rows[0].lattice_constant_A, rows[0].doi) if rows else (None, "")


def disorder(data: Data, found: Sequence[Law]) -> Section:
    """Compare activation energies and D(300 K) over site disorder."""
    energies, rates = data.published["activation_energy_eV"], data.published["diffusivity_300K_cm2_s"]
    rows, judged, cold = [], [], {}
    for law in of_bulk(found):
        energy = law.fit.activation_energy_eV if law.fit else None
        at_300 = law.at(300.0)
        known, rate = (table.get(law.composition, {}).get(law.disorder) for table in (energies, rates))
        judged.append((verdict(energy, known), verdict(at_300, rate)))
        if law.composition == OVER_DISORDER and at_300:
            cold[law.disorder] = at_300.value
        rows.append(
            [
                law.material,
                _temperatures(law),
                interval(energy),
                number(known),
                verdict(energy, known),
                interval(at_300, 2),
                number(rate),
                verdict(at_300, rate),
            ]
        )
    columns = ("material", "T, K", "Ea, eV", "published", "", "D(300 K), cm²/s", "published", "")
    figures.arrhenius(of_bulk(found), data.pictures / "bulk.png")
    figures.over_disorder(of_bulk(found), energies, data.pictures / "disorder.png")
    cited = {"cite_energy": data.cite("activation_energy_eV"), "cite_rate": data.cite("diffusivity_300K_cm2_s")}
    counts = {
        "energies": sum(bool(one) for one, _ in judged),
        "energies_inside": sum(one == WITHIN for one, _ in judged),
        "rates": sum(bool(one) for _, one in judged),
        "rates_inside": sum(one == WITHIN for _, one in judged),
        "fastest": f"{100 * max(cold, key=lambda share: cold[share]):.0f}" if cold else "none",
    }
    return data.section("disorder", columns, rows, ["bulk.png", "disorder.png"], **cited, **counts)


def _temperatures(law: Law) -> str:
    return ", ".join(
        f"{point.temperature_K:g}" if point.estimate else f"[{point.temperature_K:g}]" for point in law.points
    )
