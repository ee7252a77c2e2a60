"""What commands print: tables for people, one JSON document for machines."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

# In a file or a pipe tables keep a width at which no column is cut.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
errors = Console(stderr=True, highlight=False)


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=1, allow_nan=False))


def print_error(message: str, as_json: bool, details: dict | None = None) -> None:
    """An error, where scripts expect it: JSON on standard output if asked for, text on standard error otherwise."""
    if as_json:
        print_json(details or {"error": message})
    else:
        errors.print(f"argyro: {message}", style="red", soft_wrap=True, markup=False)
