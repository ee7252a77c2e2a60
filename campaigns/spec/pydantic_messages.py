"""Turn the validation errors of pydantic into mistakes in the words of a campaign file."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from argyro.campaigns.spec.mistakes import Location, Mistake, dotted, shown
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.errors import InputError

# Error of pydantic -> accepted value, with the limits of the field.
_ACCEPTED = {
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
    "multiple_of": "a multiple of {multiple_of:g}",
    "finite_number": "a finite number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "literal_error": "{expected}",
    "string_type": "text",
    "list_type": "a list: [value, value]",
    "tuple_type": "a list: [value, value]",
    "dict_type": "a section of settings",
    "model_type": "a section of settings",
    "too_short": "at least {min_length} value(s)",
    "too_long": "at most {max_length} value(s)",
    "string_pattern_mismatch": "letters, digits, '_', '.' and '-', at most 80, the first a letter or digit",
}


def mistake(entry: ErrorDetails) -> Mistake:
    """Describe one error of pydantic by path, given value, accepted value and repair."""
    location, given, context = entry["loc"], entry["input"], entry.get("ctx", {})
    path, cause = dotted(location), context.get("error")
    if isinstance(cause, InputError):
        return Mistake(path, given, cause.accepted or "see the message", str(cause))
    if entry["type"] == "extra_forbidden":
        return _unknown(location, given)
    if entry["type"] == "missing":
        if isinstance(location[-1], int):
            return Mistake(path, None, "a value", "is missing; the list is too short")
        return Mistake(path, None, "a value", "is missing and has no default; see `argyro template quickstart`")
    accepted = _ACCEPTED.get(entry["type"], "a value as in `argyro schema`").format(**context)
    if entry["type"] == "model_type" and (settings := _section(location)):
        accepted += f", such as {{{settings[0]}: ...}}"
    if given is None:
        return Mistake(path, given, accepted, f"is empty; write {accepted} or remove the line")
    return Mistake(path, given, accepted, f"{shown(given)} is not accepted; write {accepted}")


def _unknown(location: Location, given: object) -> Mistake:
    """Name the section to which the setting belongs, or the nearest known setting."""
    name, section = str(location[-1]), _section(location[:-1])
    known = ", ".join(section)
    nearest, elsewhere = get_close_matches(name, section, n=1), [path for path in _settings() if path[-1] == name]
    if name.replace(".", "").isdigit():
        repair = "a comma separates entries, a decimal number has a point"
    elif elsewhere:
        repair = f"it belongs to {dotted(elsewhere[0][:-1]) or 'the top level'}"
    elif nearest:
        repair = f"did you mean {nearest[0]!r}?"
    else:
        repair = "remove it"
    return Mistake(dotted(location), given, known, f"{name!r} is not a setting here; {repair} (known are: {known})")


def _section(location: Location) -> list[str]:
    """List the settings of the section at a location."""
    model: type[BaseModel] = Campaign
    for part in location:
        if not isinstance(part, int):
            model = next(_models(model.model_fields[part].annotation))
    return list(model.model_fields)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """Find the sections in the type of a field."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)


def _settings(model: type[BaseModel] = Campaign, place: Location = ()) -> Iterator[Location]:
    """List all settings of a campaign file."""
    for name, field in model.model_fields.items():
        yield (*place, name)
        for section in _models(field.annotation):
            yield from _settings(section, (*place, name))
