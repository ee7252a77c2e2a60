"""Homogenization of a table of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.homogenize import homogenize_batch
from argyro.platform.continuum.input_checks import Queries
from argyro.platform.continuum.mesh.mesh import Mesh
from argyro.platform.continuum.mesh_error import mesh_error

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("d_bulk_cm2_s", "d_parallel_cm2_s", "d_perpendicular_cm2_s", "width_nm", "grain_size_nm")


def homogenize_table(mesh: Mesh, table: pd.DataFrame, method: str = "auto") -> pd.DataFrame:
    """Append ``effective_xx_cm2_s`` … ``effective_xy_cm2_s``, ``mean_cm2_s``, the errors, method and note.

    Args:
        mesh: mesh of one polycrystal.
        table: columns COLUMNS; other columns are kept. With several GB classes the boundary columns are
        ``d_parallel_0_cm2_s``, ``d_parallel_1_cm2_s`` … and ``d_perpendicular_0_cm2_s`` ….
        method: see `homogenize_batch`.

    Raises:
        InputError: the table is empty, a column is missing, or a number is invalid (reported with the column name).
    """
    along, across = (_boundary_columns(name, mesh.classes) for name in ("d_parallel", "d_perpendicular"))
    needed = ["d_bulk_cm2_s", *along, *across, "width_nm", "grain_size_nm"]
    missing = [name for name in needed if name not in table.columns]
    if missing or not len(table):
        what = f"lacks the column(s) {', '.join(missing)}" if missing else "has no rows"
        raise InputError(f"the table {what}; it needs {', '.join(needed)}")
    bulk, width_nm, size_nm = (table[name].to_numpy() for name in ("d_bulk_cm2_s", "width_nm", "grain_size_nm"))
    query = bulk, table[along].to_numpy(), table[across].to_numpy(), width_nm, size_nm
    batch = homogenize_batch(mesh, *query, method=method)
    error = mesh_error(mesh, Queries.of(mesh, *query), method)
    entries = {"xx": (0, 0), "yy": (1, 1), "zz": (2, 2), "yz": (1, 2), "xz": (0, 2), "xy": (0, 1)}
    found: dict[str, np.ndarray] = {
        f"effective_{n}_cm2_s": batch.tensor_cm2_s[:, i, j] for n, (i, j) in entries.items()
    }
    return table.assign(
        **found,
        mean_cm2_s=batch.mean_cm2_s,
        relative_error_bound=batch.basis_error + error,
        basis_error=batch.basis_error,
        mesh_error=error,  # the largest of a sample of the rows
        method=batch.method,
        note=batch.note,
    )


def _boundary_columns(name: str, classes: int) -> list[str]:
    return [f"{name}_cm2_s"] if classes == 1 else [f"{name}_{number}_cm2_s" for number in range(classes)]
