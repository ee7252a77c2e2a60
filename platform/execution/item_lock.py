"""Hold a lock file for each item; it disappears when the item ends, a killed process leaves it behind."""

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

    The file names the process that holds it; its time of change is the start. It is removed before it is released:
    a waiting process then finds that its file has lost its name, and tries again with a new file.
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
    """Return when the lock was taken (seconds since the epoch), None if there is no such file."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None


def sweep(folder: Path) -> int:
    """Remove the lock files in a folder that no process holds; return their number."""
    removed = 0
    for path in folder.glob("*.lock"):
        try:
            handle = _acquire(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        path.unlink(missing_ok=True)
        handle.close()
        removed += 1
    return removed
