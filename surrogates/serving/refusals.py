"""Turn pydantic's errors of a request into messages with value, rule and repair."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

_RULES = {
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than_equal": "a number of at most {le:g}",
    "finite_number": "a finite number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "an object of names and shares",
    "string_too_short": "text that is not empty",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "model_attributes_type": "a JSON object",
}
SHOWN_CHARACTERS = 60


def refusal(entry: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """Describe one error of a request body by location, message, type and given value.

    Args:
        entry: error of pydantic.
        known: names of all fields of questions.
    """
    name, given = _name(entry["loc"]), repr(entry.get("input"))
    shown = given if len(given) <= SHOWN_CHARACTERS else f"{given[:SHOWN_CHARACTERS]}..."
    if entry["type"] == "extra_forbidden":
        nearest = get_close_matches(name, known, n=1)
        repair = f"did you mean {nearest[0]!r}?" if nearest else "remove it"
        message = f"{name!r} is not known; {repair} (known are: {', '.join(known)})"
    elif entry["type"] == "json_invalid":
        message = (
            f"the body is not JSON (at character {entry['loc'][-1]}); write an object with the keys of openapi.json"
        )
    elif entry["type"] == "missing":
        message = f"{name} is missing; give it"
    elif name == "disorder" and isinstance(entry.get("input"), int | float):
        message = f"disorder {shown} is not a share from 0 to 1{_percent(entry['input'])}"
    else:
        rule = _RULES.get(entry["type"], "a value as in openapi.json").format(**entry.get("ctx", {}))
        message = f"{name} {shown} is not accepted; write {rule}"
    return {"loc": entry["loc"], "msg": message, "type": entry["type"], "given": given}


def _name(location: Sequence[str | int]) -> str:
    """Write the last named part of a location, with the place in its list: ``temperatures_K[0]``."""
    *_, name = (part for part in location if isinstance(part, str))
    return name + "".join(f"[{part}]" for part in location if isinstance(part, int))


def _percent(value: float) -> str:
    return f"; {value:g} % is {value / 100:g}" if 1 < value <= 100 else ""
