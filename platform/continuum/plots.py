"""Figures of polycrystals, fluxes and effective diffusivities; matplotlib is imported only here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from argyro.platform.continuum.propagate import Propagated

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_map(propagated: Propagated, path: Path | str) -> None:
    """Draw the median D_eff over temperature and grain size."""
    figure, axes = _figure()
    median = np.log10(np.median(propagated.samples_cm2_s, axis=0))
    drawn = axes.pcolormesh(propagated.temperatures_K, propagated.grain_sizes_nm, median.T, shading="nearest")
    axes.set(yscale="log", xlabel="temperature (K)", ylabel="grain size (nm)")
    figure.colorbar(drawn, ax=axes, label="log10 D_eff (cm²/s)")
    _save(figure, path)


def _figure() -> tuple[Figure, Any]:
    """Create a figure without a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _save(figure: Figure, path: Path | str) -> None:
    figure.savefig(path, dpi=110)
