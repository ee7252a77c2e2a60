"""Construction, checks and relaxation of argyrodite cells and grain boundaries."""

from importlib import import_module

_HOME = {
    "Composition": "crystal.composition",
    "build_bulk": "crystal.bulk",
    "build_boundary": "boundaries.build",
    "list_boundaries": "boundaries.csl",
    "parse_boundary": "boundaries.csl",
    "check": "checks",
    "require": "checks",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that importing the package stays fast."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
