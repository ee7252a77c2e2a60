"""Reads a campaign file and reports every mistake at once, each with its path, what was given and what is accepted."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from argyro.campaigns.spec.path_sandbox import outside_paths
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.errors import InputError
from argyro.platform.labels.source import LabelSource


@dataclass(frozen=True)
class Mistake:
    """One thing in a campaign file that cannot be used."""

    path: str
    given: object
    accepted: str
    message: str

    def to_json(self) -> dict[str, object]:
        """As `argyro validate --json` prints it."""
        return asdict(self)


class InvalidCampaign(InputError):
    """The campaign file has mistakes; `mistakes` lists them all."""

    def __init__(self, source: str, mistakes: list[Mistake]):
        lines = [f"  {m.path or '(file)'}: {m.message}" for m in mistakes]
        super().__init__(f"{source}: {len(mistakes)} mistake{'s' * (len(mistakes) > 1)}\n" + "\n".join(lines))
        self.mistakes = mistakes

    @property
    def details(self) -> dict[str, object]:
        """As `argyro validate --json` prints it."""
        return {"valid": False, "errors": [mistake.to_json() for mistake in self.mistakes]}


def load_campaign(file: Path, workdir: Path | None = None, outside: bool = False) -> Campaign:
    """The campaign in a YAML file.

    Args:
        file: the campaign file.
        workdir: where it will run, checked to be writable.
        outside: whether the file may name files and programs beyond the current directory and ``workdir``.

    Raises:
        InvalidCampaign: with every mistake found.
    """
    raw = _read_yaml(file)
    strays = [] if outside else _stray_paths(raw, workdir)
    if strays:  # before anything that the file names is run
        raise InvalidCampaign(str(file), strays)
    mistakes = (
        _schema_mistakes(raw)
        + _cross_mistakes(raw)
        + _ensemble_mistakes(raw)
        + _acquisition_mistakes(raw)
        + _label_source_mistakes(raw)
        + _known_label_mistakes(raw)
        + _foundation_mistakes(raw)
    )
    if workdir is not None:
        mistakes += _workdir_mistakes(workdir)
    if mistakes:
        raise InvalidCampaign(str(file), mistakes)
    return Campaign.model_validate(raw)


def _read_yaml(file: Path) -> dict:
    try:
        raw = yaml.safe_load(file.read_text())
    except OSError as error:
        raise InvalidCampaign(
            str(file), [Mistake("", str(file), "a readable YAML file", f"cannot be read ({error.strerror})")]
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        text = " ".join(str(error).split())
        raise InvalidCampaign(str(file), [Mistake("", str(file), "YAML", f"is not YAML: {text}")]) from error
    if not isinstance(raw, dict):
        message = "holds no campaign; begin with one from `argyro template quickstart`"
        raise InvalidCampaign(str(file), [Mistake("", raw, "a mapping of settings", message)])
    return raw


def _schema_mistakes(raw: dict) -> list[Mistake]:
    try:
        Campaign.model_validate(raw)
    except ValidationError as error:
        return [_mistake(entry) for entry in error.errors()]
    return []


def _dotted(location: tuple) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _mistake(entry: ErrorDetails) -> Mistake:
    """One of pydantic's errors in our words."""
    path, given, context = _dotted(entry["loc"]), entry["input"], entry.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, InputError):
        return Mistake(path, given, cause.accepted, str(cause))
    if entry["type"] == "extra_forbidden":
        known = ", ".join(_section_fields(entry["loc"][:-1]))
        name = entry["loc"][-1]
        return Mistake(path, given, known, f"{name!r} is not a setting here; known are: {known}")
    if entry["type"] == "missing":
        return Mistake(path, None, "a value", "is missing and has no default; see `argyro template quickstart`")
    limits = ", ".join(f"{name} {value}" for name, value in context.items() if name != "error")
    return Mistake(path, given, limits or entry["type"], f"{entry['msg']}; given was {given!r}")


def _section_fields(location: tuple) -> list[str]:
    """The settings of the section at a location of the campaign file."""
    model: type[BaseModel] = Campaign
    for part in location:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        model = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return list(model.model_fields)


def _numbers(values: object) -> list[float]:
    """The numbers among the values, so that rules across fields can be checked in a file with other mistakes."""
    values = values if isinstance(values, list) else [values]
    return [float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]


def _cross_mistakes(raw: dict) -> list[Mistake]:
    """Rules that tie several fields; tolerant of fields that are wrong by themselves."""
    mistakes = []
    width = _numbers(raw.get("boundary_width_nm", Campaign.model_fields["boundary_width_nm"].default))
    sizes = raw.get("grain_sizes_nm")
    for index, size in enumerate(sizes if isinstance(sizes, list) else []):
        if width and _numbers(size) and float(size) <= width[0]:
            message = (
                f"grain size {size} nm is not above the boundary width of {width[0]:g} nm, so nothing would be left "
                "of the grain; raise it or lower boundary_width_nm"
            )
            mistakes.append(Mistake(f"grain_sizes_nm[{index}]", size, f"> {width[0]:g}", message))
    seen: dict[tuple, int] = {}
    for index, material in enumerate(raw["materials"] if isinstance(raw.get("materials"), list) else []):
        if not isinstance(material, dict):
            continue
        identity = (str(material.get("composition")), str(material.get("disorder", 0.0)))
        if identity in seen:
            message = f"is the same material as materials[{seen[identity]}]; name each once"
            mistakes.append(Mistake(f"materials[{index}]", material, "distinct materials", message))
        seen.setdefault(identity, index)
    return mistakes


