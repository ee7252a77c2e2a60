"""Write errors of the command line's parser with value, rule and repair."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import typer

# Words of the parser -> accepted value; a group is a limit.
_RULES = (
    (r"valid number", "a decimal number, such as 0.5"),
    (r"valid integer", "a whole number"),
    (r"greater than or equal to ([\d.e+-]+)", "a number of at least {}"),
    (r"less than or equal to ([\d.e+-]+)", "a number of at most {}"),
)


def usage_message(error: Exception, arguments: Sequence[str]) -> str:
    """Write an error of the parser.

    Args:
        error: raised by typer for unknown or invalid options and arguments.
        arguments: of the command line.
    """
    message = error.format_message()  # type: ignore[attr-defined]  # every usage error of typer has it
    command = _command(getattr(error, "ctx", None))
    if extra := re.search(r"unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        return f"{extra.group(1)!r} is one argument too many; see `{command} --help`"
    if message.startswith("Missing"):
        return f"{message.rstrip('.')}; see `{command} --help`"
    if not isinstance(error, typer.BadParameter):
        return message
    rule = next(
        (words.format(*found.groups()) for pattern, words in _RULES if (found := re.search(pattern, message))), ""
    )
    names = list(getattr(getattr(error, "param", None), "opts", []))
    if not rule or not names:
        return message
    return f"{names[-1]} {_value(names, arguments)} is not accepted; give {rule}"


def _command(context: Any) -> str:
    """Write a command as the user calls it, whatever started the interpreter."""
    names: list[str] = []
    while context is not None and context.parent is not None:
        names.insert(0, str(context.info_name))
        context = context.parent
    return " ".join(["argyro", *names])


def _value(names: Sequence[str], arguments: Sequence[str]) -> str:
    """Return the last value given to an option, as the user wrote it; empty for an argument without a name."""
    found = [repr(word.partition("=")[2]) for word in arguments if "=" in word and word.partition("=")[0] in names]
    found += [repr(arguments[at + 1]) for at, word in enumerate(arguments[:-1]) if word in names]
    return found[-1] if found else ""
