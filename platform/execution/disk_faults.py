"""Distinguish faults of the storage from failures of a task."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from argyro.platform.common.errors import ArgyroError

# With less than this a disk counts as full: programs that met its end leave a little free, and say so in many words.
LEAST_FREE_BYTES = 16 << 20
FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE, errno.EIO)
PROBE_BYTES = 1 << 16
REPAIR = "nothing that was finished is lost; repair that and run again"


def storage_fault(error: BaseException, folders: Iterable[Path]) -> str:
    """Say why results cannot be written, with the repair; empty if the error has another reason.

    Args:
        error: what an item failed with.
        folders: local ones to which it writes; those that do not exist are skipped.
    """
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in FAULTS:
            return f"{os.strerror(cause.errno or 0)} ({cause.filename or 'while writing'}); {REPAIR}"
    for folder in folders:
        if folder.is_dir() and (trouble := _trouble(folder)):
            return f"{trouble} ({folder}); {REPAIR}"
    return ""


@contextmanager
def storage_faults_named(*folders: Path) -> Iterator[None]:
    """Turn a storage fault in the block into an error with its repair.

    Raises:
        ArgyroError: a disk is full, read-only or away.
    """
    try:
        yield
    except OSError as error:
        if fault := storage_fault(error, folders):
            raise ArgyroError(fault) from error
        raise


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _trouble(folder: Path) -> str:
    """Write to the folder and return the error, empty if there is none."""
    try:
        if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
            return os.strerror(errno.ENOSPC)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
    except OSError as error:
        return error.strerror or str(error)
    return ""
