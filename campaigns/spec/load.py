"""Read a campaign file and report every mistake at once."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from argyro.campaigns.spec.material import Material
from argyro.campaigns.spec.mistakes import InvalidCampaign, Mistake
from argyro.campaigns.spec.path_sandbox import outside_paths
from argyro.campaigns.spec.pydantic_messages import mistake
from argyro.campaigns.spec.rules import broken_rules
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.spec.yaml_reader import Document, read_yaml
from argyro.platform.common.errors import InputError

__all__ = ["InvalidCampaign", "load_campaign"]

# Stand in for required settings with mistakes of their own while the rules judge the others.
_VALID: dict[str, object] = {
    "name": "x",
    "materials": [{"composition": "Li6PS5Cl"}],
    "temperatures_K": [300],
    "grain_sizes_nm": [1e9],
}
_STAND_IN = Material(composition="Li6PS5Cl")  # for a CIF that is not read, while the rules judge the others


def load_campaign(file: Path, workdir: Path | None = None, outside: bool = False) -> Campaign:
    """Read the campaign in a YAML file; nothing that the file names is started or imported.

    Args:
        file: the campaign file.
        workdir: folder of the campaign, checked to be writable.
        outside: whether the file may name files beyond the current directory and `workdir`.

    Raises:
        InvalidCampaign: with every mistake.
    """
    document = read_yaml(file)
    campaign, mistakes, wrong = _judge(document)
    far = [] if outside else _outside_mistakes(campaign, workdir)
    campaign, unread = _with_cif_materials(campaign, {found.path for found in far})
    across = broken_rules(campaign, wrong | ({"materials"} if far or unread else set())) + far + unread
    mistakes += [_with_line(found, document) for found in across]
    if workdir is not None:
        mistakes += _workdir_mistakes(workdir)
    if mistakes:
        raise InvalidCampaign(str(file), mistakes)
    return campaign


def _judge(document: Document) -> tuple[Campaign, list[Mistake], set[str]]:
    """Validate every section; sections with mistakes are replaced by valid ones and named."""
    content = document.content
    if not isinstance(content, dict):
        message = "holds no campaign; begin with one from `argyro template quickstart`"
        return Campaign.model_validate(_VALID), [Mistake("", content, "a mapping of settings", message)], set()
    mistakes = list(document.mistakes)
    refused, wrong = {known.path for known in mistakes}, {known.path.split(".")[0].split("[")[0] for known in mistakes}
    try:
        campaign = Campaign.model_validate(content)
    except ValidationError as error:
        for entry in error.errors():
            found = mistake(entry)
            wrong.add(str(entry["loc"][0]))
            if found.path not in refused:
                mistakes.append(_with_line(found, document))
    if "boundary_shares" in wrong:
        wrong.add("boundaries")  # which may hold the shares, as `boundaries: {NAME: SHARE}`
    if wrong:
        good = {name: value for name, value in content.items() if name not in wrong}
        campaign = Campaign.model_validate(_VALID | good)
    return campaign, mistakes, wrong


def _with_cif_materials(campaign: Campaign, refused: set[str]) -> tuple[Campaign, list[Mistake]]:
    """Replace CIFs by composition and disorder; files outside of the folders are not opened."""
    materials, mistakes = [], []
    for index, material in enumerate(campaign.materials):
        place = f"materials[{index}].cif"
        try:
            materials.append(_STAND_IN if place in refused else material.resolved())
        except InputError as error:
            mistakes.append(Mistake(place, material.cif, error.accepted, str(error)))
            materials.append(_STAND_IN)
    return campaign.model_copy(update={"materials": materials}), mistakes


def _with_line(found: Mistake, document: Document) -> Mistake:
    line = document.line(found.path)
    message = found.message if line is None else f"line {line}: {found.message}"
    return Mistake(found.path, found.given, found.accepted, message)


def _outside_mistakes(campaign: Campaign, workdir: Path | None) -> list[Mistake]:
    message = "lies outside of the current directory and of --workdir; add --outside if you trust this file"
    return [
        Mistake(place, text, "a path below the current directory", f"{text!r} {message}")
        for place, text, _ in outside_paths(campaign, workdir)
    ]


def _workdir_mistakes(workdir: Path) -> list[Mistake]:
    ancestor = workdir.absolute()
    while not ancestor.exists():
        ancestor = ancestor.parent
    if ancestor.is_dir() and os.access(ancestor, os.W_OK | os.X_OK):
        return []
    message = f"{workdir} cannot be written; choose another folder with --workdir"
    return [Mistake("workdir", str(workdir), "a writable folder", message)]
