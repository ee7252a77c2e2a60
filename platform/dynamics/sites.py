"""Jumps of Li between the sites of an argyrodite: within pairs, within cages, between cages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from argyro.platform.dynamics.trajectory import Trajectory
from argyro.platform.errors import InputError
from argyro.platform.uncertain import Uncertain

KINDS = ("pair", "cage", "between")
CENTRING = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
SITE_48H = (0.1827, 0.0201)  # (x, x, z)
CAGE_CENTRE = (0.25, 0.25, 0.25)  # 4c, the free anion
ASTRAY_A = 1.25  # root mean square distance to the nearest site: up to 1.06 Å in crystals at 700 K, 1.55 Å by chance
WHOLE = 0.02  # how far the edges of a supercell may be from whole numbers of cells
STAY_FRAMES = 2  # a site counts as reached when the ion is there for two frames; less is a recrossing


@dataclass(frozen=True)
class LithiumSites:
    """The 48h sites of a bulk cell.

    Args:
        fractional: (sites, 3) positions in units of the supercell.
        pair: (sites,) number of the close pair (1.9 Å) each belongs to.
        cage: (sites,) number of the cage round a free anion each belongs to.
    """

    fractional: np.ndarray
    pair: np.ndarray
    cage: np.ndarray


def lithium_sites(cells: Sequence[int]) -> LithiumSites:
    """Sites of cells × 52 atoms in the setting with the free anion on 4c (F-43m).

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
    """Number of conventional cells of 52 atoms (4 P) along each edge of a bulk supercell.

    Raises:
        InputError: not such a supercell, for instance a cell with boundaries.
    """
    edges_A = np.linalg.norm(trajectory.cell_A, axis=1)
    volume_A3 = abs(float(np.linalg.det(trajectory.cell_A)))
    lattice_A = (volume_A3 * 4 / max(trajectory.counts.get("P", 0), 1)) ** (1 / 3)
    cells, box = edges_A / lattice_A, np.isclose(volume_A3, np.prod(edges_A), rtol=1e-3)
    if "P" not in trajectory.counts or not box or np.abs(cells - np.round(cells)).max() > WHOLE or cells.min() < 0.5:
        raise InputError(
            f"a cell of {' × '.join(f'{edge:.2f}' for edge in edges_A)} Å with {dict(trajectory.counts)} is no bulk"
            " supercell of a cubic argyrodite, whose sites are known",
            given=edges_A.tolist(),
            accepted="whole numbers of cells of 52 atoms along x, y and z",
        )
    x, y, z = (int(number) for number in np.round(cells))
    return x, y, z


@dataclass(frozen=True)
class JumpRates:
    """Jumps per Li and ns, by kind, with 95 % Poisson intervals.

    Args:
        pair: between the two sites of a close pair.
        cage: between pairs of one cage.
        between: between cages, the jumps that carry diffusion.
        jumps: their numbers, in this order.
    """

    pair: Uncertain
    cage: Uncertain
    between: Uncertain
    jumps: tuple[int, int, int]

    def to_json(self) -> dict:
        """Plain data."""
        return {f"{kind}_per_ns": getattr(self, kind).to_json() for kind in KINDS} | {"jumps": list(self.jumps)}


def jump_rates(trajectory: Trajectory, sites: LithiumSites) -> JumpRates:
    """Count changes of the nearest site that last, by what they cross.

    Args:
        trajectory: of a bulk cell with the framework where the sites say, frames not more than 0.2 ps apart.
        sites: from `lithium_sites`.

    Raises:
        InputError: frames so far apart that jumps would be missed, or ions that do not sit on these sites.
    """
    if trajectory.interval_ps > 0.2:
        raise InputError(
            f"frames {trajectory.interval_ps:g} ps apart miss jumps; keep one each 0.1 ps",
            path="frame_every_fs",
            given=trajectory.interval_ps * 1000,
            accepted="<= 200",
        )
    visited = nearest_sites(trajectory, sites)
    counts = np.zeros(3, dtype=int)
    for ion in visited.T:
        stays = _stays(ion)
        start, end = stays[:-1], stays[1:]
        same_cage, same_pair = sites.cage[start] == sites.cage[end], sites.pair[start] == sites.pair[end]
        counts += [np.sum(same_pair), np.sum(same_cage & ~same_pair), np.sum(~same_cage & ~same_pair)]
    exposure_ns = trajectory.ions * trajectory.duration_ps / 1000
    pair, cage, between = (int(count) for count in counts)
    rates = [_poisson(count, exposure_ns) for count in (pair, cage, between)]
    return JumpRates(rates[0], rates[1], rates[2], (pair, cage, between))


def nearest_sites(trajectory: Trajectory, sites: LithiumSites) -> np.ndarray:
    """(frames, ions) number of the site nearest to each ion.

    Raises:
        InputError: the ions are as far from the sites as anywhere.
    """
    from scipy.spatial import cKDTree

    inverse = np.linalg.inv(trajectory.cell_A)
    images = np.array(list(np.ndindex(3, 3, 3))) - 1
    near = (sites.fractional + images[:, None]).reshape(-1, 3)
    kept = np.all((near > -0.5) & (near < 1.5), axis=1)
    tree, numbers = cKDTree(near[kept] @ trajectory.cell_A), np.tile(np.arange(len(sites.pair)), len(images))[kept]
    visited, squares_A2 = np.empty((trajectory.frames, trajectory.ions), dtype=np.int32), 0.0
    for frame in range(trajectory.frames):
        positions = trajectory.relative_A(frames=slice(frame, frame + 1))[0] + trajectory.framework_A[0]
        distances_A, nearest = tree.query((positions @ inverse % 1) @ trajectory.cell_A)
        visited[frame], squares_A2 = numbers[nearest], squares_A2 + float((distances_A**2).mean())
    _require_on_sites(np.sqrt(squares_A2 / trajectory.frames))
    return visited


def _require_on_sites(distance_A: float) -> None:
    if distance_A > ASTRAY_A:
        raise InputError(
            f"the ions are {distance_A:.2f} Å (root mean square) from the nearest 48h site, as far as anywhere: the"
            " origin is not a 4a site with the free anion on 4c, or the crystal is no argyrodite",
            given=distance_A,
            accepted=f"<= {ASTRAY_A} Å",
        )


def _stays(ion: np.ndarray) -> np.ndarray:
    """Sites in which an ion stays for at least two frames, in order, repetitions merged."""
    starts = np.flatnonzero(np.diff(ion, prepend=ion[0] - 1))
    lengths = np.diff([*starts, len(ion)])
    stays = ion[starts[lengths >= STAY_FRAMES]]
    return stays[np.diff(stays, prepend=-1) != 0]


def _poisson(count: int, exposure_ns: float) -> Uncertain:
    from scipy.stats import chi2

    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return Uncertain(
        count / exposure_ns, float(low) / exposure_ns, float(chi2.ppf(0.975, 2 * count + 2)) / 2 / exposure_ns
    )


def _star_48h() -> np.ndarray:
    """The 12 positions (x, x, z) of 48h without the centring: the operations of -43m on one of them."""
    x, z = SITE_48H
    signs = ((1, 1, 1), (-1, -1, 1), (-1, 1, -1), (1, -1, -1))
    return np.array([np.roll((x, x, z), turn) * sign for turn in range(3) for sign in signs])


def _distances(point: np.ndarray, others: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Distances to the nearest images in lattice parameters of the cubic cell."""
    apart = others - point
    return np.linalg.norm((apart - np.round(apart)) * shape, axis=-1)
