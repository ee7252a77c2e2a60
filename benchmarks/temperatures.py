"""D(T) of a campaign beside published values: `python benchmarks/temperatures.py runs/NAME [runs/OTHER ...]`.

Prints what is complete in the folders: diffusivities of all runs together with 95 % intervals, how many runs support a
value, the lags fitted, and the activation energies. The published values are those of PBE-trained moment tensor
potentials (Ou et al., arXiv:2510.18630): activation energies of the bulk, the prefactor by their Meyer-Neldel relation,
and the ratio of boundary to bulk at a width of 2.5 nm.
"""

import argparse
from collections.abc import Iterator
from math import exp
from pathlib import Path

from argyro.campaigns.pipeline.grow_graph import grown_graph
from argyro.campaigns.reporting import diffusion_tables
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.platform.common.units import BOLTZMANN_EV_K

CHLORIDE_EV = {0.0: 0.384, 0.25: 0.199, 0.5: 0.216, 0.75: 0.216, 1.0: 0.341}  # by disorder
RADII_A = {"Cl": 1.81, "Br": 1.96, "I": 2.20}
ORDERED_EV_PER_A = 0.799  # rise of the ordered bulk's energy with the radius of the halide
BOUNDARY_OVER_BULK = {("Cl", 0.0): 8.8, ("Br", 0.0): 64.0, ("I", 0.0): 59.0, ("Cl", 0.25): 0.19, ("Cl", 0.5): 0.44}
PUBLISHED_WIDTH_NM = 2.5


def published_energy_eV(composition: str, disorder: float) -> float | None:
    """Activation energy of the bulk, None for compositions and disorders that were not published."""
    halide = composition.removeprefix("Li6PS5")
    if halide == "Cl":
        return CHLORIDE_EV.get(disorder)
    if halide in RADII_A and disorder == 0.0:
        return CHLORIDE_EV[0.0] + ORDERED_EV_PER_A * (RADII_A[halide] - RADII_A["Cl"])
    return None


def published_cm2_s(energy_eV: float, temperature_K: float) -> float:
    """D = D0 exp(-Ea / k_B T) with ln(D0 / 1e-7 cm²/s) = 8.46 Ea + 7.12."""
    return 1e-7 * exp(8.46 * energy_eV + 7.12 - energy_eV / (BOLTZMANN_EV_K * temperature_K))


def complete(root: Path) -> tuple:
    """Graph, and results of what is in the store; runs that are not there yet count as failed."""
    folder = CampaignFolder(root)
    campaign = folder.campaign()
    store = folder.store(campaign)
    graph = grown_graph(campaign, store, (), folder.costs())
    every = graph.items()
    absent = frozenset(
        name for name, item in every.items() if name.startswith(("md/", "learn/")) and not store.has(item)
    )
    items = graph.items(absent)
    return graph, {name: store.result(item) for name, item in items.items() if store.has(item)}


def rows(root: Path) -> Iterator[tuple[str, ...]]:
    """Cells of the table."""
    graph, results = complete(root)
    runs = diffusion_tables.run_rows(graph, results)
    for point in diffusion_tables.diffusivity_rows(graph, results):
        same = ("material", "boundary", "temperature_K")
        alike = [run for run in runs if all(run[name] == point[name] for name in same)]
        windows = sorted({tuple(round(lag) for lag in run["window_ps"]) for run in alike})
        yield (
            point["material"],
            point["boundary"],
            point["direction"],
            f"{point['temperature_K']:g}",
            _value(point),
            f"{point['valid_runs']} of {point['runs']}",
            ", ".join(f"{low}-{high}" for low, high in windows),
            _published(point),
        )


def laws(root: Path) -> Iterator[tuple[str, ...]]:
    """Cells of the table of activation energies."""
    graph, results = complete(root)
    for law in diffusion_tables.law_rows(graph, results):
        energy = published_energy_eV(law["composition"], law["disorder"]) if law["direction"] == "bulk" else None
        yield (
            law["material"],
            law["boundary"],
            law["direction"],
            _interval(law["activation_energy_eV"]),
            "" if energy is None else f"{energy:.3f}",
            _interval(law["screening"]),
            "" if energy is None else f"{published_cm2_s(energy, law['screening']['temperature_K']):.2g}",
        )


def _value(point: dict) -> str:
    if point["valid"]:
        return _interval(point["diffusivity_cm2_s"])
    return f"< {point['upper_bound_cm2_s']:.2g}" if point["upper_bound_cm2_s"] else ""


def _interval(number: dict) -> str:
    return f"{number['value']:.3g} ({number['low']:.2g} to {number['high']:.2g})"


def _published(point: dict) -> str:
    energy = published_energy_eV(point["composition"], point["disorder"])
    if energy is None or point["direction"].startswith("whole cell"):
        return ""
    bulk = published_cm2_s(energy, point["temperature_K"])
    if point["direction"] == "bulk":
        return f"{bulk:.2g}"
    halide = point["composition"].removeprefix("Li6PS5")
    ratio = BOUNDARY_OVER_BULK.get((halide, point["disorder"]))
    return "" if ratio is None else f"{ratio * bulk:.2g} at {PUBLISHED_WIDTH_NM} nm"


def table(head: str, lines: list[tuple[str, ...]]) -> str:
    """The lines as Markdown."""
    columns = head.split("|")
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (columns, ["---"] * len(columns), *lines)) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="folders of campaigns")
    folders = parser.parse_args().folders
    head = "material|boundary|direction|T (K)|D (cm²/s), 95 %|runs with a value|lags fitted (ps)|published (cm²/s)"
    print(table(head, [line for folder in folders for line in rows(folder)]))
    head = "material|boundary|direction|Ea (eV), 95 %|published|D when screened (cm²/s), 95 %|published (cm²/s)"
    print(table(head, [line for folder in folders for line in laws(folder)]))


if __name__ == "__main__":
    main()
