"""Keeps a campaign file, which may come from a stranger, from naming files and programs anywhere on the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

LOCAL_SCHEMES = ("sqlite:///", "file://")


def outside_paths(raw: object, workdir: Path | None = None) -> list[tuple[str, str]]:
    """Where in a campaign file, and which, paths leave the current directory and the working directory.

    Paths count as they are written: symbolic links inside the directories may point anywhere, the user made them.

    Args:
        raw: the file's content.
        workdir: the campaign's folder, if it is known.
    """
    roots = [Path.cwd(), *([Path(os.path.abspath(workdir))] if workdir else [])]  # noqa: PTH100, links stay
    return [
        (place, text) for place, text in _texts(raw, "") if any(not _is_below(path, roots) for path in _paths_in(text))
    ]


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _texts(entry, f"{place}[{index}]")


def _paths_in(text: str) -> Iterator[str]:
    """The paths in a command line, ``file.py:callable`` or local URI; servers and buckets are none."""
    for word in text.split():
        scheme = next((scheme for scheme in LOCAL_SCHEMES if word.startswith(scheme)), "")
        if "://" in word and not scheme:
            continue
        path = word.removeprefix(scheme).removeprefix("@").split(".py:")[0].rpartition("=")[2]
        if "/" in path or path.startswith("~") or path == "..":
            yield path


def _is_below(path: str, roots: list[Path]) -> bool:
    absolute = Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111, links stay
    return any(absolute.is_relative_to(root) for root in roots)
