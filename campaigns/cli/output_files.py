"""Checks of output paths before any computation."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from argyro.platform.common.errors import InputError

PICTURES = (".png", ".svg", ".pdf", ".jpg", ".jpeg", ".eps", ".ps", ".tif", ".tiff", ".webp")


def require_file(path: Path | None, option: str, endings: Collection[str] = ()) -> None:
    """Refuse an output file that cannot be written.

    Args:
        path: output file; None for no output.
        option: option name for the message.
        endings: accepted endings; empty accepts all.

    Raises:
            InputError: the path is a folder, its folder does not exist, one is read-only, or the ending has no format.
    """
    if path is None:
        return
    if endings and path.suffix.lower() not in endings:
        accepted = ", ".join(endings)
        raise _refusal(path, option, f"{path.suffix or 'a name without ending'} is not a format; use one of {accepted}")
    if path.is_dir():
        raise _refusal(path, option, "it is a folder; name a file in it")
    folder = path.absolute().parent
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise _refusal(path, option, f"the folder {folder} {kind}; create it, or name another file")
    if not os.access(path if path.exists() else folder, os.W_OK) or not _takes_files(folder):
        raise _refusal(path, option, "it cannot be written; check its permissions, or name another file")


def require_folder(path: Path | None, option: str) -> None:
    """Refuse an output folder that cannot be created or written.

    Raises:
        InputError: a file has this path, or the nearest existing folder is read-only.
    """
    if path is None:
        return
    ancestor = path.absolute()
    while not ancestor.exists() and ancestor != ancestor.parent:
        ancestor = ancestor.parent
    if not ancestor.is_dir():
        raise _refusal(path, option, f"{ancestor} is a file; name another folder")
    if not os.access(ancestor, os.W_OK | os.X_OK) or not _takes_files(ancestor):
        raise _refusal(path, option, f"{ancestor} cannot be written; name another folder")


def require_structure_file(path: Path | None, option: str) -> None:
    """Refuse a structure file in a format that ASE cannot write.

    Raises:
        InputError: see `require_file`, or ASE cannot write the format.
    """
    from ase.io.formats import UnknownFileTypeError, filetype, ioformats

    require_file(path, option)
    if path is None:
        return
    try:
        known = ioformats[filetype(str(path), read=False)].can_write
    except (UnknownFileTypeError, KeyError):
        known = False
    if not known:
        examples = ".extxyz, .cif, .vasp, .lmp"
        raise _refusal(path, option, f"ASE cannot write this ending; use for example {examples}")


def _takes_files(folder: Path) -> bool:
    """Check that a file can be created; root passes permission checks even in /proc."""
    probe = folder / f".argyro-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def _refusal(path: Path, option: str, reason: str) -> InputError:
    return InputError(f"{option} {path}: {reason}")
