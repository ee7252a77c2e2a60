"""Read YAML without ambiguous values, by the events of PyYAML's parser.

YAML 1.2 core schema. Values that YAML 1.1 reads differently (`yes`, `010`, `1:30`, `1_000`) are refused by name, as are
duplicate keys, tags and second documents. Size, nodes, depth and the content of aliases are limited.

The rules take fewer lines here than with ruamel.yaml: it has neither the limits nor these refusals, and keeps the line
numbers on its own containers, which pydantic does not take.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import yaml

from argyro.campaigns.spec.mistakes import InvalidCampaign, Location, Mistake, dotted, shown

MAX_BYTES = 1 << 18
MAX_NODES = 20_000  # the content of an alias counts at each place
MAX_DEPTH = 20
MAX_DIGITS = 18

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_REFUSED = (
    (
        re.compile(r"yes|no|on|off", re.IGNORECASE),
        "some YAML versions read {} as true or false, others as text; write a number, true or false, or quote it",
    ),
    (
        re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?"),
        "some YAML versions read {} as a number to the base 60; write a decimal number, or quote the text",
    ),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?"), "{} has an underscore; write the digits alone"),
    (
        re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?"),
        "{} has a leading zero, octal in some YAML versions; write the number without it (1000, not 1,000)",
    ),
    (re.compile(r"[-+]?0[xob][0-9a-fA-F_]+"), "{} is not a decimal number; write it as one, or quote the text"),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), "{} is not finite; write a finite number"),
)
_PART = re.compile(r"\[[0-9]+|[^.\[\]]+")
_FOREIGN = "tag {} is not allowed in a campaign file; write plain values"


@dataclass
class Document:
    """The content of a YAML file.

    Args:
        content: mappings as dict with text keys, sequences as list.
        lines: location of a value -> its line, from 1.
        mistakes: values that were refused; the content holds their text.
        hints: places that a reader may misread.
    """

    content: object = None
    lines: dict[Location, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)

    def line(self, path: str) -> int | None:
        """Find the line of a value by its dotted path, or of the nearest section around it."""
        location: Location = tuple(int(part[1:]) if part[0] == "[" else part for part in _PART.findall(path))
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location)


def read_yaml(file: Path) -> Document:
    """Read a YAML file of one document.

    Raises:
        InvalidCampaign: it cannot be read, is not YAML, or exceeds a limit.
    """
    try:
        return _Builder(_text(file)).document
    except OSError as error:
        raise _refusal(file, "a readable YAML file", f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _refusal(file, "UTF-8", f"is not YAML in UTF-8: {error.reason}; save the file as UTF-8") from error
    except yaml.YAMLError as error:
        raise _refusal(file, "YAML", f"is not YAML: {_syntax(error)}") from error
    except _Limit as error:
        raise _refusal(file, "a campaign file", f"is not a campaign file: {error}") from error


def _refusal(file: Path, accepted: str, message: str) -> InvalidCampaign:
    return InvalidCampaign(str(file), [Mistake("", str(file), accepted, message)])


def _text(file: Path) -> str:
    with file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _Limit(f"it is larger than {MAX_BYTES >> 10} KiB")
    return data.decode("utf-8-sig")


def _syntax(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    problem = str(getattr(error, "problem", None) or getattr(error, "context", ""))
    if "'\\t'" in problem:
        problem = "a tab indents this line; indent with spaces"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"


class _Limit(ValueError):
    """The file exceeds a limit or uses a construct that no campaign needs."""


class _Builder:
    """Builds the content from the parser's events."""

    def __init__(self, text: str):
        self.document = Document()
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
        self._anchors: dict[str, tuple[object, int]] = {}  # the value and its number of nodes
        self._nodes = 0
        next(self._events)  # start of the stream
        if isinstance(next(self._events), yaml.DocumentStartEvent):
            self.document.content = self._value(next(self._events), ())
            next(self._events)  # end of the document
            second = next(self._events)
            if isinstance(second, yaml.DocumentStartEvent):
                line = second.start_mark.line + 1
                raise _Limit(f"line {line}: a second YAML document begins; keep one in a file")

    def _value(self, event: yaml.Event, place: Location) -> object:
        line = event.start_mark.line + 1
        self.document.lines[place] = line
        self._count(1, line)
        if len(place) > MAX_DEPTH:
            raise _Limit(f"line {line}: more than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line)
        tag, anchor, before = event.tag, event.anchor, self._nodes - 1
        if tag is not None:
            raise yaml.MarkedYAMLError(problem=_FOREIGN.format(tag), problem_mark=event.start_mark)
        value: object
        if isinstance(event, yaml.ScalarEvent):
            value = self._plain(event.value, place) if event.style is None else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(event, place)
        else:
            value = self._mapping(place)
        if anchor is not None:
            self._anchors[anchor] = value, self._nodes - before
        return value

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _Limit(f"line {line}: more than {MAX_NODES} values, those of aliases included")

    def _alias(self, event: yaml.AliasEvent, line: int) -> object:
        if event.anchor not in self._anchors:
            raise _Limit(f"line {line}: the alias *{event.anchor} has no complete anchor before it")
        value, nodes = self._anchors[event.anchor]
        self._count(nodes, line)
        return value

    def _sequence(self, start: yaml.SequenceStartEvent, place: Location) -> list:
        values: list[object] = []
        ends: list[tuple[int, int]] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            ends.append((event.start_mark.index, event.end_mark.index))
            values.append(self._value(event, (*place, len(values))))
        gaps = {after[0] - before[1] for before, after in pairwise(ends)}
        if (
            start.flow_style
            and 1 in gaps
            and len(gaps) > 1
            and all(isinstance(value, (int, float)) for value in values)
        ):
            text = f"line {start.start_mark.line + 1}: {dotted(place)} is read as {len(values)} numbers, {values}"
            self.document.hints.append(f"{text}; a decimal number has a point")
        return values

    def _mapping(self, place: Location) -> dict[str, object]:
        own: dict[str, object] = {}
        merged: dict[str, object] = {}
        first: dict[str, int] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarEvent) or key.tag is not None:
                raise _Limit(f"line {line}: a key is not text")
            name, location = key.value, (*place, key.value)
            value = self._value(next(self._events), location)
            if name in first:
                message = f"is set twice, in lines {first[name]} and {line}; keep one"
                self._refuse(location, name, "each key once", message, line)
            elif name == "<<" and key.style is None:
                merged = self._merge(value, line)
            else:
                own[name] = value
                self.document.lines[location] = line
            first.setdefault(name, line)
        return merged | own

    def _merge(self, value: object, line: int) -> dict[str, object]:
        sources = value if isinstance(value, list) else [value]
        merged: dict[str, object] = {}
        for source in reversed(sources):
            if not isinstance(source, dict):
                raise _Limit(f"line {line}: << merges sections only")
            merged |= source
        return merged

    def _plain(self, text: str, place: Location) -> object:
        if _NULL.fullmatch(text):
            return None
        if _BOOLEAN.fullmatch(text):
            return text.lower() == "true"
        if _INTEGER.fullmatch(text) and len(text) <= MAX_DIGITS:
            return int(text)
        if _FLOAT.fullmatch(text):
            if len(text) <= 4 * MAX_DIGITS and math.isfinite(float(text)) and not _INTEGER.fullmatch(text):
                return float(text)
            self._refuse(place, text, "a shorter number", f"{shown(text)} is too large or has too many digits")
            return text
        for pattern, message in _REFUSED:
            if pattern.fullmatch(text):
                self._refuse(place, text, "an unambiguous value", message.format(shown(text)))
        return text

    def _refuse(self, place: Location, given: str, accepted: str, message: str, line: int | None = None) -> None:
        number = self.document.lines[place] if line is None else line
        self.document.mistakes.append(Mistake(dotted(place), given, accepted, f"line {number}: {message}"))
