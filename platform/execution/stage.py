"""Stages: the typed contract between the items of a campaign, and all that a stage's function sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.atomic_files import write_json
from argyro.platform.execution.result_store import MANIFEST, UNFINISHED


class Contract(BaseModel):
    """Hold plain values that travel between items; unknown names and numbers that are not finite are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Tracked:
    """Hold the part of a result that MLflow records.

    Args:
        metrics: name with unit -> number; None is left out.
        series: name with unit -> numbers by step.
        params: beside those of the node.
        artifacts: files of the item.
        model: folder of a surrogate to register; empty for none.
    """

    metrics: Mapping[str, float | None]
    series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)
    artifacts: Sequence[str] = ()
    model: str = ""


class StageResult(Contract):
    """Base of all results; `tracked` gives the part for MLflow, None for a stage without a run there."""

    def tracked(self) -> Tracked | None:
        """Select what MLflow records."""
        return None


InputsT = TypeVar("InputsT", bound=Contract)
ParentInputsT = TypeVar("ParentInputsT", bound=Contract)
ResultT = TypeVar("ResultT", bound=StageResult)
SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True)
class Stage(Generic[InputsT, ResultT]):
    """Define a stage.

    Args:
        name: as in the store and in `argyro status`.
        version: raise it when the code changes results; new results are then computed beside the old ones.
        run: compute a result; may raise.
        inputs: type of the inputs, which decide the key of an item together with its parents.
        result: type of the result.
        hosted: run in a process of its own (long, resumes in its folder).
    """

    name: str
    version: int
    run: Callable[[StageContext[InputsT, Any]], ResultT]
    inputs: type[InputsT]
    result: type[ResultT]
    hosted: bool = False

    def read(self, document: Mapping[str, object]) -> ResultT:
        """Read a stored ``result.json``."""
        return self.result.model_validate(document)


class Unfinished(ArgyroError):
    """Raised by a stage that has saved its work in time; another task resumes it."""


@dataclass(frozen=True)
class Parent(Generic[InputsT, ResultT]):
    """Give typed access to a finished item that a stage reads.

    Args:
        stage: which computed it.
        folder: local folder of its files, checksums verified.
    """

    stage: Stage[InputsT, ResultT]
    folder: Path

    @cached_property
    def inputs(self) -> InputsT:
        """Read the inputs of the item."""
        return self.stage.inputs.model_validate(json.loads((self.folder / "item.json").read_text())["inputs"])

    @cached_property
    def result(self) -> ResultT:
        """Read the result of the item."""
        return self.stage.result.model_validate_json((self.folder / "result.json").read_text())

    @property
    def seconds(self) -> float:
        """Read how long the item took to compute."""
        return float(json.loads((self.folder / MANIFEST).read_text())["seconds"])


@dataclass(frozen=True)
class StageContext(Generic[InputsT, SettingsT]):
    """Hold what a stage's function sees: inputs, parents, and a folder that survives a kill.

    Args:
        inputs: of the item.
        folders: role -> local folders of the parents in that role.
        workdir: the stage writes the item's files here.
        settings: how to compute the item here (interpreters, launchers); not part of the key.
        cores: CPU cores granted.
        limit_s: the item is ended after this time; a stage that can save its work raises `Unfinished` before.
    """

    inputs: InputsT
    folders: Mapping[str, Sequence[Path]]
    workdir: Path
    settings: SettingsT
    cores: int = 1
    limit_s: float | None = None

    @property
    def unfinished(self) -> Path:
        """Folder for restart files and snapshots; deleted when the item is complete."""
        folder = self.workdir / UNFINISHED
        folder.mkdir(exist_ok=True)
        return folder

    def progress(self, fraction: float, text: str = "") -> None:
        """Report the progress of the item to the display; cheap enough for once a second."""
        file = progress_file(self.workdir.parent, self.workdir.name)
        write_json(file, {"fraction": fraction, "text": text})

    def parents(self, role: str, stage: Stage[ParentInputsT, ResultT]) -> list[Parent[ParentInputsT, ResultT]]:
        """List the parents in a role; empty if there are none.

        Args:
            role: of the parents.
            stage: which computed them.
        """
        return [Parent(stage, folder) for folder in self.folders.get(role, ())]

    def parent(self, role: str, stage: Stage[ParentInputsT, ResultT]) -> Parent[ParentInputsT, ResultT]:
        """Return the only parent in a role."""
        (only,) = self.parents(role, stage)
        return only


def progress_file(scratch: Path, key: str) -> Path:
    """Where a running item reports its progress."""
    return scratch / f"{key}.progress.json"
