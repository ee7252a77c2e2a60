"""Replace files in one step, and hold lock files."""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argyro.platform.common.errors import ArgyroError


@contextmanager
def replacing(path: Path, *, durable: bool = False, shared: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside a file; the temporary file replaces it at the end of the block.

    A reader finds the old content or the new content. After an error in the block the old file remains.

    Args:
        path: file to replace or to make; its folder exists.
        durable: flush to the disk before the rename, so that a power failure leaves no empty file.
        shared: other processes may write the same file at the same time.
    """
    owner = f".{uuid.uuid4().hex[:8]}" if shared else ""  # else a killed writer's leftover is used again
    partial = path.with_name(f"{path.name}{owner}.part")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        if durable:
            with partial.open("rb") as written:
                os.fsync(written.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str, *, shared: bool = False) -> None:
    """Replace a file by a text in one step; see `replacing`."""
    with replacing(path, shared=shared) as partial:
        partial.write_text(text)


def write_json(path: Path, document: object, *, shared: bool = False) -> None:
    """Replace a file by one JSON document in one step; see `replacing`."""
    write_text(path, json.dumps(document, indent=1) + "\n", shared=shared)


@contextmanager
def exclusive_lock(path: Path, refusal: str) -> Iterator[None]:
    """Hold a lock file during the block; the lock ends with the process, however that ends.

    Args:
        path: the lock file; it stays after release.
        refusal: message of the error.

    Raises:
        ArgyroError: another process holds the lock.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise ArgyroError(refusal) from error
    try:
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock file; False if there is none."""
    try:
        with path.open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
