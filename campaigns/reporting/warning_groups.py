"""One sentence for many cases: what is said of each of them in the same words is said once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")  # not those of a formula


class Said(NamedTuple):
    """A sentence, where it holds (``Li6PS5I 0 %, bulk``) and at what (``500 K``, or nothing)."""

    sentence: str
    place: str
    at: str = ""


def each_once(told: Iterable[Said]) -> Iterator[tuple[str, str]]:
    """Each sentence with its cases; of sentences that differ in their numbers alone, one with the numbers' ranges."""
    groups: dict[str, list[Said]] = {}
    for said in told:
        groups.setdefault(NUMBER.sub("#", said.sentence), []).append(said)
    for group in groups.values():
        yield _with_ranges([said.sentence for said in group]), _cases(group)


def _with_ranges(sentences: list[str]) -> str:
    columns = zip(*(NUMBER.findall(sentence) for sentence in sentences), strict=True)
    ranges = map(_range, columns)
    return NUMBER.sub(lambda _: next(ranges), sentences[0])


def _range(numbers: tuple[str, ...]) -> str:
    low, high = min(numbers, key=float), max(numbers, key=float)
    return low if low == high else f"{low} to {high}"


def _cases(group: list[Said]) -> str:
    """``Li6PS5I 0 %, bulk: 500 K, 575 K; ...``, each case once."""
    places: dict[str, list[str]] = {}
    for _, place, at in group:
        places.setdefault(place, []).extend([at] if at else [])
    return "; ".join(f"{place}: {', '.join(dict.fromkeys(at))}" if at else place for place, at in places.items())
