"""Grain-boundary diffusivity from the diffusivities of a cell with boundaries and of the bulk.

Boundaries normal to z take a share f of the cell's volume. Grain and boundary conduct in parallel along the boundary
and in series across it:

    D_cell,∥ = f D_GB,∥ + (1 - f) D_bulk          1 / D_cell,⊥ = f / D_GB,⊥ + (1 - f) / D_bulk

Source: Ou et al., arXiv:2510.18630 (parallel mixture); the series mixture is its counterpart for layers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import NM_IN_A
from argyro.platform.dynamics.diffusion.tracer import Diffusivity

DRAWS = 20_000


class UnphysicalBoundaryError(InputError):
    """An error for a cell that no positive boundary diffusivity explains at the stated width."""


@dataclass(frozen=True)
class BoundaryDiffusivity:
    """Diffusivities of the boundary in cm²/s, valid only with the assumed width.

    Args:
        parallel: D_GB,∥ along the boundary.
        parallel_physical_share: share of the draws with a positive D_GB,∥; the interval is conditional on them.
        perpendicular: D_GB,⊥ across the boundary.
        perpendicular_physical_share: the same for D_GB,⊥.
        width_nm: assumed width of one boundary.
        thickness_nm: cell length per boundary.
        layers_crossed: whether ions crossed several layers, as the series mixture assumes. If False, D_GB,⊥ is biased
            towards the bulk. None if unknown.
    """

    parallel: Uncertain
    parallel_physical_share: float
    perpendicular: Uncertain
    perpendicular_physical_share: float
    width_nm: float
    thickness_nm: float
    layers_crossed: bool | None

    def to_json(self) -> dict:
        """Return the diffusivities as JSON."""
        return {
            "boundary_parallel_cm2_s": self.parallel.to_json(),
            "boundary_perpendicular_cm2_s": self.perpendicular.to_json(),
            "width_nm": self.width_nm,
            "thickness_nm": self.thickness_nm,
            "parallel_physical_share": self.parallel_physical_share,
            "perpendicular_physical_share": self.perpendicular_physical_share,
            "layers_crossed": self.layers_crossed,
        }


def boundary_diffusivity(
    cell_parallel: Diffusivity | Uncertain,
    cell_perpendicular: Diffusivity | Uncertain,
    bulk: Diffusivity | Uncertain,
    width_nm: float,
    thickness_nm: float,
    seed: int = 0,
) -> BoundaryDiffusivity:
    """Invert the mixtures for D_GB,∥ and D_GB,⊥; log-normal draws of the three inputs propagate the intervals.

    Args:
        cell_parallel: whole-cell D in the plane of the boundary (axes "xy").
        cell_perpendicular: whole-cell D across the boundary (axes "z").
        bulk: D of the same crystal without boundaries at the same temperature.
        width_nm: assumed width of one boundary.
        thickness_nm: cell length along z divided by the number of boundaries in it.
        seed: seed of the draws.

    Raises:
        InputError: the width exceeds the cell length per boundary, or a diffusivity is only an upper bound.
        UnphysicalBoundaryError: more than half of the draws give no positive D_GB; the width is too small.
    """
    return BoundaryDiffusivity(
        *boundary_parallel(cell_parallel, bulk, width_nm, thickness_nm, seed),
        *boundary_perpendicular(cell_perpendicular, bulk, width_nm, thickness_nm, seed),
        width_nm=width_nm,
        thickness_nm=thickness_nm,
        layers_crossed=layers_crossed(cell_perpendicular, thickness_nm),
    )


def layers_crossed(cell_perpendicular: Diffusivity | Uncertain, thickness_nm: float) -> bool | None:
    """Return whether the MSD across the layers exceeds the square of their period; None if unknown."""
    if isinstance(cell_perpendicular, Uncertain):
        return None
    return cell_perpendicular.msd_A2 / 3 > (thickness_nm * NM_IN_A) ** 2


def boundary_parallel(
    cell: Diffusivity | Uncertain, bulk: Diffusivity | Uncertain, width_nm: float, thickness_nm: float, seed: int = 0
) -> tuple[Uncertain, float]:
    """Return D_GB,∥ and the share of positive draws; arguments and errors as for `boundary_diffusivity`."""
    fraction = boundary_fraction(width_nm, thickness_nm)
    draws = mixture_parallel(_draws(cell, "cell's in-plane", seed), _draws(bulk, "bulk", seed + 1), fraction)
    return _physical(draws, "slower along", width_nm, thickness_nm)


def boundary_perpendicular(
    cell: Diffusivity | Uncertain, bulk: Diffusivity | Uncertain, width_nm: float, thickness_nm: float, seed: int = 0
) -> tuple[Uncertain, float]:
    """Return D_GB,⊥ and the share of positive draws; arguments and errors as for `boundary_diffusivity`."""
    fraction = boundary_fraction(width_nm, thickness_nm)
    draws = mixture_series(_draws(cell, "cell's normal", seed), _draws(bulk, "bulk", seed + 1), fraction)
    return _physical(draws, "faster across", width_nm, thickness_nm)


def boundary_fraction(width_nm: float, thickness_nm: float) -> float:
    """Return the volume share f of the boundary, width / cell length per boundary.

    Raises:
        InputError: the width is not between 0 and the thickness.
    """
    if not 0 < width_nm < thickness_nm:
        raise InputError(
            f"a boundary {width_nm} nm wide does not fit into {thickness_nm:.2f} nm of cell per boundary; take a"
            " smaller width or thicker grains",
            path="boundary_width_nm",
            given=width_nm,
            accepted=f"0 < width < {thickness_nm:.2f} nm",
        )
    return width_nm / thickness_nm


def mixture_parallel(cell: np.ndarray, bulk: np.ndarray, fraction: float) -> np.ndarray:
    """Return D_GB,∥ = (D_cell - (1 - f) D_bulk) / f; negative where no boundary explains the cell."""
    return (cell - (1 - fraction) * bulk) / fraction


def mixture_series(cell: np.ndarray, bulk: np.ndarray, fraction: float) -> np.ndarray:
    """Return D_GB,⊥ = f / (1 / D_cell - (1 - f) / D_bulk); negative where no boundary explains the cell."""
    return fraction / (1 / cell - (1 - fraction) / bulk)


def _draws(value: Diffusivity | Uncertain, name: str, seed: int) -> np.ndarray:
    """Return log-normal draws with the median and the 95 % interval of the value."""
    if isinstance(value, Diffusivity):
        if value.estimate is None:
            raise InputError(
                f"the {name} diffusivity at {value.temperature_K:g} K is only an upper bound ({value.reason}) and gives"
                " no boundary diffusivity; run longer or hotter",
                given=value.upper_bound_cm2_s,
            )
        value = value.estimate
    return value.value * np.exp(value.log_sigma * np.random.default_rng(seed).normal(size=DRAWS))


def _physical(draws: np.ndarray, how: str, width_nm: float, thickness_nm: float) -> tuple[Uncertain, float]:
    positive = draws[draws > 0]
    if len(positive) < len(draws) / 2:
        raise UnphysicalBoundaryError(
            f"the cell diffuses {how} the boundary than its grains alone allow with a boundary of {width_nm} nm in"
            f" {thickness_nm:.2f} nm of cell: increase the width, or use a bulk run of the same crystal",
            path="boundary_width_nm",
            given=width_nm,
        )
    return Uncertain.from_samples(positive), len(positive) / len(draws)
