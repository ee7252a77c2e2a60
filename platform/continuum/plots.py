"""Figures of polycrystals, fluxes and effective diffusivities; matplotlib is imported only here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from argyro.platform.continuum.homogenize import homogenize_batch
from argyro.platform.continuum.interface_fem.flux_fields import FluxField
from argyro.platform.continuum.mesh.mesh import Mesh
from argyro.platform.continuum.propagate import Propagated

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# D_∥/D_b and D_⊥/D_b of the four transport regimes of boundaries.
REGIMES = {
    "fast": (100.0, 100.0),
    "blocking": (0.01, 0.01),
    "fast along, blocking across": (100.0, 0.01),
    "blocking along, open across": (0.01, 1.0),
}


def draw_polycrystal(mesh: Mesh, path: Path | str) -> None:
    """Draw the boundary triangles of the period, coloured by GB class or, with one class, by grain."""
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    figure, axes = _figure(projection="3d")
    corners = np.concatenate([mesh.points[mesh.side_a], mesh.points[mesh.side_b]])
    grain = np.concatenate([mesh.boundary_grains[:, 0], mesh.boundary_grains[:, 1]])
    number = np.tile(mesh.boundary_class, 2) if mesh.classes > 1 else grain
    apart = corners + 0.25 * (mesh.centres[grain] - 0.5)[:, None]  # separate the grains to show their faces
    colours = _colours(number / max(number.max(), 1))
    axes.add_collection3d(Poly3DCollection(apart, facecolors=colours, edgecolors="k", linewidths=0.15))
    low, high = apart.min((0, 1)), apart.max((0, 1))
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]), aspect="equal")
    axes.set_axis_off()
    axes.set_title(f"{mesh.grains} grains, {len(mesh.tets)} tetrahedra")
    _save(figure, path)


def draw_flux(mesh: Mesh, field: FluxField, path: Path | str, direction: int = 0, height: float = 0.5) -> None:
    """Draw a section of the period: flux along the gradient in grains, flux magnitude in boundaries."""
    from matplotlib.collections import LineCollection, PolyCollection

    figure, (grains, boundaries) = _figure(columns=2)
    along = -field.grain[:, direction, direction]
    strength = np.linalg.norm(field.boundary[:, :, direction], axis=1) / mesh.grain_size
    for axes, cells, values, kind, label in (
        (grains, mesh.tets, along, PolyCollection, "flux / applied, grains"),
        (boundaries, mesh.side_a, strength, LineCollection, "|flux| along the boundary / (applied d)"),
    ):
        shapes, owners = _cut(mesh.points[cells], height)
        drawn = kind(shapes, array=values[owners])
        if kind is LineCollection:
            drawn.set_linewidth(3)
        axes.add_collection(drawn)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="x (periods)", ylabel="y (periods)", aspect="equal")
        figure.colorbar(drawn, ax=axes, label=label)
    _save(figure, path)


def _cut(corners: np.ndarray, height: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the polygons in which simplices (m, k, 3) and their images cut the plane z = height, and their owners."""
    shapes: list[np.ndarray] = []
    owners: list[int] = []
    for shift in (-1, 0, 1):
        above = corners[:, :, 2] + shift > height
        for cell in np.flatnonzero(above.any(1) & ~above.all(1)):
            up, down = corners[cell][above[cell]], corners[cell][~above[cell]]
            start, end = (x.reshape(-1, 3) for x in np.broadcast_arrays(up[:, None], down[None]))
            share = (height - shift - start[:, 2]) / (end[:, 2] - start[:, 2])
            crossing = (start + share[:, None] * (end - start))[:, :2]
            angle = np.arctan2(*(crossing - crossing.mean(0)).T)
            crossing = crossing[np.argsort(angle)]
            for x in (-1, 0, 1):
                for y in (-1, 0, 1):
                    shapes.append(crossing + np.array([x, y]))
                    owners.append(int(cell))
    return shapes, np.array(owners)


def draw_map(propagated: Propagated, path: Path | str) -> None:
    """Draw the median D_eff over temperature and grain size."""
    figure, axes = _figure()
    median = np.log10(np.median(propagated.samples_cm2_s, axis=0))
    drawn = axes.pcolormesh(propagated.temperatures_K, propagated.grain_sizes_nm, median.T, shading="nearest")
    axes.set(yscale="log", xlabel="temperature (K)", ylabel="grain size (nm)")
    figure.colorbar(drawn, ax=axes, label="log10 D_eff (cm²/s)")
    _save(figure, path)


def draw_regimes(mesh: Mesh, path: Path | str, width_nm: float = 2.5) -> None:
    """Draw D_eff/D_b over grain size in the four REGIMES."""
    figure, axes = _figure()
    sizes = np.geomspace(10.5 * width_nm, 1e4, 40)
    for name, (parallel, perpendicular) in REGIMES.items():
        mean = homogenize_batch(mesh, 1.0, parallel, perpendicular, width_nm, sizes, "direct").mean_cm2_s
        axes.loglog(sizes, mean, label=f"{name} ({parallel:g}, {perpendicular:g})")
    axes.set(xlabel="grain size (nm)", ylabel="D_eff / D_b", title=f"GB width {width_nm:g} nm")
    axes.legend(title="D∥/D_b, D⊥/D_b")
    _save(figure, path)


def _figure(columns: int = 1, projection: str | None = None) -> tuple[Figure, Any]:
    """Create a figure without a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6 * columns, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns, subplot_kw={"projection": projection})


def _colours(share: np.ndarray) -> np.ndarray:
    from matplotlib import colormaps

    return colormaps["viridis"](share, alpha=0.8)


def _save(figure: Figure, path: Path | str) -> None:
    figure.savefig(path, dpi=110)
