"""Local files that a campaign file names: each path-like field has a type that resolves it as the code that opens it.

A campaign file may come from a stranger. Without `--outside` its paths stay below the current directory and the
campaign's folder.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel

from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from argyro.campaigns.spec.schema import Campaign

STORE_SCHEMES = ("file", "s3", "gs", "gcs", "abfs", "abfss", "hdfs", "viewfs")
TRACKING_SERVERS = ("http", "https", "postgresql", "mysql", "mssql")


@dataclass(frozen=True)
class Names:
    """Marks a field that names local files.

    Args:
        paths: resolves the field's value to the paths that will be opened.
    """

    paths: Callable[[object], Iterable[str]]


def outside_paths(campaign: BaseModel, workdir: Path | None = None) -> list[tuple[str, str, str]]:
    """Find paths that leave the current directory and the campaign's folder.

    A symbolic link inside the folders may point anywhere, since the user made it; `..` is followed through links.

    Args:
        campaign: the parsed campaign, or a part of it.
        workdir: folder of the campaign, if it is known.

    Returns:
        For each the setting, its text and the path.
    """
    roots = [Path.cwd(), *([Path(os.path.abspath(workdir))] if workdir else [])]  # noqa: PTH100, links stay
    return [found for found in named_paths(campaign) if not _is_below(found[2], roots)]


def require_store_inside(campaign: Campaign, workdir: Path) -> None:
    """Refuse a folder whose store leaves the current directory and the folder.

    Args:
        campaign: the campaign as the folder keeps it.
        workdir: the folder.

    Raises:
        InputError: the store is a local folder outside of both.
    """
    for place, text, _ in outside_paths(campaign, workdir):
        if place == "store":
            message = f"the store {text!r} of {workdir} lies outside of it and of the current directory"
            accepted = "a path below one of them, or --outside"
            raise InputError(f"{message}; add --outside if you trust it", accepted=accepted)


def named_paths(section: BaseModel, place: str = "") -> Iterator[tuple[str, str, str]]:
    """List the local paths of a section and the sections below: setting, text, path."""
    for name, field in type(section).model_fields.items():
        value, setting = getattr(section, name), f"{place}.{name}".lstrip(".")
        entries = enumerate(value) if isinstance(value, (list, tuple)) else [(None, value)]
        resolvers = [mark.paths for mark in (*field.metadata, *_marks(field.annotation)) if isinstance(mark, Names)]
        for index, entry in entries:
            at = setting if index is None else f"{setting}[{index}]"
            if isinstance(entry, BaseModel):
                yield from named_paths(entry, at)
            for resolve in resolvers if entry is not None else ():
                yield from ((at, str(entry), path) for path in resolve(entry))


def _marks(annotation: object) -> Iterator[object]:
    """List the annotations inside a type such as ``list[File]`` or ``File | None``."""
    yield from getattr(annotation, "__metadata__", ())
    for part in getattr(annotation, "__args__", ()):
        yield from _marks(part)


def _is_below(path: str, roots: list[Path]) -> bool:
    written = Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111, links stay
    if not any(written.is_relative_to(root) for root in roots):
        return False
    opened = Path(path).resolve()
    return ".." not in Path(path).parts or any(opened.is_relative_to(root.resolve()) for root in roots)


def _file(value: object) -> Iterator[str]:
    yield str(value)


def _program(value: object) -> Iterator[str]:
    """A name without a slash is found on PATH."""
    if "/" in str(value):
        yield str(value)


def _factory(value: object) -> Iterator[str]:
    """The file of ``file.py:callable``, split as `references.load_factory` does."""
    module = str(value).rpartition(":")[0]
    if module.endswith(".py"):
        yield module


def _words(value: object) -> Iterator[str]:
    """Paths among the words of a command line or in a setting of a reference, after ``=`` or ``@`` as well."""
    for word in split_command(str(value)):
        for part in dict.fromkeys((word, word.rpartition("=")[2].removeprefix("@"))):
            if "/" in part or part.startswith("~") or part == "..":
                yield part


def _settings(value: object) -> Iterator[str]:
    """Paths in the nested settings of a reference."""
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from _settings(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _settings(entry)
    elif isinstance(value, str):
        yield from ([value] if value.startswith(("/", "~", "..")) else []) or _words(value)


def _store(value: object) -> Iterator[str]:
    from argyro.platform.execution.result_store import file_system

    text = str(value)
    if "://" not in text or text.startswith("file://"):
        yield text if text.startswith("~") or "://" not in text else file_system(text)[1]


def _database(value: object) -> Iterator[str]:
    from sqlalchemy.engine import make_url

    text = str(value)
    if text.startswith("sqlite"):
        yield str(make_url(text).database)


def split_command(command: str) -> list[str]:
    """Split a command line as a shell does, or at spaces where quotes are not closed."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _store_uri(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if separator and scheme not in STORE_SCHEMES:
        accepted = f"a folder, or a URI with one of {', '.join(STORE_SCHEMES)}"
        raise InputError(f"{scheme}:// is not a store; write {accepted}", accepted=accepted)
    if not text or "\0" in text or (scheme == "file" and separator and not rest.startswith("/")):
        raise InputError(f"{text!r} is not a folder; write a path such as results", accepted="a folder")
    return text


def _tracking_uri(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    server = separator and scheme.partition("+")[0] in TRACKING_SERVERS
    database = scheme == "sqlite" and rest.startswith("/") and len(rest) > 1 and "?" not in rest and "file:" not in rest
    if not server and not database:
        accepted = "sqlite:///FILE.db, or the http(s):// address of an MLflow server"
        raise InputError(f"{text!r} is not a tracking URI; write {accepted}", accepted=accepted)
    return text


def _factory_name(text: str) -> str:
    module, _, name = text.rpartition(":")
    if not name.isidentifier() or not (module.endswith(".py") or all(p.isidentifier() for p in module.split("."))):
        accepted = "module:callable or file.py:callable"
        raise InputError(f"{text!r} is not a factory; write {accepted}", accepted=accepted)
    return text


File = Annotated[str, Names(_file)]
Program = Annotated[str, Names(_program)]
Command = Annotated[str, Names(_words)]
Factory = Annotated[str, Names(_factory), AfterValidator(_factory_name)]
StoreUri = Annotated[str, Names(_store), AfterValidator(_store_uri)]
TrackingUri = Annotated[str, Names(_database), AfterValidator(_tracking_uri)]
EngineSettings = Annotated[dict, Names(_settings)]
