"""The surrogate that comes with argyro: the outcome of the reference campaign."""

from __future__ import annotations

from pathlib import Path

from argyro.platform.common.errors import InputError

SHIPPED = Path(__file__).with_name("bundled")
SURROGATE_FILE = "surrogate.json"


def shipped_folder() -> Path:
    """Its folder.

    Raises:
        InputError: this installation has none.
    """
    if not (SHIPPED / SURROGATE_FILE).is_file():
        raise InputError(
            "this installation comes without a surrogate; give one: the folder of a campaign that has run, "
            "for instance runs/quickstart after `make quickstart`, or a surrogate's own folder",
            path="surrogate",
            accepted="a folder",
        )
    return SHIPPED
