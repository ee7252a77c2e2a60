"""Argyrodite cells and grain boundaries, right by construction."""

from importlib import import_module

_HOME = {
    "Composition": "composition",
    "build_bulk": "argyrodite",
    "build_boundary": "grain_boundary",
    "list_boundaries": "coincidence",
    "parse_boundary": "coincidence",
    "check": "checks",
    "require": "checks",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first used, so that importing the package stays light."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
