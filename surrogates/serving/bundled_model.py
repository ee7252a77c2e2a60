"""Bundled surrogate, trained by the reference campaign."""

from __future__ import annotations

from pathlib import Path

from argyro.platform.common.errors import InputError

SHIPPED = Path(__file__).with_name("bundled")
SURROGATE_FILE = "surrogate.json"


def shipped_folder() -> Path:
    """Return its folder.

    Raises:
        InputError: this installation has no bundled surrogate.
    """
    if not (SHIPPED / SURROGATE_FILE).is_file():
        raise InputError(
            "this installation has no bundled surrogate; give the folder of a finished campaign, "
            "for example runs/quickstart after `make quickstart`, or of a surrogate",
            path="surrogate",
            accepted="a folder",
        )
    return SHIPPED
