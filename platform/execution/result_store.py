"""Store results on disk: a folder for each work item, complete with checksums or absent.

Layout below the store's root::

    format.json                          version of this layout
    items/<stage>/<key>/item.json        what was asked
                        result.json      what came out
                        ...              files of the stage
                        manifest.json    size and SHA-256 of each file; written last, so it marks the item complete
    damaged/<stage>/<key>.<n>            items that failed their checksums, moved aside

The root is a local path or the URI of any pyarrow file system.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

from pyarrow import fs as arrow_fs

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.execution.disk_faults import REPAIR
from argyro.platform.execution.work_item import WorkItem

FORMAT_VERSION = 2
OLDER_FORMATS = (1,)  # their items stay in the store and are never read
# Small files are verified whenever an item is looked up, large ones when they are read: looking up
# ten thousand items must stay a matter of seconds.
EAGER_CHECK_BYTES = 1 << 16
UNFINISHED, MANIFEST = "unfinished", "manifest.json"


class DamagedItem(ArgyroError):
    """Signal a stored result that does not match its checksums; it was moved aside and is computed again."""


class StoreUnavailable(ArgyroError):
    """Signal a store that cannot be read or written; the computed result waits in the scratch folder."""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def file_system(uri: str) -> tuple[arrow_fs.FileSystem, str]:
    """Open the file system of a local path or URI, and return it with the path inside it."""
    if "://" in uri:
        return arrow_fs.FileSystem.from_uri(uri)
    return arrow_fs.LocalFileSystem(), str(Path(uri).resolve())


class Store:
    """Hold results under the key of their work item.

    Args:
        uri: local path, ``file://``, ``s3://`` ... as pyarrow understands it.
        cache: local folder for copies of items when the store itself is remote.

    Raises:
        InputError: the store was written in another format, or cannot be reached.
    """

    def __init__(self, uri: str | Path, cache: Path | None = None):
        self.uri, self.cache = str(uri), cache
        self.fs, self.root = file_system(self.uri)
        if "://" not in self.uri:
            self.uri = self.root  # other processes open it from their own current directory
        self.local = isinstance(self.fs, arrow_fs.LocalFileSystem)
        self._check_format()

    def _check_format(self) -> None:
        marker = f"{self.root}/format.json"
        try:
            found = self._format_of(marker)
            if found is None:
                self.fs.create_dir(self.root, recursive=True)
                self._write(marker, json.dumps({"argyro_store": FORMAT_VERSION}).encode())
                found = FORMAT_VERSION
            self.outdated = found in OLDER_FORMATS
        except OSError as error:
            raise InputError(f"store {self.uri!r} cannot be used: {error}; give a folder you may write to") from error
        if found != FORMAT_VERSION and not self.outdated:
            raise InputError(
                f"store {self.uri!r} has format {found}, this argyro reads format {FORMAT_VERSION}; "
                "use the argyro that wrote it, or another store"
            )

    @property
    def outdated_warning(self) -> str:
        """Say that the items of an older format are computed again; empty for a store of this format."""
        if not self.outdated:
            return ""
        return (
            f"store {self.uri!r} was written by an earlier argyro in another format; its items stay on disk, are not "
            "read, and are computed again"
        )

    def _format_of(self, marker: str) -> int | None:
        """Read the store's format; None if the file is absent or damaged: each item has its own checksums."""
        if not self._exists(marker):
            return None
        try:
            return json.loads(self._read(marker))["argyro_store"]
        except (ValueError, KeyError, TypeError):
            return None

    def _exists(self, path: str) -> bool:
        return self.fs.get_file_info(path).type == arrow_fs.FileType.File

    def _read(self, path: str) -> bytes:
        with self.fs.open_input_stream(path) as stream:
            return stream.read()

    def _write(self, path: str, data: bytes) -> None:
        with self.fs.open_output_stream(path) as stream:
            stream.write(data)

    def folder(self, item: WorkItem) -> str:
        """Return the item's folder inside the store's file system."""
        return f"{self.root}/items/{item.stage}/{item.key}"

    def has(self, item: WorkItem) -> bool:
        """Return whether the item is complete; move a damaged one aside and count it as absent."""
        return self.find(item) is not None

    def find(self, item: WorkItem) -> dict[str, Any] | None:
        """Return the result of a complete item, else None; move a damaged one aside and count it as absent."""
        folder = self.folder(item)
        if not self._exists(f"{folder}/manifest.json"):
            return None
        try:
            self._verify(folder, eager_only=True)
        except DamagedItem:
            self._move_aside(item)
            return None
        return self.result(item)

    def _verify(self, folder: str, eager_only: bool) -> dict[str, dict[str, Any]]:
        """Compare sizes of all files and checksums of small (or all) files with the manifest; return its files."""
        try:
            files = json.loads(self._read(f"{folder}/manifest.json"))["files"]
            for name, entry in files.items():
                info = self.fs.get_file_info(f"{folder}/{name}")
                damaged = info.type != arrow_fs.FileType.File or info.size != entry["bytes"]
                if not damaged and (not eager_only or entry["bytes"] <= EAGER_CHECK_BYTES):
                    damaged = _sha256(self._read(f"{folder}/{name}")) != entry["sha256"]
                if damaged:
                    raise DamagedItem(f"{folder}/{name} does not match its checksum")
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedItem(f"{folder} is damaged: {error}") from error
        except OSError as error:
            raise StoreUnavailable(f"the store {self.uri} cannot be read ({error}); {REPAIR}") from error
        return files

    def _move_aside(self, item: WorkItem) -> None:
        target = f"{self.root}/damaged/{item.stage}"
        self.fs.create_dir(target, recursive=True)
        self.fs.move(self.folder(item), f"{target}/{item.key}.{uuid.uuid4().hex[:8]}")

    def item_of(self, stage: str, key: str) -> WorkItem | None:
        """Return the item of a key, None if it is not complete."""
        folder = f"{self.root}/items/{stage}/{key}"
        if not self._exists(f"{folder}/manifest.json"):
            return None
        return WorkItem(**json.loads(self._read(f"{folder}/item.json")))

    def keys(self, stage: str) -> list[str]:
        """List the keys of the items of a stage, also of incomplete ones."""
        folder = arrow_fs.FileSelector(f"{self.root}/items/{stage}", allow_not_found=True)
        return sorted(entry.base_name for entry in self.fs.get_file_info(folder))

    def items(self, stage: str) -> list[WorkItem]:
        """List the complete items of a stage, by key."""
        return [item for key in self.keys(stage) if (item := self.item_of(stage, key))]

    def result(self, item: WorkItem) -> dict[str, Any]:
        """Read the item's ``result.json``."""
        return json.loads(self._read(f"{self.folder(item)}/result.json"))

    def seconds(self, item: WorkItem) -> float:
        """Return the seconds that the item took to compute."""
        return json.loads(self._read(f"{self.folder(item)}/manifest.json"))["seconds"]

    def path(self, item: WorkItem) -> Path:
        """Return a local folder with the item's files, every checksum verified.

        Raises:
            DamagedItem: a file does not match; the item was moved aside.
        """
        folder = self.folder(item)
        try:
            files = self._verify(folder, eager_only=False)
        except DamagedItem:
            if self._exists(f"{folder}/manifest.json"):
                self._move_aside(item)
            raise
        return Path(folder) if self.local else self._copy_to_cache(item, files)

    def _copy_to_cache(self, item: WorkItem, files: dict[str, dict[str, Any]]) -> Path:
        if self.cache is None:
            raise ArgyroError(f"the store {self.uri} is remote and no cache folder was given")
        target = self.cache / item.stage / item.key
        for name in (*files, MANIFEST):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(self._read(f"{self.folder(item)}/{name}"))
        return target

    def commit(self, item: WorkItem, scratch: Path, result: dict[str, Any], seconds: float) -> None:
        """Make the files in ``scratch`` and ``result`` the item's result, in one step.

        Files in ``scratch/unfinished`` serve to resume the item; they are deleted after the item is complete.
        ``scratch`` should lie on the store's own file system when that is local: it is then renamed, not copied.
        If another process completed the same item meanwhile, its result remains and ``scratch`` is deleted.

        Raises:
            StoreUnavailable: it could not be written; ``scratch`` is unchanged, for another attempt.
        """
        (scratch / "item.json").write_text(json.dumps(item.to_json(), indent=1))
        (scratch / "result.json").write_text(json.dumps(result, indent=1, allow_nan=False))
        kept = (path.relative_to(scratch) for path in scratch.rglob("*") if path.is_file())
        names = sorted(str(path) for path in kept if path.parts[0] != UNFINISHED)
        contents = {name: (scratch / name).read_bytes() for name in names}
        files = {name: {"bytes": len(data), "sha256": _sha256(data)} for name, data in contents.items()}
        manifest = json.dumps({"files": files, "seconds": seconds, "completed": time.time()}, indent=1)
        try:
            self._bring_up_to_date()
            if self.local:
                (scratch / "manifest.json").write_text(manifest)
                self._rename(scratch, Path(self.folder(item)))
                shutil.rmtree(Path(self.folder(item)) / UNFINISHED, ignore_errors=True)
            else:
                self._upload(contents, manifest, self.folder(item))
                shutil.rmtree(scratch)
        except OSError as error:
            raise StoreUnavailable(f"the store {self.uri} cannot be written ({error}); {REPAIR}") from error

    def _bring_up_to_date(self) -> None:
        """Mark a store of an older format with the present one, before its first new item."""
        if self.outdated:
            partial = f"{self.root}/format.{uuid.uuid4().hex[:8]}.part"
            self._write(partial, json.dumps({"argyro_store": FORMAT_VERSION}).encode())
            self.fs.move(partial, f"{self.root}/format.json")
            self.outdated = False

    def _upload(self, contents: dict[str, bytes], manifest: str, folder: str) -> None:
        for name, data in contents.items():
            self.fs.create_dir(f"{folder}/{name}".rpartition("/")[0], recursive=True)
            self._write(f"{folder}/{name}", data)
        self._write(f"{folder}/manifest.json", manifest.encode())

    def _rename(self, scratch: Path, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            scratch.rename(folder)
        except OSError:
            if (folder / "manifest.json").is_file():  # someone else was first
                shutil.rmtree(scratch)
                return
            # another file system, or a folder without manifest: copy beside it, then rename
            staging = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.part")
            try:
                shutil.copytree(scratch, staging)
                shutil.rmtree(folder, ignore_errors=True)
                staging.rename(folder)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
            shutil.rmtree(scratch)
