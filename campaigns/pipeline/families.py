"""Group materials into families that share one potential."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.schema import Campaign


def families(campaign: Campaign) -> dict[str, list[Material]]:
    """Group the materials that share a potential; the name of a family lists its elements.

    Chemistry decides with ``by_elements``: substitutions on P and S of one halide belong together, and a mixture of
    halides belongs with its end members. ``same_elements`` makes more and smaller families.
    """
    found: dict[str, list[Material]] = {}
    for material in campaign.materials:
        found.setdefault(family_of_composition(campaign, material.composition), []).append(material)
    return found


def family_of_composition(campaign: Campaign, composition: str) -> str:
    """Return the family of a composition of the campaign."""
    asked = campaign.potential.families
    if asked == "one":
        return "all"
    if asked in _NAMES:
        return _NAMES[asked](composition)
    return chemical_groups(tuple(material.composition for material in campaign.materials))[composition]


@cache
def chemical_groups(compositions: tuple[str, ...]) -> dict[str, str]:
    """Name the group of each composition: ``{"Li6PS5Cl": "Cl-Li-P-S"}``.

    Two compositions are in one group if the halides of one are among those of the other. A composition without
    halides joins the first group that has its elements.
    """
    elements = {composition: _elements(composition) for composition in dict.fromkeys(compositions)}
    groups: list[tuple[set[str], list[str]]] = []  # halides, members
    for composition, present in elements.items():
        halides = {element for element in present if element in _HALIDES}
        near = [group for group in groups if halides and _nested(group[1], halides, elements)]
        merged = (halides.union(*(group[0] for group in near)), [m for group in near for m in group[1]] + [composition])
        groups = [group for group in groups if group not in near] + [merged]
    unions = [(set().union(*(elements[member] for member in members)), members) for _, members in groups]
    return _named(unions, elements)


_HALIDES = ("Cl", "Br", "I")


def _nested(members: Sequence[str], halides: set[str], elements: dict[str, set[str]]) -> bool:
    """Check whether the halides contain those of a member, or are contained in them."""
    for member in members:
        own = elements[member] & set(_HALIDES)
        if own and (own <= halides or halides <= own):
            return True
    return False


def _named(unions: Sequence[tuple[set[str], list[str]]], elements: dict[str, set[str]]) -> dict[str, str]:
    """Name each group by its elements; groups without halides join one that has their elements."""
    names: dict[str, str] = {}
    with_halides = [union for union, _ in unions if union & set(_HALIDES)]
    for union, members in unions:
        home = union
        if not union & set(_HALIDES):
            home = next((other for other in with_halides if union <= other), union)
        names |= {member: "-".join(sorted(home)) for member in members}
    return {composition: names[composition] for composition in elements}


def _elements(composition: str) -> set[str]:
    from argyro.platform.structures.crystal.composition import Composition

    return set(Composition.parse(composition).elements)


_NAMES: dict[str, Callable[[str], str]] = {
    "by_composition": lambda composition: composition,
    "same_elements": lambda composition: "-".join(sorted(_elements(composition))),
}
