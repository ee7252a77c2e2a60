"""Contraction tables of a level: scalar contractions as products of two moments.

Exponents name the components of a symmetric tensor, M_abc of rank a + b + c. A sum over n shared indices is a sum over
all exponents γ of degree n with weight n!/(γx! γy! γz!). Contractions of three and four moments use intermediate
tensors with only the required symmetry. Each intermediate component is built once and shared by all functions. The
order of contraction with the fewest new products is chosen.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import permutations, product
from math import factorial

import numpy as np

from argyro.platform.potential.mtp.contractions import Contraction, Moment, contractions, merge

Exponents = tuple[int, int, int]
Key = tuple  # names a moment or an intermediate component
Products = dict[tuple[Key, Key], int]  # factor of each product of two components


@dataclass(frozen=True)
class Tables:
    """The index tables of an .mtp file.

    Attributes:
        moments_count: number of basic moments and products.
        basic: (n, 4) rows (μ, a, b, c).
        times: (n, 4) rows (i, j, factor, k) for M_k += factor M_i M_j; every operand is complete before its use.
        scalar_moments: (basis functions,) moment of each basis function.
    """

    moments_count: int
    basic: np.ndarray
    times: np.ndarray
    scalar_moments: np.ndarray

    @property
    def radial_functions(self) -> int:
        """The number of radial functions, highest μ + 1."""
        return int(self.basic[:, 0].max()) + 1


@lru_cache
def generate(level: int) -> Tables:
    """Return the tables of all scalar contractions up to a level.

    Args:
        level: even level, 2 to 26.

    Raises:
        InputError: the level is odd or out of range.
    """
    builder = _Builder()
    scalars = [builder.add(contraction) for contraction in contractions(level)]
    return builder.tables(scalars)


class _Builder:
    """A collection of components; a component has a key and a definition by its products."""

    def __init__(self) -> None:
        self.components: dict[Key, Products] = {}
        self.scalars: dict[Contraction, Key] = {}

    def add(self, contraction: Contraction) -> Key:
        """Add a scalar by the cheapest plan and return its key."""
        parts = contraction.parts()
        if len(parts) > 1:  # the parts have lower levels and are already known
            term = (1, self.scalars[parts[0]], self.scalars[merge(parts[1:])])
            plans = [_Plan(lambda plan: plan.define(("B", contraction), iter([term]))).cost(self.components)]
        else:
            plans = [_Plan(plan).cost(self.components) for plan in _plans(contraction)]
        best = min(plans, key=lambda plan: plan.price)
        self.components.update(best.fresh)
        self.scalars[contraction] = best.scalar
        return best.scalar

    def tables(self, scalars: list[Key]) -> Tables:
        """Number all components, basic moments first."""
        used = {key for products in self.components.values() for pair in products for key in pair} | set(scalars)
        basic = sorted((key for key in used if key[0] == "M"), key=lambda key: (key[1][0], sum(key[2]), key[2]))
        ranks = {mu: max(sum(key[2]) for key in basic if key[1][0] == mu) for mu, _ in (key[1] for key in basic)}
        number = {key: index for index, key in enumerate(_all_moments(ranks))}
        basic_count = len(number)
        number |= {key: basic_count + index for index, key in enumerate(self.components)}
        times = [
            (*sorted((number[a], number[b])), factor, number[key])
            for key, products in self.components.items()
            for (a, b), factor in products.items()
        ]
        return Tables(
            moments_count=len(number),
            basic=np.array([(mu, *abc) for _, (mu, _), abc in list(number)[:basic_count]], dtype=np.int32).reshape(
                -1, 4
            ),
            times=np.array(times, dtype=np.int32).reshape(-1, 4),
            scalar_moments=np.array([number[key] for key in scalars], dtype=np.int32),
        )


def _all_moments(ranks: dict[int, int]) -> Iterator[Key]:
    for mu in sorted(ranks):
        for nu in range(ranks[mu] + 1):
            yield from (("M", (mu, nu), abc) for abc in exponents(nu))


class _Plan:
    """One order of contraction, with the components that it would add."""

    def __init__(self, build: Callable[["_Plan"], Key]):
        self.build = build

    def cost(self, known: dict[Key, Products]) -> "_Plan":
        self.known = known
        self.fresh: dict[Key, Products] = {}
        self.scalar = self.build(self)
        self.price = sum(len(products) for products in self.fresh.values())
        return self

    def define(self, key: Key, terms: Iterator[tuple[int, Key, Key]]) -> Key:
        """Add a component with its terms unless it is known."""
        if key in self.known or key in self.fresh:
            return key
        products: Products = defaultdict(int)
        for factor, a, b in terms:
            products[(a, b) if a <= b else (b, a)] += factor
        self.fresh[key] = dict(products)
        return key

    # --- tensors of two and three moments ---------------------------------------------------------------------------
    def pair(self, a: Moment, b: Moment, edges: int, left_a: Exponents, left_b: Exponents) -> Key:
        """Add Σ_γ A_{γ+α} B_{γ+β}: two moments joined by edges, with fixed exponents of the free indices."""
        (a, left_a), (b, left_b) = sorted([(a, left_a), (b, left_b)])
        return self.define(
            ("P", a, b, edges, left_a, left_b),
            ((weight(g), moment(a, add(g, left_a)), moment(b, add(g, left_b))) for g in exponents(edges)),
        )

    def symmetric_pair(self, a: Moment, b: Moment, edges: int, free: Exponents) -> Key:
        """Add the pair with symmetrised free indices, for contraction with a third symmetric tensor."""
        if b < a:
            a, b = b, a
        degree = a[1] - edges
        return self.define(
            ("S", a, b, edges, free),
            (
                (weight(g) * weight(left) * weight(right), moment(a, add(g, left)), moment(b, add(g, right)))
                for left, right in splits(free, degree)
                for g in exponents(edges)
            ),
        )

    def triple(self, graph: "_Ordered", free: Exponents) -> Key:
        """Add the contraction of moments 0, 1, 2 with symmetrised indices towards moment 3."""
        a, b, c = graph.moments[:3]
        ab, ac, ad, bc, bd, cd = graph.edges
        first, second = sorted([(a, ac, ad), (b, bc, bd)])
        return self.define(("T", first, second, c, ab, cd, free), self._triple_terms(graph, free))

    def _triple_terms(self, graph: "_Ordered", free: Exponents) -> Iterator[tuple[int, Key, Key]]:
        a, b, c = graph.moments[:3]
        ab, ac, ad, bc, bd, _ = graph.edges
        for to_a, rest in splits(free, ad):
            for to_b, to_c in splits(rest, bd):
                for with_a, with_b in product(exponents(ac), exponents(bc)):
                    factor = weight(to_a) * weight(to_b) * weight(to_c) * weight(with_a) * weight(with_b)
                    left = self.pair(a, b, ab, add(with_a, to_a), add(with_b, to_b))
                    yield factor, left, moment(c, add(add(with_a, with_b), to_c))


@dataclass(frozen=True)
class _Ordered:
    """A graph with vertices in the order of contraction; edges (01), (02), (03), (12), (13), (23)."""

    moments: tuple[Moment, ...]
    edges: tuple[int, ...]


def _plans(contraction: Contraction) -> Iterator[Callable[[_Plan], Key]]:
    count = len(contraction.moments)
    if count == 1:
        yield lambda plan: moment(contraction.moments[0], (0, 0, 0))
    elif count == 2:
        a, b = contraction.moments
        yield lambda plan: plan.pair(a, b, contraction.edges[0], (0, 0, 0), (0, 0, 0))
    elif count == 3:
        for order in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
            yield partial(_three, contraction=contraction, order=order)
    else:
        for arrangement in permutations(range(4)):
            graph = _reordered(contraction, arrangement)
            if arrangement[0] < arrangement[1]:
                yield partial(_three_and_one, contraction=contraction, graph=graph)
                if arrangement[2] < arrangement[3]:
                    yield partial(_two_and_two, contraction=contraction, graph=graph)


def _reordered(contraction: Contraction, order: tuple[int, ...]) -> _Ordered:
    return _Ordered(
        tuple(contraction.moments[i] for i in order),
        tuple(contraction.between(order[i], order[j]) for i in range(4) for j in range(i + 1, 4)),
    )


def _three(plan: _Plan, contraction: Contraction, order: tuple[int, int, int]) -> Key:
    a, b, c = (contraction.moments[i] for i in order)
    edges = contraction.between(order[0], order[1])
    terms = ((1, plan.symmetric_pair(a, b, edges, free), moment(c, free)) for free in exponents(c[1]))
    return plan.define(("B", contraction), terms)


def _three_and_one(plan: _Plan, contraction: Contraction, graph: _Ordered) -> Key:
    last = graph.moments[3]
    terms = ((1, plan.triple(graph, free), moment(last, free)) for free in exponents(last[1]))
    return plan.define(("B", contraction), terms)


def _two_and_two(plan: _Plan, contraction: Contraction, graph: _Ordered) -> Key:
    a, b, c, d = graph.moments
    ab, ac, ad, bc, bd, cd = graph.edges
    if ad == bd == 0:  # only c is contracted with the pair
        none = (0, 0, 0)
        terms = ((1, plan.symmetric_pair(a, b, ab, f), plan.pair(c, d, cd, f, none)) for f in exponents(ac + bc))
        return plan.define(("B", contraction), terms)
    terms = (
        (
            weight(g_ac) * weight(g_ad) * weight(g_bc) * weight(g_bd),
            plan.pair(a, b, ab, add(g_ac, g_ad), add(g_bc, g_bd)),
            plan.pair(c, d, cd, add(g_ac, g_bc), add(g_ad, g_bd)),
        )
        for g_ac, g_ad, g_bc, g_bd in product(exponents(ac), exponents(ad), exponents(bc), exponents(bd))
    )
    return plan.define(("B", contraction), terms)


# --- components of symmetric tensors --------------------------------------------------------------------------------
def moment(of: Moment, abc: Exponents) -> Key:
    """Return the key of a basic moment."""
    return ("M", of, abc)


@lru_cache
def exponents(degree: int) -> tuple[Exponents, ...]:
    """Return all (a, b, c) with a + b + c = degree."""
    return tuple((a, b, degree - a - b) for a in range(degree, -1, -1) for b in range(degree - a, -1, -1))


@lru_cache
def weight(abc: Exponents) -> int:
    """Return the number of index orders of a component, the multinomial coefficient."""
    return factorial(sum(abc)) // (factorial(abc[0]) * factorial(abc[1]) * factorial(abc[2]))


@lru_cache
def add(left: Exponents, right: Exponents) -> Exponents:
    """Add exponents."""
    return (left[0] + right[0], left[1] + right[1], left[2] + right[2])


@lru_cache
def splits(total: Exponents, degree: int) -> tuple[tuple[Exponents, Exponents], ...]:
    """Return all ways to split exponents into a first part of the given degree and the rest."""
    x, y, z = (range(limit + 1) for limit in total)
    return tuple(
        (part, (total[0] - part[0], total[1] - part[1], total[2] - part[2]))
        for part in product(x, y, z)
        if sum(part) == degree
    )


def levels(basic: np.ndarray, times: np.ndarray, moments_count: int) -> np.ndarray:
    """Return the level of every moment: 2 + 4 μ + ν of a basic moment, the sum over the factors of a product."""
    found = np.zeros(moments_count, dtype=int)
    found[: len(basic)] = 2 + 4 * basic[:, 0] + basic[:, 1:].sum(axis=1)
    for left, right, _, target in times:
        found[target] = found[left] + found[right]
    return found
