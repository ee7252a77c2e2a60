"""MaxVol: the square submatrix of (locally) largest volume, which defines extrapolation.

Source: Goreinov et al., "How to find a good submatrix" (2010); for extrapolation grades, Podryabinkin and Shapeev,
Comput. Mater. Sci. 140, 171 (2017).
"""

import numpy as np
from scipy.linalg import lu_factor, lu_solve, qr

SWAP_TOLERANCE = 1.001  # each swap multiplies the volume by at least this factor, so the search ends
_START_ROWS = 20_000  # rows in the initial pivoted QR; its cost is their number times columns squared


def coordinates(rows: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Return rows as linear combinations of active rows, C = R A⁻¹.

    Args:
        rows: (n, m) rows R.
        active: (m, m) active rows A, not singular.

    Returns:
        (n, m) coefficients; the grade of a row is its largest absolute coefficient.
    """
    return lu_solve(lu_factor(active.T), rows.T).T


def greedy_rows(rows: np.ndarray) -> np.ndarray:
    """Return the indices of m rows of large volume, by QR with column pivoting of the transposed rows.

    Args:
        rows: (n, m), n >= m. Of many rows a regular sample and the last m rows are used; the last rows are the padding
            that ensures full rank.
    """
    count, size = rows.shape
    stride = max(1, count // _START_ROWS)
    candidates = np.concatenate([np.arange(0, count - size, stride), np.arange(count - size, count)])
    pivots = qr(rows[candidates].T, mode="r", pivoting=True)[-1]
    return candidates[pivots[:size]]


def maximal_volume(rows: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Return the indices of m rows with a volume |det| that no single exchange increases by more than 0.1 %.

    An exchange of active row j for row i multiplies the volume by |C_ij|, C = R A⁻¹. The largest exchange is made until
    none exceeds the tolerance. Between two full passes over the matrix only rows above the tolerance are updated.

    Args:
        rows: (n, m) rows of full column rank, n >= m.
        start: (m,) initial indices of independent rows; by default those of `greedy_rows`.

    Returns:
        (m,) indices in no particular order.
    """
    active = (greedy_rows(rows) if start is None else start).copy()
    while True:
        all_coordinates = coordinates(rows, rows[active])
        watched = np.flatnonzero(np.abs(all_coordinates).max(axis=1) > SWAP_TOLERANCE)
        if watched.size == 0:
            return active
        _exchange(all_coordinates[watched], watched, active)


def _exchange(watched_coordinates: np.ndarray, watched: np.ndarray, active: np.ndarray) -> None:
    """Swap watched rows into `active`, in place, until no swap increases the volume."""
    c = watched_coordinates
    while True:
        i, j = np.unravel_index(np.abs(c).argmax(), c.shape)
        if abs(c[i, j]) <= SWAP_TOLERANCE:
            return
        active[j] = watched[i]
        step = c[i].copy()
        step[j] -= 1.0
        c -= np.outer(c[:, j] / c[i, j], step)
