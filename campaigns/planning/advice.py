"""Warnings for settings that are legal but unwise."""

from __future__ import annotations

from itertools import product

from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.atom_counts import UNITS_PER_CELL
from argyro.platform.common.units import ZERO_CELSIUS_K

LONG_ENOUGH_PS = 200.0
COLDEST_MD_K = 250.0
SOFT = 0.9  # slope of forces on Li against DFT
LARGEST_REPEAT = 4
DISORDER_DIGITS = 3


def advice(campaign: Campaign) -> list[str]:
    """List one sentence for each unwise setting."""
    return [
        *_short_runs(campaign),
        *_one_realisation(campaign),
        *_soft_reference(campaign),
        *_celsius(campaign),
        *_roundings(campaign),
    ]


def _short_runs(campaign: Campaign) -> list[str]:
    """Warn of short runs.

    Source: Kim et al. (2024), D of 100 ps runs is twice that of 10 ns runs.
    """
    production_ps = campaign.md.production_ps
    if production_ps >= LONG_ENOUGH_PS:
        return []
    return [
        f"md.production_ps is {production_ps:g}: short runs overestimate D, those of 100 ps about twofold; "
        f"use {LONG_ENOUGH_PS:g} or more"
    ]


def _one_realisation(campaign: Campaign) -> list[str]:
    if campaign.md.realisations > 1:
        return []
    return [
        "md.realisations is 1: the interval of D lacks the spread between arrangements of the anions; use 3 or more"
    ]


def _soft_reference(campaign: Campaign) -> list[str]:
    from argyro.platform.labels.bias_table import find_bias

    labels = campaign.labels
    rows = find_bias(labels.source, "Li", str(labels.kwargs.get("model", "")))  # the default model is the first
    if labels.teacher is not None or not rows or rows[0].slope >= SOFT:
        return []
    return [
        f"labels.source {labels.source} is soft: its forces on Li are {rows[0].slope:.2f} times those of "
        f"{rows[0].functional}, so barriers are too low and D is too large; compare with a DFT reference"
    ]


def _celsius(campaign: Campaign) -> list[str]:
    cold = sorted(T for T in (*campaign.temperatures_K, campaign.screening_temperature_K) if T < COLDEST_MD_K)
    if not cold:
        return []
    listed = ", ".join(f"{T:g}" for T in cold)
    kelvin = cold[0] + ZERO_CELSIUS_K
    return [f"temperatures of {listed} K look like °C; temperatures are in K, {cold[0]:g} °C is {kelvin:g} K"]


def _roundings(campaign: Campaign) -> list[str]:
    supercell, asked = campaign.structures.supercell, {m.label for m in campaign.materials if not m.is_predicted}
    return [line for m in campaign.screened if (line := _rounded(m, supercell, m.label in asked))]


def _rounded(material: Material, supercell: tuple[int, int, int], asked: bool) -> str:
    """Warn of a composition, or a disorder that was asked for, that the bulk cell rounds; name an exact cell."""
    wanted, parts = (material.composition, round(material.share, DISORDER_DIGITS)), 2 if asked else 1
    held = realised(material, supercell)
    if held[:parts] == wanted[:parts]:
        return ""
    exact = next((cell for cell in _larger(supercell) if realised(material, cell)[:parts] == wanted[:parts]), None)
    repair = "no cell up to 4 × 4 × 4 is exact" if exact is None else f"structures.supercell {list(exact)} is exact"
    return (
        f"{material.label} becomes {held[0]} {100 * held[1]:g} % in a bulk cell of {' × '.join(map(str, supercell))}; "
        f"{repair}"
    )


def realised(material: Material, supercell: tuple[int, int, int]) -> tuple[str, float]:
    """Compute the composition and disorder of the integer numbers of atoms in a bulk cell."""
    from argyro.platform.structures.crystal.composition import Composition
    from argyro.platform.structures.crystal.site_occupancy import nearest_counts

    repeats = supercell[0] * supercell[1] * supercell[2]
    counts = nearest_counts(Composition.parse(material.composition), UNITS_PER_CELL * repeats)
    largest = counts.largest_swap
    disorder = round(material.share * largest) / largest if largest else material.share
    return counts.composition.formula, round(disorder, DISORDER_DIGITS)


def _larger(supercell: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """List larger cells by volume, the most cubic first."""
    repeats = range(1, LARGEST_REPEAT + 1)
    cells = [
        cell
        for cell in product(repeats, repeats, repeats)
        if all(new >= old for new, old in zip(cell, supercell, strict=True))
    ]
    return sorted(cells, key=lambda cell: (cell[0] * cell[1] * cell[2], max(cell) - min(cell)))
