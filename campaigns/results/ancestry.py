"""Ancestry: all items behind a campaign's newest result, from the store alone.

Items of another stage version are ignored; `argyro run` computes them again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pyarrow.fs import FileSelector

from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY, DiffusivityInputs, DiffusivityResult
from argyro.campaigns.pipeline.stages.homogenize import HOMOGENIZE, HomogenizeInputs, HomogenizeResult
from argyro.campaigns.pipeline.stages.learn import LEARN, LearnInputs, LearnResult
from argyro.campaigns.pipeline.stages.md import MD, MDInputs, MDResult
from argyro.campaigns.pipeline.stages.ranking import RANKING
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, StructureInputs, StructureResult
from argyro.campaigns.pipeline.stages.surrogate import SURROGATE
from argyro.platform.common.errors import InputError
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import Contract, Stage, StageResult
from argyro.platform.execution.work_item import WorkItem

InputsT = TypeVar("InputsT", bound=Contract)
ResultT = TypeVar("ResultT", bound=StageResult)


@dataclass(frozen=True)
class StoredItem(Generic[InputsT, ResultT]):
    """Typed access to an item of the store."""

    store: Store
    stage: Stage[InputsT, ResultT]
    item: WorkItem

    @property
    def key(self) -> str:
        """Key of the item."""
        return self.item.key

    @cached_property
    def inputs(self) -> InputsT:
        """Inputs of the item."""
        return self.stage.inputs.model_validate(self.item.inputs)

    @cached_property
    def result(self) -> ResultT:
        """Result of the item."""
        return self.stage.read(self.store.result(self.item))

    @property
    def path(self) -> Path:
        """Local folder of the item's files."""
        return self.store.path(self.item)

    def parent_key(self, role: str) -> str:
        """Return the key of the single parent in a role."""
        (key,) = self.item.parents[role]
        return key


def stored_items(store: Store, stage: Stage[InputsT, ResultT]) -> dict[str, StoredItem[InputsT, ResultT]]:
    """Find all complete items of a stage's current version: key -> item, oldest first."""
    found = []
    selector = FileSelector(f"{store.root}/items/{stage.name}", allow_not_found=True)
    for entry in store.fs.get_file_info(selector):
        try:
            manifest = _read_json(store, f"{entry.path}/manifest.json")
            item = WorkItem(**_read_json(store, f"{entry.path}/item.json"))
        except FileNotFoundError:
            continue  # incomplete
        if item.version == stage.version:
            found.append((manifest["completed"], item))
    return {item.key: StoredItem(store, stage, item) for _, item in sorted(found, key=lambda pair: pair[0])}


def _read_json(store: Store, path: str) -> dict[str, Any]:
    with store.fs.open_input_stream(path) as stream:
        return json.loads(stream.read())


@dataclass(frozen=True)
class Measurement:
    """Molecular dynamics run and the items behind it.

    Args:
        diffusivity: diffusivity from the run.
        run: molecular dynamics run.
        structure: cell.
        potential: potential of the run.
        bulk: diffusivity of the bulk, for the inversion of a boundary.
    """

    diffusivity: StoredItem[DiffusivityInputs, DiffusivityResult]
    run: StoredItem[MDInputs, MDResult]
    structure: StoredItem[StructureInputs, StructureResult]
    potential: StoredItem[LearnInputs, LearnResult]
    bulk: StoredItem[DiffusivityInputs, DiffusivityResult] | None

    @property
    def structure_name(self) -> str:
        """Name of the structure in tables: ``structure/Li6PS5Cl 50 %/bulk/0``."""
        return f"{STRUCTURE.name}/{self.structure.inputs.label}"


class Lineage:
    """Newest ranking, or else the newest surrogate, and all items behind it.

    Args:
        store: store of the campaign.

    Raises:
        InputError: the campaign has no surrogate yet.
    """

    def __init__(self, store: Store):
        self.store = store
        self.ranking = next(reversed(stored_items(store, RANKING).values()), None)
        maps = stored_items(store, HOMOGENIZE)
        self.homogenized: Sequence[StoredItem[HomogenizeInputs, HomogenizeResult]] = [
            maps[key] for key in (self.ranking.item.parents["candidates"] if self.ranking else ())
        ]
        surrogates = stored_items(store, SURROGATE)
        if not surrogates:
            note = f" ({store.outdated_warning})" if store.outdated else ""
            raise InputError(
                f"the store {store.uri} holds no surrogate of this version yet{note}; finish the campaign by "
                "`argyro run` first"
            )
        newest = next(reversed(surrogates.values()))
        self.surrogate = surrogates[self.homogenized[0].parent_key("surrogate")] if self.homogenized else newest

    @cached_property
    def measurements(self) -> list[Measurement]:
        """List all runs of the training data, sorted by conditions."""
        diffusivities, runs = stored_items(self.store, DIFFUSIVITY), stored_items(self.store, MD)
        structures, potentials = stored_items(self.store, STRUCTURE), stored_items(self.store, LEARN)
        measured = []
        for key in self.surrogate.item.parents["diffusivities"]:
            item = diffusivities[key]
            run = runs[item.parent_key("run")]
            structure, potential = structures[run.parent_key("structure")], potentials[run.parent_key("potential")]
            bulk = None if item.inputs.conditions.is_bulk else diffusivities[item.parent_key("bulk")]
            measured.append(Measurement(item, run, structure, potential, bulk))
        return measured

    @property
    def potentials(self) -> list[StoredItem[LearnInputs, LearnResult]]:
        """List the potentials of the runs without repetitions."""
        return list({measured.potential.key: measured.potential for measured in self.measurements}.values())
