"""The 48h Li sites of an argyrodite with their close pairs and cages, and the assignment of ions to sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.ions import CENTRES
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

CENTRING = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
SITE_48H = (0.1827, 0.0201)  # (x, x, z)
CAGE_CENTRE = (0.25, 0.25, 0.25)  # 4c, the free anion
ASTRAY_A = 1.25  # rms distance to the nearest site: up to 1.06 Å in crystals at 700 K, 1.55 Å for random ions
WHOLE = 0.02  # largest deviation of a supercell's edges from whole numbers of cells
FRAMES_LOOKED_AT = 100


@dataclass(frozen=True)
class LithiumSites:
    """The 48h sites of a bulk cell.

    Args:
        fractional: (sites, 3) positions in units of the supercell.
        pair: (sites,) number of each site's close pair (1.9 Å).
        cage: (sites,) number of each site's cage around a free anion.
    """

    fractional: np.ndarray
    pair: np.ndarray
    cage: np.ndarray


def lithium_sites(cells: Sequence[int]) -> LithiumSites:
    """Return the sites of a supercell of 52-atom cells, in the setting with the free anion on 4c (F-43m).

    Source: Kraft et al., J. Am. Chem. Soc. 139, 10909 (2017), coordinates of Li6PS5X.
    """
    shape = np.array(cells)
    translations = np.array(list(np.ndindex(*cells)))[:, None, :] + CENTRING
    translations = translations.reshape(-1, 1, 3)
    sites = ((_star_48h() + translations).reshape(-1, 3) / shape) % 1
    centres = ((np.array(CAGE_CENTRE) + translations).reshape(-1, 3) / shape) % 1
    cage = np.array([int(np.argmin(_distances(site, centres, shape))) for site in sites])
    pair = np.full(len(sites), -1)
    for i in range(len(sites)):
        if pair[i] < 0:
            order = np.argsort(_distances(sites[i], sites, shape))
            pair[[i, order[1]]] = i
    return LithiumSites(sites, pair, cage)


def crystal_cells(trajectory: Trajectory) -> tuple[int, int, int]:
    """Return the number of conventional cells of 4 tetrahedra along each edge of a bulk supercell.

    Raises:
        InputError: the cell is no such supercell, for example a cell with boundaries.
    """
    edges_A = np.linalg.norm(trajectory.cell_A, axis=1)
    volume_A3 = abs(float(np.linalg.det(trajectory.cell_A)))
    tetrahedra = sum(trajectory.counts.get(element, 0) for element in CENTRES)
    lattice_A = (volume_A3 * 4 / max(tetrahedra, 1)) ** (1 / 3)
    cells, box = edges_A / lattice_A, np.isclose(volume_A3, np.prod(edges_A), rtol=1e-3)
    if not tetrahedra or not box or np.abs(cells - np.round(cells)).max() > WHOLE or cells.min() < 0.5:
        raise InputError(
            f"a cell of {' × '.join(f'{edge:.2f}' for edge in edges_A)} Å with {dict(trajectory.counts)} is not a bulk"
            " supercell of a cubic argyrodite; use a bulk run for site analysis"
        )
    x, y, z = (int(number) for number in np.round(cells))
    return x, y, z


def occupied_sites(trajectory: Trajectory) -> LithiumSites:
    """Return the sites of a bulk run, with the free anions on 4c or, in the inverted crystal, on 4d.

    The sites of the two settings differ by up to 0.4 Å, and cages and the space between them are exchanged. The
    root mean square distances of the ions to the two sets of sites differ by 0.15 Å.

    Raises:
        InputError: the cell is not a bulk supercell, or the ions are as far from the sites as random positions.
    """
    sites = lithium_sites(crystal_cells(trajectory))
    settings = (sites, replace(sites, fractional=-sites.fractional % 1))
    stride = max(1, trajectory.frames // FRAMES_LOOKED_AT)
    frames = range(0, trajectory.frames, stride)
    distances_A = [_root_mean_square(nearest_sites(trajectory, each, frames)[1]) for each in settings]
    best = int(np.argmin(distances_A))
    if distances_A[best] > ASTRAY_A:
        raise InputError(
            f"the ions are {distances_A[best]:.2f} Å (root mean square) from the nearest 48h site, as far as random"
            " positions; shift the origin to a 4a site of an argyrodite crystal"
        )
    return settings[best]


def nearest_sites(trajectory: Trajectory, sites: LithiumSites, frames: range) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the site nearest to each ion and its distance in Å, both (frames, ions)."""
    from scipy.spatial import cKDTree

    inverse = np.linalg.inv(trajectory.cell_A)
    images = np.array(list(np.ndindex(3, 3, 3))) - 1
    near = (sites.fractional + images[:, None]).reshape(-1, 3)
    kept = np.all((near > -0.5) & (near < 1.5), axis=1)
    tree, numbers = cKDTree(near[kept] @ trajectory.cell_A), np.tile(np.arange(len(sites.pair)), len(images))[kept]
    visited = np.empty((len(frames), trajectory.ions), dtype=np.int32)
    distances_A = np.empty(visited.shape)
    for row, frame in enumerate(frames):
        positions = trajectory.relative_A(frames=slice(frame, frame + 1))[0] + trajectory.framework_A[0]
        distances_A[row], nearest = tree.query((positions @ inverse % 1) @ trajectory.cell_A)
        visited[row] = numbers[nearest]
    return visited, distances_A


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def _star_48h() -> np.ndarray:
    """Return the 12 positions (x, x, z) of 48h without the centring, from the operations of -43m."""
    x, z = SITE_48H
    signs = ((1, 1, 1), (-1, -1, 1), (-1, 1, -1), (1, -1, -1))
    return np.array([np.roll((x, x, z), turn) * sign for turn in range(3) for sign in signs])


def _distances(point: np.ndarray, others: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Return distances to the nearest images, in lattice parameters of the cubic cell."""
    apart = others - point
    return np.linalg.norm((apart - np.round(apart)) * shape, axis=-1)
