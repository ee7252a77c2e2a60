"""Find the square submatrix of (locally) largest volume, MaxVol; it decides what counts as extrapolation.

Source: Goreinov et al., "How to find a good submatrix" (2010), and Podryabinkin and Shapeev, Comput. Mater. Sci. 140,
171 (2017), who use it to grade configurations against a training set.
"""

import numpy as np
from scipy.linalg import lu_factor, lu_solve, qr

SWAP_TOLERANCE = 1.001  # a swap multiplies the volume by at least this much, hence the search ends
_START_ROWS = 20_000  # rows that the pivoted QR of the start looks at; its cost is their number times columns squared


def coordinates(rows: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Return rows as linear combinations of active rows, C = R A⁻¹.

    Args:
        rows: (n, m) rows R.
        active: (m, m) active rows A, not singular.

    Returns:
        (n, m) coefficients; the grade of a row is the largest of them in size.
    """
    return lu_solve(lu_factor(active.T), rows.T).T


def greedy_rows(rows: np.ndarray) -> np.ndarray:
    """Return the indices of m rows of large volume, by QR with column pivoting of the transposed rows.

    Args:
        rows: (n, m), n >= m; of many rows a regular sample is looked at, the last m of them always, since padding that
            ensures full rank stands there.
    """
    count, size = rows.shape
    stride = max(1, count // _START_ROWS)
    candidates = np.concatenate([np.arange(0, count - size, stride), np.arange(count - size, count)])
    pivots = qr(rows[candidates].T, mode="r", pivoting=True)[-1]
    return candidates[pivots[:size]]


def maximal_volume(rows: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
    """Return the indices of m rows whose volume |det| no single exchange raises by more than 0.1 %.

    Exchanging active row j for row i multiplies the volume by |C_ij|, C = R A⁻¹; the largest is taken until none
    exceeds the tolerance. Only rows above the tolerance are watched between two full looks at the matrix.

    Args:
        rows: (n, m) rows of full column rank, n >= m.
        start: (m,) indices to begin with, of rows that are not singular; by default those of `greedy_rows`.

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
    """Swap watched rows into `active`, in place, until none of them would enlarge the volume."""
    c = watched_coordinates
    while True:
        i, j = np.unravel_index(np.abs(c).argmax(), c.shape)
        if abs(c[i, j]) <= SWAP_TOLERANCE:
            return
        active[j] = watched[i]
        step = c[i].copy()
        step[j] -= 1.0
        c -= np.outer(c[:, j] / c[i, j], step)
