"""Comparison of the bulk with published values: lattice parameters, barriers, prefactors, conductivity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from argyro.platform.structures.crystal.composition import Composition
from argyro.validation import figures
from argyro.validation.laws import Law
from argyro.validation.tables import Data, Section, interval, number, verdict

ROOM_K = 298.0
UNITS_IN_CELL = 4
Z95 = 1.959964


def of_bulk(found: Sequence[Law]) -> list[Law]:
    """Sort the laws of the bulk by composition and disorder."""
    return sorted((law for law in found if law.direction == "bulk"), key=lambda law: (law.composition, law.disorder))


def lattice(data: Data, found: Sequence[Law], results: pd.DataFrame) -> Section:
    """Extrapolate the mean lattice parameters of the runs to room temperature."""
    published = data.published["lattice_parameter_A"]
    rows = []
    for law in of_bulk(found):
        runs = results[(results["material"] == law.material) & (results["direction"] == "bulk")]
        li_in_cell = UNITS_IN_CELL * Composition.parse(law.composition)["Li"]
        sides = np.cbrt(li_in_cell / runs["ions_per_A3"].to_numpy(dtype=float))
        temperatures = runs["temperature_K"].to_numpy(dtype=float)
        if len(set(temperatures)) < 2:
            continue
        slope, intercept = np.polyfit(temperatures, sides, 1)
        room, reference = slope * ROOM_K + intercept, published.get(law.composition)
        excess = f"{100 * (room / reference - 1):+.2f} %" if reference else ""
        rows.append([law.material, f"{room:.3f}", f"{1e6 * slope / room:.0f}", number(reference, 5), excess])
    columns = ("material", "a(298 K), Å", "linear expansion, 1e-6/K", "published, Å", "difference")
    return data.section("lattice", columns, rows, room=ROOM_K, cite=data.cite("lattice_parameter_A"))


def disorder(data: Data, found: Sequence[Law]) -> Section:
    """Compare activation energies and D(300 K) over site disorder."""
    energies, rates = data.published["activation_energy_eV"], data.published["diffusivity_300K_cm2_s"]
    rows = []
    for law in of_bulk(found):
        energy = law.fit.activation_energy_eV if law.fit else None
        at_300 = law.at(300.0)
        known, rate = (table.get(law.composition, {}).get(law.disorder) for table in (energies, rates))
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
    return data.section("disorder", columns, rows, ["bulk.png", "disorder.png"], **cited)


def _temperatures(law: Law) -> str:
    return ", ".join(
        f"{point.temperature_K:g}" if point.estimate else f"[{point.temperature_K:g}]" for point in law.points
    )
