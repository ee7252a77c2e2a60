"""Reports of jump rates, ion density and radial distributions of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.sites.density import density_A3, plot_density, write_density_cube
from argyro.platform.dynamics.sites.jump_rates import jump_rates
from argyro.platform.dynamics.sites.li_sites import occupied_sites
from argyro.platform.dynamics.sites.rdf import radial_distributions, radial_mismatch
from argyro.platform.dynamics.trajectories.frame import Frame, ReadOptions
from argyro.platform.dynamics.trajectories.readers import read_frames
from argyro.platform.dynamics.trajectories.sanity import require_sane
from argyro.platform.dynamics.trajectories.trajectory import Trajectory, is_compact

FRAMES = 100


def jump_report(trajectory: Trajectory) -> dict:
    """Return the jump rates of a bulk supercell as JSON; errors as for `occupied_sites` and `jump_rates`."""
    return jump_rates(trajectory, occupied_sites(trajectory)).to_json()


def write_density(
    trajectory: Trajectory, path: Path, framework: Atoms | None = None, folded: tuple[int, int, int] = (1, 1, 1)
) -> None:
    """Write the density of the mobile ions as a cube file, or as a picture for any other ending.

    Args:
        trajectory: the run.
        path: file to write; its ending (.cube, .png, .svg ...) sets the format.
        framework: atoms shown in the cube file.
        folded: number of crystal cells averaged into one, see `density_A3`.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    grid = density_A3(trajectory, folded=folded)
    cell_A = trajectory.cell_A / np.array(folded)[:, None]
    if Path(path).suffix != ".cube":
        plot_density(grid, cell_A, path)
        return
    shown = Atoms(cell=cell_A) if framework is None else framework.copy()
    shown.set_cell(cell_A, scale_atoms=True)
    write_density_cube(path, shown, grid)


def radial_report(
    paths: Sequence[Path],
    pairs: Sequence[str],
    reference: Sequence[Path] = (),
    options: ReadOptions | None = None,
) -> dict:
    """Return the radial distribution functions of pairs of elements and their mismatch with a reference.

    Args:
        paths: trajectories with all atoms.
        pairs: pairs of elements such as "Li-S".
        reference: trajectories of the same crystal by a more accurate method.
        options: interval, species and cell if the files lack them.

    Returns:
        ``{pair: {distance_A, values, peak_A, peak, mismatch}}``; mismatch is None without reference.

    Raises:
        InputError: a pair is invalid or absent, or a file holds only the mobile ions.
    """
    names = [_elements(pair) for pair in pairs]
    distances, found = radial_distributions(_spread(paths, options), names)
    _, others = radial_distributions(_spread(reference, options), names) if reference else (None, {})
    return {
        pair: {
            "distance_A": distances.tolist(),
            "values": found[name].tolist(),
            "peak_A": float(distances[found[name].argmax()]),
            "peak": float(found[name].max()),
            "mismatch": radial_mismatch(found[name], others[name]) if reference else None,
        }
        for pair, name in zip(pairs, names, strict=True)
    }


def _elements(pair: str) -> tuple[str, str]:
    first, _, second = pair.partition("-")
    if not first or not second:
        raise InputError(f"'{pair}' is not a pair of elements; write for instance Li-S")
    return first, second


def _spread(paths: Sequence[Path], options: ReadOptions | None) -> list[Atoms]:
    """Return at most 2 FRAMES frames, evenly spread over a run of unknown length."""
    kept: list[Atoms] = []
    stride = 1
    for number, frame in enumerate(_frames(paths, options)):
        if number % stride == 0:
            kept.append(Atoms(list(frame.species), scaled_positions=frame.fractional, cell=frame.cell_A, pbc=True))
        if len(kept) == 2 * FRAMES:
            kept, stride = kept[::2], 2 * stride
    return kept


def _frames(paths: Sequence[Path], options: ReadOptions | None) -> Iterator[Frame]:
    for path in paths:
        if is_compact(path):
            raise InputError(f"{path} holds only the mobile ions; a radial distribution needs a file with all atoms")
        for number, frame in enumerate(read_frames(Path(path), options)):
            require_sane(frame, f"{path}, frame {number}")
            yield frame
