"""What the section `labels` of a campaign file means: a reference, or a teacher that one is distilled into."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path

from argyro.platform.labels.source import LabelSource

TEACHER = "teacher-{}.model"  # files of a learning item
TEACHER_REPORT = "teacher.json"


def reference(labels: Mapping) -> LabelSource:
    """The reference that a person named: that of the labels, or the one that the teacher is trained on.

    Args:
        labels: the section as plain data.
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
    """The committee that a learning item keeps; None if it learned without a teacher."""
    import json

    from argyro.platform.labels.committee import committee

    if not (folder / TEACHER_REPORT).exists():
        return None
    report = json.loads((folder / TEACHER_REPORT).read_text())
    models = [folder / TEACHER.format(member) for member in range(report["members"])]
    return committee(models, report["doubt_eV_A"])


def known_checksums(labels: Mapping) -> list[str]:
    """SHA-256 of the files of known labels, by which learning items tell them apart."""
    return [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in labels.get("known", [])]


def known_count(labels: Mapping, elements: Collection[str]) -> int:
    """How many known labels there are for a family of these elements to begin with."""
    checksums = tuple(known_checksums(labels))
    return sum(found <= set(elements) for found in _elements_of(tuple(labels.get("known", [])), checksums))


@lru_cache(maxsize=16)  # by checksums, too: files may change
def _elements_of(paths: tuple[str, ...], checksums: tuple[str, ...]) -> list[frozenset[str]]:
    """Elements of each known label."""
    from argyro.platform.learning.existing_labels import read_known

    return [frozenset(frame.symbols) for frame in read_known(paths)]


def identity(labels: Mapping) -> dict[str, object]:
    """What decides the labels, for the keys of work items."""
    named = reference(labels).identity()
    teacher = labels.get("teacher")
    if not teacher:
        return dict(named)
    how = {name: value for name, value in teacher.items() if name not in ("python", "kwargs", "factory", "timeout_s")}
    return named | {"name": f"{named['name']} through a MACE teacher", "teacher": how}
