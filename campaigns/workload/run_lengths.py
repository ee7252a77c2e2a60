"""Expected and largest lengths of runs, which may lengthen themselves."""

from __future__ import annotations

from math import sqrt

from argyro.campaigns.spec.schema import Dynamics


def most_ps(md: Dynamics, first_ps: float) -> float:
    """Return the largest length of a run that begins with `first_ps` of production."""
    return max(first_ps, md.until.max_ps) if md.until else first_ps


def expected_ps(md: Dynamics, first_ps: float) -> float:
    """Return the expected length of a run: the geometric mean of its first and largest length."""
    return sqrt(first_ps * most_ps(md, first_ps))
