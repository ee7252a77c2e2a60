"""A lock file per item, which vanishes with the item's completion and may be left behind by a killed process."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def item_lock(path: Path) -> Iterator[None]:
    """Hold a lock file, so that an orphan of a killed run and its successor never share a scratch folder.

    The file names the process that holds it; its time of change is when that began. It is removed before it is
    released, so whoever waited for it finds that its file is no longer the one of that name, and begins anew.
    """
    handle = _acquire(path, fcntl.LOCK_EX)
    try:
        handle.truncate(0)
        handle.write(f"{socket.gethostname()} {os.getpid()}\n")
        handle.flush()
        yield
    finally:
        path.unlink(missing_ok=True)
        handle.close()


def _acquire(path: Path, mode: int) -> TextIO:
    while True:
        handle = path.open("a")
        try:
            fcntl.flock(handle, mode)
            if _is_of_that_name(handle, path):
                return handle
        except BaseException:
            handle.close()
            raise
        handle.close()


def _is_of_that_name(handle: TextIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def held_since(path: Path) -> float | None:
    """When the lock was taken (seconds since the epoch), None if there is no such file."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None


def sweep(folder: Path, suffix: str = ".lock") -> int:
    """Remove the lock files in a folder that nobody holds; returns their number."""
    removed = 0
    for path in folder.glob(f"*{suffix}"):
        try:
            handle = _acquire(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        path.unlink(missing_ok=True)
        handle.close()
        removed += 1
    return removed
