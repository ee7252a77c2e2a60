"""Excess volume and energy of a boundary per area, relative to the same amount of bulk."""

from __future__ import annotations

from collections.abc import Mapping

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import EV_A2_IN_J_M2


def excess_volume_A(
    cell_A3: float,
    cell_counts: Mapping[str, int],
    bulk_A3: float,
    bulk_counts: Mapping[str, int],
    area_A2: float,
    boundaries: int,
) -> float:
    """Return the excess volume per area in Å, (V_cell - n V_bulk) / (boundaries × area).

    The cell has as many atoms as n bulk cells.

    Args:
        cell_A3: mean volume of the cell with boundaries.
        cell_counts: atoms of the cell by element.
        bulk_A3: mean volume of the bulk cell at the same temperature.
        bulk_counts: atoms of the bulk cell by element.
        area_A2: area of one boundary.
        boundaries: number of boundaries in the cell.

    Raises:
        InputError: cell and bulk differ in composition.
    """
    return (cell_A3 - units_of_bulk(cell_counts, bulk_counts) * bulk_A3) / (boundaries * area_A2)


def boundary_energy_J_m2(
    cell_eV: float,
    cell_counts: Mapping[str, int],
    bulk_eV: float,
    bulk_counts: Mapping[str, int],
    area_A2: float,
    boundaries: int,
) -> float:
    """Return the boundary energy (E_cell - n E_bulk) / (boundaries × area) from potential energies in eV.

    Other arguments and errors are as for `excess_volume_A`.
    """
    excess_eV = cell_eV - units_of_bulk(cell_counts, bulk_counts) * bulk_eV
    return excess_eV / (boundaries * area_A2) * EV_A2_IN_J_M2


def units_of_bulk(cell_counts: Mapping[str, int], bulk_counts: Mapping[str, int]) -> float:
    """Return the number n of bulk cells with as many atoms as the cell.

    Raises:
        InputError: n differs between elements.
    """
    ratios = {element: cell_counts.get(element, 0) / count for element, count in bulk_counts.items()}
    if set(cell_counts) != set(bulk_counts) or max(ratios.values()) - min(ratios.values()) > 1e-9:
        raise InputError(
            f"cell and bulk must have the same composition, got {dict(cell_counts)} and {dict(bulk_counts)}"
        )
    return next(iter(ratios.values()))
