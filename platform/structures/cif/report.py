"""Description of an ordered cell and its CIF, with the keys of `argyro structure --json`."""

from __future__ import annotations

import numpy as np

from argyro.platform.structures.cif.argyrodite import realised_disorder, refined_argyrodite
from argyro.platform.structures.cif.order_cif import OrderedCrystal
from argyro.platform.structures.cif.partial_crystal import FULL
from argyro.platform.structures.crystal.composition import CENTRES
from argyro.platform.structures.crystal.neighbours import close_distances

SHORTEST_A = 0.7  # shorter than any bond


def describe_ordered(ordered: OrderedCrystal) -> dict[str, object]:
    """Describe the ordered cell and its differences from the CIF.

    Returns:
        `atoms`, `formula`, `boundaries` (0), `charge`, `checks`, `supercell`, `occupancies` (site, element, refined and
        realised share of each partly filled site), `amounts` (refined and realised number per conventional cell),
        `oxidation_states`, `notes`, and for an argyrodite `composition`, `disorder`, `refined_disorder`,
        `lithium_per_formula_unit`; null for other crystals.
    """
    atoms, cells = ordered.atoms, ordered.counts.cells
    charge = sum(ordered.states[symbol] for symbol in atoms.get_chemical_symbols())
    argyrodite = refined_argyrodite(ordered.crystal)
    amounts = {
        element: {"refined": round(number, 6), "realised": atoms.get_chemical_symbols().count(element) / cells}
        for element, number in ordered.crystal.amounts.items()
    }
    return {
        "atoms": len(atoms),
        "formula": atoms.get_chemical_formula(),
        "boundaries": 0,
        "charge": round(charge, 9) + 0.0,
        "checks": {
            "charge": abs(charge) < 1e-6,
            "distances": _distances(ordered),
            "split_sites": ordered.split_pairs == 0,
        },
        "supercell": list(ordered.supercell),
        "occupancies": _occupancies(ordered),
        "amounts": amounts,
        "oxidation_states": ordered.states,
        "notes": list(ordered.notes),
        "composition": argyrodite and argyrodite.composition,
        "disorder": argyrodite and realised_disorder(atoms),
        "refined_disorder": argyrodite and argyrodite.disorder,
        "lithium_per_formula_unit": argyrodite and _lithium(ordered, argyrodite.lithium),
    }


def _lithium(ordered: OrderedCrystal, refined: float) -> dict[str, float]:
    symbols = ordered.atoms.get_chemical_symbols()
    centres = sum(symbols.count(element) for element in CENTRES)
    return {"refined": refined, "realised": symbols.count("Li") / centres}


def _occupancies(ordered: OrderedCrystal) -> list[dict[str, object]]:
    labels, symbols = ordered.atoms.arrays["orbit"], np.array(ordered.atoms.get_chemical_symbols())
    rows: list[dict[str, object]] = []
    for orbit in ordered.crystal.orbits:
        if orbit.total >= FULL and len(orbit.occupancy) == 1:
            continue
        sites = len(orbit.positions) * ordered.counts.cells
        for element, share in orbit.occupancy.items():
            found = int(((labels == orbit.label) & (symbols == element)).sum())
            rows.append({"site": orbit.label, "element": element, "refined": share, "realised": found / sites})
    return rows


def _distances(ordered: OrderedCrystal) -> bool:
    positions, cell = ordered.atoms.positions, ordered.atoms.cell[:]
    return len(close_distances(positions, positions, cell, SHORTEST_A)[2]) == 0
