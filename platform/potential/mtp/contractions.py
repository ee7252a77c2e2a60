"""Basis functions of a level: scalar contractions of moments as multigraphs.

A contraction of moments M_{μ,ν} is a multigraph without loops. A moment is a vertex of degree ν; an edge is a summed
pair of indices. Loops are excluded because r̂ has unit length.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, combinations_with_replacement, permutations

from argyro.platform.common.errors import InputError

MAX_LEVEL = 26
MAX_MOMENTS, MAX_MU, MAX_NU = 4, 5, 10  # as in MLIP's tables
Moment = tuple[int, int]  # (μ, ν)


@dataclass(frozen=True)
class Contraction:
    """A scalar contraction: moments and numbers of edges of their pairs in the order (01), (02), ..., (12), ..."""

    moments: tuple[Moment, ...]
    edges: tuple[int, ...]

    @property
    def level(self) -> int:
        """The sum of the moments' levels."""
        return sum(moment_level(moment) for moment in self.moments)

    def between(self, i: int, j: int) -> int:
        """Return the number of edges between two of the moments."""
        return self.edges[pair_index(len(self.moments), i, j)]

    def parts(self) -> list["Contraction"]:
        """Return the connected parts, whose product is the contraction."""
        left, parts = set(range(len(self.moments))), []
        while left:
            part = {min(left)}
            while grown := {j for j in left - part if any(self.between(i, j) for i in part)}:
                part |= grown
            left -= part
            parts.append(self._restricted(sorted(part)))
        return parts

    def _restricted(self, kept: list[int]) -> "Contraction":
        edges = tuple(self.between(kept[i], kept[j]) for i, j in _pairs(len(kept)))
        return _canonical(tuple(self.moments[i] for i in kept), edges)


def merge(parts: list[Contraction]) -> Contraction:
    """Return the product of contractions."""
    vertices = [(moment, part, i) for part, c in enumerate(parts) for i, moment in enumerate(c.moments)]
    vertices.sort(key=lambda vertex: vertex[0])
    edges = tuple(parts[p].between(i, j) if p == q else 0 for (_, p, i), (_, q, j) in combinations(vertices, 2))
    return _canonical(tuple(moment for moment, _, _ in vertices), edges)


def check_level(level: int) -> None:
    """Raise InputError unless the level is even and within 2 to 26."""
    if not isinstance(level, int) or level % 2 or not 2 <= level <= MAX_LEVEL:
        raise InputError(f"level {level!r} must be an even integer from 2 to {MAX_LEVEL}")


def moment_level(moment: Moment) -> int:
    """Return the level of a moment, 2 + 4 μ + ν.

    Source: Podryabinkin et al., J. Chem. Phys. 159, 084112 (2023).
    """
    return 2 + 4 * moment[0] + moment[1]


def pair_index(count: int, i: int, j: int) -> int:
    """Return the index of the pair (i, j) in the list of all pairs of `count` vertices."""
    return _pairs(count).index((min(i, j), max(i, j)))


@lru_cache
def contractions(level: int) -> tuple[Contraction, ...]:
    """Return all scalar contractions up to a level, lower levels first; each list begins with that of the level below.

    Args:
        level: even level, 2 to 26.

    Raises:
        InputError: the level is odd or out of range.
    """
    check_level(level)
    found: set[Contraction] = set()
    for moments in _moment_sets(level):
        found.update(_canonical(moments, edges) for edges in _multigraphs([nu for _, nu in moments]))
    return tuple(sorted(found, key=lambda c: (c.level + c.level % 2, len(c.moments), c.moments, c.edges)))


def _moment_sets(level: int) -> Iterator[tuple[Moment, ...]]:
    single = [(mu, nu) for mu in range(MAX_MU + 1) for nu in range(MAX_NU + 1) if moment_level((mu, nu)) <= level]
    for count in range(1, MAX_MOMENTS + 1):
        yield from (
            moments
            for moments in combinations_with_replacement(single, count)
            if sum(map(moment_level, moments)) <= level and sum(nu for _, nu in moments) % 2 == 0
        )


def _multigraphs(degrees: list[int]) -> Iterator[tuple[int, ...]]:
    """Return the edge counts of all multigraphs without loops with the given degrees."""
    first, *rest = degrees
    if not rest:
        if first == 0:
            yield ()
        return
    for split in _compositions(first, rest):
        left = [degree - edges for degree, edges in zip(rest, split, strict=True)]
        yield from (split + tail for tail in _multigraphs(left))


def _compositions(total: int, limits: list[int]) -> Iterator[tuple[int, ...]]:
    if len(limits) == 1:
        if total <= limits[0]:
            yield (total,)
        return
    for head in range(min(total, limits[0]) + 1):
        yield from ((head, *tail) for tail in _compositions(total - head, limits[1:]))


def _canonical(moments: tuple[Moment, ...], edges: tuple[int, ...]) -> Contraction:
    """Return a form of the graph that is independent of the order of equal moments."""
    count = len(moments)
    best = max(
        tuple(edges[pair_index(count, order[i], order[j])] for i, j in _pairs(count))
        for order in permutations(range(count))
        if all(moments[k] == moments[order[k]] for k in range(count))
    )
    return Contraction(moments, best)


@lru_cache
def _pairs(count: int) -> tuple[tuple[int, int], ...]:
    return tuple(combinations(range(count), 2))
