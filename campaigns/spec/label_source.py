"""The reference of the section `labels`: which one it is, its identity in work items, its known labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from argyro.platform.labels.source import LabelSource

TEACHER = "teacher-{}.model"  # files of a learning item
TEACHER_REPORT = "teacher.json"

_identities: dict[str, dict[str, object]] = {}  # settings of a reference as JSON -> its identity


def reference(labels: Mapping) -> LabelSource:
    """Return the reference of the labels, or the one that the teacher is trained on.

    Args:
        labels: the section as plain data.

    Raises:
        InputError: the reference and its factory do not go together.
    """
    teacher = labels.get("teacher")
    section = dict(labels)
    if isinstance(teacher, Mapping):
        section = {"source": teacher["train_on"]}
        section |= {name: teacher[name] for name in ("python", "factory", "kwargs", "timeout_s") if name in teacher}
    section.pop("teacher", None)
    section.pop("known", None)
    return LabelSource(**section)


def taught_source(folder: Path) -> LabelSource | None:
    """Return the committee that a learning item keeps; None if it learned without a teacher."""
    from argyro.platform.labels.committee import committee

    if not (folder / TEACHER_REPORT).exists():
        return None
    report = json.loads((folder / TEACHER_REPORT).read_text(encoding="utf-8"))
    models = [folder / TEACHER.format(member) for member in range(report["members"])]
    return committee(models, report["doubt_eV_A"])


def known_checksums(labels: Mapping) -> list[str]:
    """Return the SHA-256 of each file of known labels."""
    return [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in labels.get("known", [])]


def known_count(labels: Mapping, elements: Collection[str]) -> int:
    """Count the known labels that a family of these elements begins with."""
    checksums = tuple(known_checksums(labels))
    return sum(found <= set(elements) for found in _elements_of(tuple(labels.get("known", [])), checksums))


@lru_cache(maxsize=16)  # by checksums, too: files may change
def _elements_of(paths: tuple[str, ...], checksums: tuple[str, ...]) -> list[frozenset[str]]:
    """List the elements of each known label."""
    from argyro.platform.learning.existing_labels import read_known

    return [frozenset(frame.symbols) for frame in read_known(paths)]


def identity(labels: Mapping) -> dict[str, object]:
    """Return what decides the labels, for the keys of work items.

    An interpreter that the campaign file names is not started here; see `settle_identity` and `recall_identity`.
    """
    key = _settings(labels)
    if key not in _identities:
        if reference(labels).python is not None:
            return {"name": labels["source"], "version": "not asked", "settings": key, "weights": ""}
        _identities[key] = _ask(labels)
    return _identities[key]


def settle_identity(labels: Mapping, file: Path) -> None:
    """Ask the reference for its identity in a run, and keep the answer for commands that start no program."""
    from argyro.platform.execution.atomic_files import write_json

    _identities[_settings(labels)] = _ask(labels)
    write_json(file, {"settings": _settings(labels), "identity": identity(labels)})


def recall_identity(file: Path) -> None:
    """Take the identity that a run has kept; a missing or damaged file leaves it unknown."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        _identities[str(kept["settings"])] = dict(kept["identity"])
    except (OSError, ValueError, KeyError, TypeError):
        return


def _settings(labels: Mapping) -> str:
    kept = {name: value for name, value in labels.items() if name not in ("known", "threads", "timeout_s", "memory_GB")}
    return json.dumps(kept, sort_keys=True)


def _ask(labels: Mapping) -> dict[str, object]:
    named = reference(labels).identity()
    teacher = labels.get("teacher")
    if not teacher:
        return dict(named)
    how = {name: value for name, value in teacher.items() if name not in ("python", "kwargs", "factory", "timeout_s")}
    return named | {"name": f"{named['name']} through a MACE teacher", "teacher": how}
