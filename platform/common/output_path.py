"""Checks of output paths before work starts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from argyro.platform.common.errors import InputError


def require_place(path: Path, option: str) -> None:
    """Refuse an output path that cannot be written; missing folders are made later.

    Args:
        path: file to be written.
        option: named in the message, for instance "--plot".

    Raises:
        InputError: the path is a folder, lies below a file, or its folder is not writable.
    """
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or not folder.is_dir() or not _is_writable(path if path.exists() else folder):
        raise InputError(
            f"{option} {path} cannot be written; name a file in a folder of yours",
            path=option,
            given=str(path),
            accepted="a file in a writable folder",
        )


def _is_writable(place: Path) -> bool:
    """Whether a file can be opened, or a folder takes a new one; permissions alone do not say it of /proc."""
    if place.is_file():
        return os.access(place, os.W_OK)
    try:
        with tempfile.TemporaryFile(dir=place):
            return True
    except OSError:
        return False


def require_picture(path: Path, option: str, others: tuple[str, ...] = ()) -> None:
    """Refuse a path of a picture whose ending names no format, or that cannot be written.

    Args:
        path: file to be written.
        option: named in the message.
        others: further endings, for instance ".cube".

    Raises:
        InputError: as said.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    endings = [*others, *(f".{ending}" for ending in sorted(FigureCanvasBase.filetypes))]
    if path.suffix.lower() not in endings:
        raise InputError(
            f"{option} {path} has no ending that names a format; use {', '.join([*others, '.png', '.pdf or .svg'])}",
            path=option,
            given=str(path),
            accepted=", ".join(endings),
        )
    require_place(path, option)
