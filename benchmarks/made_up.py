"""Cells for synthetic worlds of known laws (`surrogates/models/synthetic.py`), and stored results."""

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from argyro.platform.structures.crystal.bulk import build_bulk

BOUNDARIES = ("bulk", "sigma5(001)[001]", "sigma3(1-12)[110]", "sigma5(021)[100]")
TEMPERATURES_K = (600.0, 750.0, 900.0)
# Typical campaign: 10 materials, some of their 4 boundaries, 4 temperatures.
MATERIALS = (
    *itertools.product(("Li6PS5Cl",), (0.0, 0.25, 0.5, 0.75)),
    *itertools.product(("Li6PS5Br", "Li6PS5I"), (0.0, 0.25, 0.5)),
)
CAMPAIGN_BOUNDARIES = (*BOUNDARIES[1:], "sigma3(-111)[110]")
CAMPAIGN_TEMPERATURES_K = (500.0, 600.0, 700.0, 800.0)


def structures(compositions, disorders, boundaries):
    """Build bulk cells labelled as boundaries with a plane in the middle: synthetic laws depend only on names."""
    cells = []
    for composition, disorder, boundary in itertools.product(compositions, disorders, boundaries):
        atoms = build_bulk(composition, disorder)
        if boundary != "bulk":
            atoms.info["boundary"] = boundary
            atoms.arrays["boundary_distance_A"] = np.abs(atoms.positions[:, 2] - atoms.cell[2, 2] / 2)
        cells.append(atoms)
    return cells


def campaign_cells(seed: int, boundaries: int = 12) -> list:
    """Build ten bulk cells and twelve of the forty boundary cells."""
    pairs = list(itertools.product(MATERIALS, CAMPAIGN_BOUNDARIES))
    chosen = np.random.default_rng(seed).permutation(len(pairs))[:boundaries]
    cells = [structures([c], [d], ["bulk"])[0] for c, d in MATERIALS]
    return cells + [structures([pairs[k][0][0]], [pairs[k][0][1]], [pairs[k][1]])[0] for k in chosen]


class Results:
    """Results by name, one JSON line each, so that a restarted script skips them.

    The results belong to one version of the code: use a new folder after a change.
    """

    def __init__(self, file: Path):
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        lines = file.read_text().splitlines() if file.exists() else []
        self.found = {entry["name"]: entry["result"] for entry in map(json.loads, lines)}

    def get(self, name: str, make: Callable[[], Any]) -> Any:
        """Return the result of a name; compute it if it is missing."""
        if name not in self.found:
            started = time.process_time()
            self.found[name] = make()
            with self.file.open("a") as out:
                out.write(json.dumps({"name": name, "result": self.found[name]}) + "\n")
            print(f"{name}: {time.process_time() - started:.0f} s of CPU", file=sys.stderr, flush=True)
        return self.found[name]
