"""Types of the numbers in a campaign file: no booleans, decimal notation, limits."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from argyro.campaigns.spec.mistakes import shown
from argyro.platform.common.errors import InputError

_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_REPAIRS = (
    (re.compile(r"([-+]?[0-9.]+) ?%"), lambda found: f"write the share, {float(found[1]) / 100:g}"),
    (re.compile(r"([-+]?[0-9]+),([0-9]+)"), lambda found: f"write a decimal point, {found[1]}.{found[2]}"),
    (re.compile(r"([-+]?[0-9.]+)[dD]([-+]?[0-9]+)"), lambda found: f"write {found[1]}e{found[2]}"),
)


def decimal(value: object) -> object:
    """Take a number, or a quoted one in decimal notation.

    Raises:
        InputError: a boolean, text, or nothing.
    """
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if value is None:
        raise InputError("is empty; write a number or remove the line", accepted="a number")
    repair = "write a decimal number"
    for pattern, words in _REPAIRS:
        if isinstance(value, str) and (found := pattern.fullmatch(value)) and found[1].count(".") < 2:
            repair = words(found)
    raise InputError(f"{shown(value)} is not a number; {repair}", accepted="a number")


def share(value: object) -> object:
    """Take a number from 0 to 1.

    Raises:
        InputError: it is none, or a percentage.
    """
    number = decimal(value)
    if isinstance(number, (int, float)) and not 0 <= number <= 1:
        repair = f"; {number:g} % is {number / 100:g}" if 1 < number <= 100 else ""
        raise InputError(f"{number:g} is not a share from 0 to 1{repair}", accepted="0 to 1")
    return number


def six_digits(values: list) -> list:
    """Refuse values that are equal in the six digits that names of items show.

    Raises:
        InputError: two values coincide.
    """
    first: dict[str, object] = {}
    for value in values:
        name = value if isinstance(value, str) else f"{value:g}"
        if name in first:
            text = f"{first[name]} and {value}" if first[name] != value else f"{value} twice"
            raise InputError(f"holds {text}; keep one of values equal in six digits", accepted="distinct values")
        first[name] = value
    return values


def rising(levels: list[int]) -> list[int]:
    """Refuse levels that are not strictly increasing.

    Raises:
        InputError: they are not.
    """
    if levels != sorted(set(levels)):
        raise InputError(
            "levels must be strictly increasing; write the lowest first", accepted="strictly increasing levels"
        )
    return levels


def ordered(limits: tuple[float, float]) -> tuple[float, float]:
    """Refuse limits whose first is not below the second.

    Raises:
        InputError: they are in the wrong order.
    """
    if limits[0] >= limits[1]:
        raise InputError("must hold the lowest, then the highest value", accepted="two values, the lowest first")
    return limits


Number = Annotated[float, BeforeValidator(decimal)]
Whole = Annotated[int, BeforeValidator(decimal)]
Share = Annotated[float, Field(ge=0.0, le=1.0), BeforeValidator(share)]
Fraction = Annotated[float, Field(gt=0.0, le=1.0), BeforeValidator(share)]
Probability = Annotated[Number, Field(gt=0.0, lt=1.0)]
Positive = Annotated[Number, Field(gt=0.0, le=1e9)]
Time_s = Annotated[Number, Field(gt=0.0, le=1e8)]
Length_nm = Annotated[Number, Field(gt=0.0, le=1e9)]
Width_nm = Annotated[Number, Field(gt=0.0, le=1000.0)]
Thickness_nm = Annotated[Number, Field(ge=0.5, le=1000.0)]
Duration_ps = Annotated[Number, Field(gt=0.0, le=1e8)]
Temperature = Annotated[Number, Field(ge=1.0, le=3000.0)]
Level = Annotated[Whole, Field(ge=2, le=26, multiple_of=2)]
Count = Annotated[Whole, Field(ge=1, le=1_000_000)]
Repeats = Annotated[Whole, Field(ge=1, le=1000)]

Temperatures = Annotated[list[Temperature], Field(min_length=1), AfterValidator(six_digits)]
Sizes_nm = Annotated[list[Length_nm], Field(min_length=1), AfterValidator(six_digits)]
Durations_ps = Annotated[list[Duration_ps], AfterValidator(six_digits)]
Levels = Annotated[list[Level], Field(min_length=1), AfterValidator(rising)]
TemperatureRange = Annotated[tuple[Temperature, Temperature], AfterValidator(ordered)]
Supercell = tuple[Count, Count, Count]
