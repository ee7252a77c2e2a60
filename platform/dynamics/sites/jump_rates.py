"""Jump rates of Li between sites of an argyrodite: within pairs, within cages, between cages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.sites.li_sites import LithiumSites, nearest_sites
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

KINDS = ("pair", "cage", "between")
STAY_FRAMES = 2  # an ion reaches a site when it is there for two frames; a shorter stay is a recrossing


@dataclass(frozen=True)
class JumpRates:
    """Jumps per Li and ns, by kind, with 95 % Poisson intervals.

    Args:
        pair: jumps between the two sites of a close pair.
        cage: jumps between pairs of one cage.
        between: jumps between cages, which carry diffusion.
        jumps: numbers of jumps, in this order.
    """

    pair: Uncertain
    cage: Uncertain
    between: Uncertain
    jumps: tuple[int, int, int]

    def to_json(self) -> dict:
        """Return the rates as JSON."""
        return {f"{kind}_per_ns": getattr(self, kind).to_json() for kind in KINDS} | {"jumps": list(self.jumps)}


def jump_rates(trajectory: Trajectory, sites: LithiumSites) -> JumpRates:
    """Count lasting changes of the nearest site, by kind of jump.

    Args:
        trajectory: run of a bulk cell on the framework of `sites`, frames at most 0.2 ps apart.
        sites: sites from `occupied_sites`.

    Raises:
        InputError: the frame interval is so long that jumps would be missed.
    """
    if trajectory.interval_ps > 0.2:
        raise InputError(f"frames {trajectory.interval_ps:g} ps apart miss jumps; record a frame every 0.1 ps")
    visited, _ = nearest_sites(trajectory, sites, range(trajectory.frames))
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


def _stays(ion: np.ndarray) -> np.ndarray:
    """Return the sites where an ion stays at least two frames, in order, repetitions merged."""
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
