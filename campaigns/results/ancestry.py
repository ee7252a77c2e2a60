"""What stands behind a campaign's newest result, read from the store alone.

Nothing is rebuilt from the specification, so results of an older argyro are found, too; items that an earlier version
of the campaign left in the store are not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from pyarrow.fs import FileSelector

from argyro.platform.common.errors import InputError
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem


def stored_items(store: Store, stage: str) -> dict[str, WorkItem]:
    """Key -> item, of all complete items of a stage, oldest first."""
    found = []
    selector = FileSelector(f"{store.root}/items/{stage}", allow_not_found=True)
    for entry in store.fs.get_file_info(selector):
        try:
            manifest = _read_json(store, f"{entry.path}/manifest.json")
            found.append((manifest["completed"], WorkItem(**_read_json(store, f"{entry.path}/item.json"))))
        except FileNotFoundError:
            continue  # not complete
    return {item.key: item for _, item in sorted(found, key=lambda pair: pair[0])}


def _read_json(store: Store, path: str) -> dict:
    with store.fs.open_input_stream(path) as stream:
        return json.loads(stream.read())


@dataclass(frozen=True)
class Measurement:
    """One molecular dynamics run with what was read from it.

    Args:
        name: of the diffusivity item, such as ``diffusivity/Li6PS5Cl 50 %/bulk/600 K/0``.
        diffusivity: the item itself.
        run: the molecular dynamics.
        structure: the cell it ran on.
        structure_name: such as ``structure/Li6PS5Cl 50 %/bulk/0``.
        potential: the learning item of its potential.
    """

    name: str
    diffusivity: WorkItem
    run: WorkItem
    structure: WorkItem
    structure_name: str
    potential: WorkItem


class Lineage:
    """The newest ranking, or else the newest surrogate, and all items that it rests on.

    Args:
        store: of the campaign.

    Raises:
        InputError: the campaign has no surrogate yet.
    """

    def __init__(self, store: Store):
        self.store = store
        self.ranking = next(reversed(self._items("ranking").values()), None)
        self.homogenized = self._parents(self.ranking, "homogenize") if self.ranking else {}
        surrogates = self._items("surrogate")
        if not surrogates:
            raise InputError(
                f"the store {store.uri} holds no surrogate yet; let `argyro run` finish the campaign first",
                path="folder",
                given=store.uri,
                accepted="a campaign that has reached its surrogate",
            )
        named = [item.parents["surrogate"] for item in self.homogenized.values()]
        self.surrogate = surrogates[named[0]] if named else next(reversed(surrogates.values()))

    def _items(self, stage: str) -> dict[str, WorkItem]:
        return stored_items(self.store, stage)

    def _parents(self, item: WorkItem, stage: str) -> dict[str, WorkItem]:
        """Name -> item, of those parents of a stage that are named like their nodes."""
        known = self._items(stage)
        return {name: known[key] for name, key in item.parents.items() if name.startswith(f"{stage}/")}

    @cached_property
    def measurements(self) -> list[Measurement]:
        """All runs that the surrogate has seen, by name."""
        runs, potentials = self._items("md"), self._items("learn")
        structures = self._parents(self.surrogate, "structure")
        cells: dict[str, str] = dict(self.surrogate.inputs["cells"])  # type: ignore[call-overload]
        measured = []
        for name, item in sorted(self._parents(self.surrogate, "diffusivity").items()):
            run = runs[item.parents["run"]]
            cell = cells[name]
            measured.append(Measurement(name, item, run, structures[cell], cell, potentials[run.parents["potential"]]))
        return measured

    @property
    def potentials(self) -> list[WorkItem]:
        """Learning items that the runs use, each once."""
        return list({measured.potential.key: measured.potential for measured in self.measurements}.values())
