"""What a run says beside its diffusivity: jumps between sites, the density of the ions, radial distributions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ase import Atoms

from argyro.platform.dynamics.density import density_A3, plot_density, write_density_cube
from argyro.platform.dynamics.frames import read_frames
from argyro.platform.dynamics.radial import radial_distribution, radial_mismatch
from argyro.platform.dynamics.sites import crystal_cells, jump_rates, lithium_sites
from argyro.platform.dynamics.trajectory import Trajectory, is_compact
from argyro.platform.errors import InputError


def jump_report(trajectory: Trajectory) -> dict:
    """Jump rates of a bulk supercell as plain data; errors as for `crystal_cells` and `jump_rates`."""
    return jump_rates(trajectory, lithium_sites(crystal_cells(trajectory))).to_json()


def write_density(
    trajectory: Trajectory, path: Path, framework: Atoms | None = None, folded: tuple[int, int, int] = (1, 1, 1)
) -> None:
    """Write the density of the mobile ions as a cube file or, with any other ending, as a picture.

    Args:
        trajectory: the run.
        path: ends in .cube, .png, .svg ...
        framework: atoms shown with the cube.
        folded: crystal cells laid over one another, see `density_A3`.
    """
    grid = density_A3(trajectory, folded=folded)
    cell_A = [row / number for row, number in zip(trajectory.cell_A, folded, strict=True)]
    if Path(path).suffix != ".cube":
        plot_density(grid, cell_A, path)
        return
    shown = Atoms(cell=cell_A) if framework is None else framework.copy()
    shown.set_cell(cell_A, scale_atoms=True)
    write_density_cube(path, shown, grid)


def radial_report(paths: Sequence[Path], pairs: Sequence[str], reference: Sequence[Path] = ()) -> dict:
    """Radial distribution functions of pairs of elements, and how far they are from those of a reference.

    Args:
        paths: trajectories with all atoms.
        pairs: such as "Li-S".
        reference: trajectories of the same crystal by a better method.

    Returns:
        ``{pair: {distance_A, values, peak_A, peak, mismatch}}``; mismatch is None without reference.

    Raises:
        InputError: no such pair, or a file that holds the mobile ions alone.
    """
    report = {}
    for pair in pairs:
        first, _, second = pair.partition("-")
        distances, values = radial_distribution(_atoms(paths), first, second)
        mismatch = None
        if reference:
            mismatch = radial_mismatch(values, radial_distribution(_atoms(reference), first, second)[1])
        report[pair] = {
            "distance_A": distances.tolist(),
            "values": values.tolist(),
            "peak_A": float(distances[values.argmax()]),
            "peak": float(values.max()),
            "mismatch": mismatch,
        }
    return report


def _atoms(paths: Sequence[Path]) -> Iterator[Atoms]:
    for path in paths:
        if is_compact(path):
            raise InputError(
                f"{path} holds the mobile ions alone; a radial distribution needs all atoms",
                path=str(path),
                accepted="XDATCAR, extended xyz, LAMMPS dumps",
            )
        for frame in read_frames(path):
            yield Atoms(list(frame.species), scaled_positions=frame.fractional, cell=frame.cell_A, pbc=True)