def _ensemble_mistakes(raw: dict) -> list[Mistake]:
    """Members of the ensemble serve realisations in turn; one that serves none would be trained for nothing."""
    members, realisations = (
        _numbers(section.get(name, 1) if isinstance(section := raw.get(key, {}), dict) else None)
        for key, name in (("potential", "ensemble"), ("md", "realisations"))
    )
    if not members or not realisations or members[0] <= realisations[0]:
        return []
    message = (
        f"{members[0]:g} potentials need as many realisations of the MD to take turns with, there are "
        f"{realisations[0]:g}; raise md.realisations"
    )
    return [Mistake("potential.ensemble", members[0], f"<= {realisations[0]:g}", message)]


def _acquisition_mistakes(raw: dict) -> list[Mistake]:
    """An adaptive campaign makes an order certain, so there must be something to put in order."""
    materials, boundaries = raw.get("materials"), raw.get("boundaries") or []
    if not raw.get("acquisition") or not isinstance(materials, list) or not isinstance(boundaries, list):
        return []
    candidates = len(materials) * max(1, len(boundaries))
    if candidates != 1:
        return []
    message = "there is a single candidate, so no ranking to make certain; name more materials or boundaries"
    return [Mistake("acquisition", candidates, ">= 2 candidates", message)]


def _named_reference(section: object) -> LabelSource | None:
    """The reference of the section `labels`; None where the schema has something to say of it."""
    from argyro.campaigns.spec.label_source import reference

    try:
        return reference(section) if isinstance(section, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def _label_source_mistakes(raw: dict) -> list[Mistake]:
    section = raw.get("labels", {})
    source = _named_reference(section)
    if source is None:
        return []
    taught = bool(section.get("teacher"))
    if taught and section.get("source") != "mace":
        message = "a teacher is a MACE model: source must be mace, the expensive reference is teacher.train_on"
        return [Mistake("labels.source", section.get("source"), "mace", message)]
    available, reason = source.available()
    path = "labels.teacher.train_on" if taught else "labels.source"
    return [] if available else [Mistake(path, source.source, "an installed reference", reason)]


def _known_label_mistakes(raw: dict) -> list[Mistake]:
    section = raw.get("labels", {})
    paths = section.get("known") if isinstance(section, dict) else None
    if not isinstance(paths, list) or not paths:
        return []
    if section.get("teacher"):
        message = "a teacher learns from labels that it asks for itself; leave out known, or the teacher"
        return [Mistake("labels.known", paths, "no known labels with a teacher", message)]
    absent = [
        Mistake(f"labels.known[{index}]", path, "a file of labelled frames", f"the file {path!r} does not exist")
        for index, path in enumerate(paths)
        if not Path(str(path)).is_file()
    ]
    return absent or _foreign_labels(section)


def _foreign_labels(section: dict) -> list[Mistake]:
    """Labels of another reference: said now, not when the first family fails."""
    from argyro.platform.learning.existing_labels import read_known, require_same_source

    source = _named_reference(section)
    if source is None or not source.available()[0]:
        return []  # said with the source
    try:
        require_same_source(read_known(section["known"]), source.label_source)
    except InputError as error:
        return [Mistake("labels.known", error.given, error.accepted, str(error))]
    return []


def _foundation_mistakes(raw: dict) -> list[Mistake]:
    """A model that cannot describe atoms: said now, not after all molecular dynamics."""
    from argyro.campaigns.spec.foundation_model import foundation_source
    from argyro.platform.labels.descriptors import DESCRIBING

    surrogate = raw.get("surrogate")
    section = surrogate.get("foundation") if isinstance(surrogate, dict) else None
    if not isinstance(section, dict) or section.get("source", "chgnet") not in DESCRIBING:
        return []  # said by the schema
    try:
        foundation_source(section)
    except InputError as error:
        return [Mistake(f"surrogate.{error.path}", error.given, error.accepted, str(error))]
    return []


def _stray_paths(raw: dict, workdir: Path | None) -> list[Mistake]:
    message = "lies outside of the current directory and of --workdir; if you trust this file, add --outside"
    return [
        Mistake(place, text, "a path below the current directory", f"{text!r} {message}")
        for place, text in outside_paths(raw, workdir)
    ]


def _workdir_mistakes(workdir: Path) -> list[Mistake]:
    ancestor = workdir.absolute()
    while not ancestor.exists():
        ancestor = ancestor.parent
    if ancestor.is_dir() and os.access(ancestor, os.W_OK | os.X_OK):
        return []
    message = f"{workdir} cannot be written to; choose another with --workdir"
    return [Mistake("workdir", str(workdir), "a writable folder", message)]
