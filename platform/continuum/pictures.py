"""Pictures of polycrystals, fluxes and what they amount to; matplotlib is imported only here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from argyro.platform.continuum.fields import FluxField
from argyro.platform.continuum.homogenize import homogenize_batch
from argyro.platform.continuum.mesh import Mesh
from argyro.platform.continuum.scale import Propagated

# D_∥/D_b and D_⊥/D_b of the four ways in which boundaries may change transport.
REGIMES = {
    "fast": (100.0, 100.0),
    "blocking": (0.01, 0.01),
    "fast along, blocking across": (100.0, 0.01),
    "blocking along, open across": (0.01, 1.0),
}


def draw_polycrystal(mesh: Mesh, path: Path | str) -> None:
    """The boundary triangles of the period, coloured by GB class or, with one class, by grain."""
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    figure, axes = _figure(projection="3d")
    number = mesh.boundary_class if mesh.classes > 1 else mesh.boundary_grains[:, 0]
    colours = _colours(number / max(number.max(), 1))
    axes.add_collection3d(
        Poly3DCollection(mesh.points[mesh.side_a], facecolors=colours, edgecolors="k", linewidths=0.15)
    )
    corners = mesh.points[mesh.side_a].reshape(-1, 3)
    axes.set(
        xlim=(corners[:, 0].min(), corners[:, 0].max()),
        ylim=(corners[:, 1].min(), corners[:, 1].max()),
        zlim=(corners[:, 2].min(), corners[:, 2].max()),
        title=f"{mesh.grains} grains, {len(mesh.tets)} tetrahedra",
    )
    _save(figure, path)


def draw_flux(mesh: Mesh, field: FluxField, path: Path | str, direction: int = 0) -> None:
    """Flux along the applied gradient in the tetrahedra around the plane z = 1/2 and in the boundaries there."""
    figure, (grains, boundaries) = _figure(columns=2)
    middle = mesh.points[mesh.tets].mean(1) % 1.0
    shown = np.abs(middle[:, 2] - 0.5) < 0.1
    along = -field.grain[shown, direction, direction]
    drawn = grains.scatter(middle[shown, 0], middle[shown, 1], c=along, s=18)
    figure.colorbar(drawn, ax=grains, label="flux / applied, grains")
    centre = mesh.points[mesh.side_a].mean(1) % 1.0
    shown = np.abs(centre[:, 2] - 0.5) < 0.1
    strength = np.linalg.norm(field.boundary[shown, :, direction], axis=1) / mesh.grain_size
    drawn = boundaries.scatter(centre[shown, 0], centre[shown, 1], c=strength, s=18)
    figure.colorbar(drawn, ax=boundaries, label="|flux| along the boundary / (applied d)")
    for axes in (grains, boundaries):
        axes.set(xlabel="x (periods)", ylabel="y (periods)", aspect="equal")
    _save(figure, path)


def draw_map(propagated: Propagated, path: Path | str) -> None:
    """Median D_eff over temperature and grain size."""
    figure, axes = _figure()
    median = np.log10(np.median(propagated.samples_cm2_s, axis=0))
    drawn = axes.pcolormesh(propagated.temperatures_K, propagated.grain_sizes_nm, median.T, shading="nearest")
    axes.set(yscale="log", xlabel="temperature (K)", ylabel="grain size (nm)")
    figure.colorbar(drawn, ax=axes, label="log10 D_eff (cm²/s)")
    _save(figure, path)


def draw_regimes(mesh: Mesh, path: Path | str, width_nm: float = 2.5) -> None:
    """D_eff/D_b over grain size in the four REGIMES."""
    figure, axes = _figure()
    sizes = np.geomspace(10.5 * width_nm, 1e4, 40)
    for name, (parallel, perpendicular) in REGIMES.items():
        mean = homogenize_batch(mesh, 1.0, parallel, perpendicular, width_nm, sizes, "direct").mean_cm2_s
        axes.loglog(sizes, mean, label=f"{name} ({parallel:g}, {perpendicular:g})")
    axes.set(xlabel="grain size (nm)", ylabel="D_eff / D_b", title=f"GB width {width_nm:g} nm")
    axes.legend(title="D∥/D_b, D⊥/D_b")
    _save(figure, path)


def _figure(columns: int = 1, projection: str | None = None):
    """A figure without any window behind it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6 * columns, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns, subplot_kw={"projection": projection})


def _colours(share: np.ndarray) -> np.ndarray:
    from matplotlib import colormaps

    return colormaps["viridis"](share, alpha=0.8)


def _save(figure, path: Path | str) -> None:
    figure.savefig(path, dpi=110)
