"""Li density maps as a grid, a cube file or a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.dynamics.trajectories.trajectory import Trajectory


def density_A3(
    trajectory: Trajectory,
    spacing_A: float = 0.3,
    smoothing_A: float = 0.3,
    folded: tuple[int, int, int] = (1, 1, 1),
) -> np.ndarray:
    """Return the (nx, ny, nz) mean number of ions per Å³ on a grid along the cell vectors.

    Args:
        trajectory: the run; positions are relative to the framework.
        spacing_A: approximate spacing of grid points.
        smoothing_A: standard deviation of the Gaussian that smooths the counts.
        folded: number of crystal cells in the cell, averaged into one; the grid covers one crystal cell.
    """
    from scipy.ndimage import gaussian_filter

    cell_A = trajectory.cell_A / np.array(folded)[:, None]
    edges_A = np.linalg.norm(cell_A, axis=1)
    shape = np.maximum(1, np.round(edges_A / spacing_A).astype(int))
    inverse, counts = np.linalg.inv(cell_A), np.zeros(int(np.prod(shape)))
    for start in range(0, trajectory.frames, 256):
        positions = trajectory.relative_A(frames=slice(start, start + 256)) + trajectory.framework_A[0]
        cells = np.floor(positions.reshape(-1, 3) @ inverse % 1 * shape).astype(int).clip(0, shape - 1)
        counts += np.bincount(np.ravel_multi_index(cells.T, shape), minlength=counts.size)
    voxel_A3 = abs(np.linalg.det(cell_A)) * np.prod(folded) / counts.size
    grid = counts.reshape(shape) / (trajectory.frames * voxel_A3)
    return gaussian_filter(grid, smoothing_A / (edges_A / shape), mode="wrap")


def write_density_cube(path: Path, atoms: Atoms, grid: np.ndarray) -> None:
    """Write a Gaussian cube file, readable by VESTA and VMD, with the density in Å⁻³.

    Args:
        path: file to write.
        atoms: structure shown with the density, in the cell of the grid.
        grid: from `density_A3`.
    """
    from ase.io.cube import write_cube

    with Path(path).open("w") as stream:
        write_cube(stream, atoms, data=grid, comment="mobile ions per cubic angstrom")


def plot_density(grid: np.ndarray, cell_A: np.ndarray, path: Path) -> None:
    """Draw the density projected along each cell vector, in ions per Å².

    Args:
        grid: density from `density_A3`.
        cell_A: (3, 3) cell vectors.
        path: picture to write.
    """
    from matplotlib.figure import Figure

    lengths = np.linalg.norm(cell_A, axis=1)
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for panel, (axis, (across, up)) in zip(figure.subplots(1, 3), enumerate(((1, 2), (0, 2), (0, 1))), strict=True):
        projected = grid.mean(axis=axis) * lengths[axis]
        extent = (0, lengths[across], 0, lengths[up])
        image = panel.imshow(projected.T, origin="lower", extent=extent, cmap="magma", vmin=0)
        panel.set_xlabel(f"{'abc'[across]} (Å)")
        panel.set_ylabel(f"{'abc'[up]} (Å)")
        figure.colorbar(image, ax=panel, label="Li per Å²", shrink=0.8)
    figure.savefig(path, dpi=150)
