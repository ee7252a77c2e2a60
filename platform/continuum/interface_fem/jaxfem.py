"""Element layer of the grains: shape gradients and quadrature weights from jax-fem."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import types
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from types import ModuleType


def element_gradients(points: np.ndarray, cells: np.ndarray, element: str) -> tuple[np.ndarray, np.ndarray]:
    """Compute shape-function gradients, (cells, points, nodes, 3), and quadrature weights J w, (cells, points).

    Args:
        points: (n, 3) node positions.
        cells: (c, 4) for ``TET4``, (c, 8) for ``HEX8``.
        element: element name in jax-fem.

    Source: Xue et al., Comput. Phys. Commun. 291, 108802 (2023).
    """
    fe = import_quietly()
    grid = fe.Mesh(points, cells, element)
    layer = fe.FiniteElement(grid, vec=1, dim=3, ele_type=element, gauss_order=None, dirichlet_bc_info=None)
    return np.asarray(layer.shape_grads), np.asarray(layer.JxW)


def import_quietly() -> ModuleType:
    """Import jax_fem.fe without its banner, log lines and changes of numpy's print options."""
    absent = _stand_in_for_gmsh()
    options = np.get_printoptions()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            import jax_fem.fe
    finally:
        np.set_printoptions(**options)
        if absent:
            del sys.modules["gmsh"]
    logging.getLogger("jax_fem").setLevel(logging.WARNING)
    return jax_fem.fe


def _stand_in_for_gmsh() -> bool:
    """Register an empty gmsh module if gmsh cannot load without OpenGL; jax-fem needs gmsh only for meshing."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            import gmsh  # noqa: F401
    except (ImportError, OSError):
        sys.modules["gmsh"] = types.ModuleType("gmsh")
        return True
    return False
