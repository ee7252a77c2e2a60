"""Output of commands: text tables or one JSON document, in any encoding."""

from __future__ import annotations

import codecs
import json
import sys
from typing import Annotated

import typer
from rich.console import Console

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

# In a file or a pipe, tables have a width without truncation.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
errors = Console(stderr=True, highlight=False)

_SPELLED = {
    "σ": "sigma", "Σ": "Sigma", "γ": "gamma", "Γ": "Gamma", "θ": "theta", "λ": "lambda", "μ": "mu", "ρ": "rho",
    "Ω": "Ohm", "Δ": "Delta", "Å": "Angstrom", "°": "deg", "²": "^2", "³": "^3", "⁻": "^-", "¹": "1", "½": "1/2",
    "∥": "par", "⊥": "perp", "≤": "<=", "≥": ">=", "±": "+-", "×": "x", "·": "*", "→": "->", "–": "-", "—": "-",
    "…": "...", "≈": "~", "√": "sqrt", "█": "#",
}  # fmt: skip


def _spell(error: UnicodeError) -> tuple[str, int]:
    """Replace a character outside the terminal's encoding by its name or a question mark."""
    assert isinstance(error, UnicodeEncodeError)
    return "".join(_SPELLED.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def print_in_any_encoding() -> None:
    """Make standard output and error replace characters outside their encoding."""
    codecs.register_error("spelled", _spell)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="spelled")


def print_json(document: object) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(document, indent=1, allow_nan=False))


def print_error(message: str, as_json: bool, details: dict | None = None) -> None:
    """Print an error as JSON on standard output, or as text on standard error."""
    if as_json:
        print_json({"error": message} if details is None else details)
    else:
        errors.print(f"argyro: {message}", style="red", soft_wrap=True, markup=False)
