"""Images of structures, viewed along x, with elements in colour and boundary planes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.structures.crystal.composition import CENTRES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "Li": "#7fd17f", "P": "#6a3d9a", "As": "#8e5ea2", "Sb": "#9e63b5", "Si": "#5c7fa3", "Ge": "#668f8f",
    "Sn": "#777799", "S": "#e8c631", "Se": "#e59a2f", "Cl": "#1b9e77", "Br": "#a6522a", "I": "#7a1f5c",
}  # fmt: skip
SIZES = {"Li": 14, "S": 40, "Se": 46, "Cl": 55, "Br": 60, "I": 68}
LARGEST_INCH = 8.0


def draw(atoms: Atoms, path: Path) -> None:
    """Draw a cell with z across and y up; atoms closer to the viewer cover those behind.

    Args:
        atoms: built or relaxed structure.
        path: PNG file to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = atoms.cell[2, 2], atoms.cell[1, 1]
    scale = LARGEST_INCH / max(width, height)
    figure = Figure(figsize=(width * scale + 0.6, height * scale + 1.0))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _bonds(axes, atoms)
    symbols, shown = np.array(atoms.get_chemical_symbols()), atoms[np.argsort(atoms.positions[:, 0])]
    for symbol in dict.fromkeys(symbols):
        axes.scatter(
            [], [], s=SIZES.get(symbol, 25), c=COLOURS[symbol], edgecolors="black", linewidths=0.4, label=symbol
        )
    shown_symbols = shown.get_chemical_symbols()
    axes.scatter(
        shown.positions[:, 2],
        shown.positions[:, 1],
        s=[SIZES.get(symbol, 25) for symbol in shown_symbols],
        c=[COLOURS[symbol] for symbol in shown_symbols],
        edgecolors="black",
        linewidths=0.4,
        zorder=2,
    )
    _planes(axes, atoms, height)
    axes.set(xlim=(-1, width + 1), ylim=(-1, height + 1), aspect="equal", xlabel="z / Å", ylabel="y / Å")
    axes.set_title(f"{atoms.info['realised_composition']}, {atoms.info['boundary']}", pad=24, fontsize=10)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(set(symbols)), frameon=False, fontsize=8)
    figure.savefig(path, dpi=90, bbox_inches="tight", metadata={"Software": None})


def _planes(axes: Axes, atoms: Atoms, height_A: float) -> None:
    """Draw a dashed line at each boundary plane."""
    for plane in np.atleast_1d(atoms.info.get("boundary_planes_A", ())):
        axes.plot([plane, plane], [-1, height_A + 1], color="crimson", linestyle="--", linewidth=1.5, zorder=3)


def _bonds(axes: Axes, atoms: Atoms) -> None:
    """Draw lines from each tetrahedral centre to its corners, which show the grain orientation."""
    from matplotlib.collections import LineCollection

    from argyro.platform.structures.crystal.neighbours import close_pairs

    symbols = np.array(atoms.get_chemical_symbols())
    centres, corners = np.isin(symbols, CENTRES), atoms.arrays["site"] == "16e"
    i, _, arm = close_pairs(atoms.positions[centres], atoms.positions[corners], atoms.cell[:], 2.9)
    start = atoms.positions[centres][i]
    lines = np.stack([start[:, [2, 1]], (start + arm)[:, [2, 1]]], axis=1)
    axes.add_collection(LineCollection(list(lines), colors="#6a3d9a", linewidths=1.2, zorder=1))
