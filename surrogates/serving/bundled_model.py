"""Bundled surrogate, trained by the reference campaign."""

from __future__ import annotations

import json
from pathlib import Path

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain

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


def shipped_disorders(label_source: str) -> dict[str, Uncertain]:
    """Read the disorders that the reference campaign predicted: composition -> disorder at `PUBLISHED_K`.

    Args:
        label_source: name and version of a reference; predictions of another one are left out.
    """
    if not (SHIPPED / SURROGATE_FILE).is_file():
        return {}
    report = json.loads((SHIPPED / SURROGATE_FILE).read_text(encoding="utf-8"))["report"]
    found = report.get("disorders", {}) if report.get("label_source") == label_source else {}
    return {composition: Uncertain.from_json(disorder) for composition, disorder in found.items()}
