"""Grain-boundary diffusivity from the diffusivity of a cell that holds boundaries and of the bulk.

With boundaries normal to z, a share f of the cell's volume belongs to them. Along the boundary grain and boundary
conduct side by side, across it one after the other:

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
    """No positive boundary diffusivity explains the cell at the stated width."""


@dataclass(frozen=True)
class BoundaryDiffusivity:
    """Diffusivities of the boundary itself, in cm²/s, which mean nothing without the width.

    Args:
        parallel: D_GB,∥ along the boundary.
        parallel_physical_share: share of the draws of the measured values with a positive D_GB,∥; the interval is
            conditional on it.
        perpendicular: D_GB,⊥ across it.
        perpendicular_physical_share: the same for D_GB,⊥.
        width_nm: assumed width of one boundary.
        thickness_nm: cell length per boundary.
        layers_crossed: whether ions crossed several layers, as the series mixture assumes; otherwise D_GB,⊥ is biased
            towards the bulk. None if the run is not known.
    """

    parallel: Uncertain
    parallel_physical_share: float
    perpendicular: Uncertain
    perpendicular_physical_share: float
    width_nm: float
    thickness_nm: float
    layers_crossed: bool | None

    def to_json(self) -> dict:
        """Plain data."""
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
    """Invert the mixtures for D_GB,∥ and D_GB,⊥, intervals propagated by log-normal draws of the three inputs.

    Args:
        cell_parallel: whole-cell D in the plane of the boundary (axes "xy").
        cell_perpendicular: whole-cell D across it (axes "z").
        bulk: D of the same crystal without boundaries at the same temperature.
        width_nm: assumed width of one boundary.
        thickness_nm: cell length along z divided by the number of boundaries in it.
        seed: of the draws.

    Raises:
        InputError: a width not below the cell length per boundary, or a diffusivity that is only an upper bound.
        UnphysicalBoundaryError: more than half of the draws leave no positive D_GB: the width is too small.
    """
    return BoundaryDiffusivity(
        *boundary_parallel(cell_parallel, bulk, width_nm, thickness_nm, seed),
        *boundary_perpendicular(cell_perpendicular, bulk, width_nm, thickness_nm, seed),
        width_nm=width_nm,
        thickness_nm=thickness_nm,
        layers_crossed=layers_crossed(cell_perpendicular, thickness_nm),
    )


def layers_crossed(cell_perpendicular: Diffusivity | Uncertain, thickness_nm: float) -> bool | None:
    """Whether the mean-square displacement across the layers exceeds the square of their period; None if not known."""
    if isinstance(cell_perpendicular, Uncertain):
        return None
    return cell_perpendicular.msd_A2 / 3 > (thickness_nm * NM_IN_A) ** 2


def boundary_parallel(
    cell: Diffusivity | Uncertain, bulk: Diffusivity | Uncertain, width_nm: float, thickness_nm: float, seed: int = 0
) -> tuple[Uncertain, float]:
    """D_GB,∥ and the share of draws in which it is positive; arguments and errors as for `boundary_diffusivity`."""
    fraction = boundary_fraction(width_nm, thickness_nm)
    draws = mixture_parallel(_draws(cell, "cell's in-plane", seed), _draws(bulk, "bulk", seed + 1), fraction)
    return _physical(draws, "slower along", width_nm, thickness_nm)


def boundary_perpendicular(
    cell: Diffusivity | Uncertain, bulk: Diffusivity | Uncertain, width_nm: float, thickness_nm: float, seed: int = 0
) -> tuple[Uncertain, float]:
    """D_GB,⊥ and the share of draws in which it is positive; arguments and errors as for `boundary_diffusivity`."""
    fraction = boundary_fraction(width_nm, thickness_nm)
    draws = mixture_series(_draws(cell, "cell's normal", seed), _draws(bulk, "bulk", seed + 1), fraction)
    return _physical(draws, "faster across", width_nm, thickness_nm)


def boundary_fraction(width_nm: float, thickness_nm: float) -> float:
    """Volume share f of the boundary, width / cell length per boundary.

    Raises:
        InputError: not 0 < width < thickness.
    """
    if not 0 < width_nm < thickness_nm:
        raise InputError(
            f"a boundary of {width_nm} nm does not fit into {thickness_nm:.2f} nm of cell per boundary; take a smaller"
            " width or thicker grains",
            path="boundary_width_nm",
            given=width_nm,
            accepted=f"0 < width < {thickness_nm:.2f} nm",
        )
    return width_nm / thickness_nm


def mixture_parallel(cell: np.ndarray, bulk: np.ndarray, fraction: float) -> np.ndarray:
    """D_GB,∥ = (D_cell - (1 - f) D_bulk) / f; negative where no boundary explains the cell."""
    return (cell - (1 - fraction) * bulk) / fraction


def mixture_series(cell: np.ndarray, bulk: np.ndarray, fraction: float) -> np.ndarray:
    """D_GB,⊥ = f / (1 / D_cell - (1 - f) / D_bulk); negative where no boundary explains the cell."""
    return fraction / (1 / cell - (1 - fraction) / bulk)


def _draws(value: Diffusivity | Uncertain, name: str, seed: int) -> np.ndarray:
    """Log-normal draws with the median and the 95 % interval of the value."""
    if isinstance(value, Diffusivity):
        if value.estimate is None:
            raise InputError(
                f"the {name} diffusivity at {value.temperature_K:g} K is an upper bound only ({value.reason}), from"
                " which no boundary diffusivity follows; run longer or hotter",
                given=value.upper_bound_cm2_s,
            )
        value = value.estimate
    return value.value * np.exp(value.log_sigma * np.random.default_rng(seed).normal(size=DRAWS))


def _physical(draws: np.ndarray, how: str, width_nm: float, thickness_nm: float) -> tuple[Uncertain, float]:
    positive = draws[draws > 0]
    if len(positive) < len(draws) / 2:
        raise UnphysicalBoundaryError(
            f"the cell diffuses {how} the boundary than its grains alone would allow if that is {width_nm} nm wide in"
            f" {thickness_nm:.2f} nm of cell: widen it, or the bulk run is of another crystal",
            path="boundary_width_nm",
            given=width_nm,
        )
    return Uncertain.from_samples(positive), len(positive) / len(draws)
